"""The results of a check in the forms that CI systems and editors read."""

from __future__ import annotations
