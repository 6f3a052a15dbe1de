"""A CRM that is told of each session that is over, by one call of its REST API."""

from __future__ import annotations

from jackfield.plugins.builtin.crm.plugin import Crm

__all__ = ["Crm"]
