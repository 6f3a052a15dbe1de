"""pytest in a process of its own, without the plugins that only our own tests need: it begins sooner."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

_OURS: Final = ("hypothesispytest", "pytest_cov", "schemathesis", "timeout", "xdist")


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it in *folder*, as a user would."""
    without = [word for name in ("cacheprovider", *_OURS) for word in ("-p", f"no:{name}")]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *without, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
