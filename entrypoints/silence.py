"""A library is silent until its program says `logger.enable("jackfield")`; nobody waits for loguru before."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec
from types import ModuleType
from typing import Final

_OURS: Final = "jackfield"
_LOGURU: Final = "loguru"


def keep_silent() -> None:
    """Disable our log lines: at once if loguru is loaded, else as soon as anybody loads it."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    spec = None if _LOGURU in sys.modules else find_spec(_LOGURU)
    if spec is None or type(spec.loader) is not SourceFileLoader:
        _disable()
        return
    spec.loader = _Loader(spec.loader.name, spec.loader.path)
    sys.meta_path.insert(0, _Finder(spec))


def _disable() -> None:
    from loguru import logger

    logger.disable(_OURS)


class _Finder:
    """Finds loguru; it stays, as taking it away might hide the next finder from another thread's import."""

    def __init__(self, spec: ModuleSpec) -> None:
        self.spec = spec

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load *name*, if it is loguru."""
        return self.spec if name == _LOGURU else None


class _Loader(SourceFileLoader):
    """Loads it as ever, and disables our lines before its program can say anything else."""

    def exec_module(self, module: ModuleType) -> None:
        """Load it."""
        super().exec_module(module)
        module.logger.disable(_OURS)
