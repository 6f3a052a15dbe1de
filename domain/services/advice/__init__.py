"""Advice: what an agent could say or look up, kept for minutes and never beyond what it depends on."""

from __future__ import annotations

from jackfield.domain.services.advice.advising import Advice
from jackfield.domain.services.advice.making import Making, Rules
from jackfield.domain.services.advice.told import OnScreen, Teller
from jackfield.domain.services.advice.values import Advised, Holding, Origin

__all__ = ["Advice", "Advised", "Holding", "Making", "OnScreen", "Origin", "Rules", "Teller"]
