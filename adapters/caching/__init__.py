"""Caches: a folder on disk that several processes share, and this process's memory."""

from __future__ import annotations

from jackfield.adapters.caching.disk import DiskCache
from jackfield.adapters.caching.memory import MemoryCache

__all__ = ["DiskCache", "MemoryCache"]
