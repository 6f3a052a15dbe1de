"""The example distributions, installed as their users install them, without the network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

_EXAMPLES: Final = Path(__file__).parents[2] / "examples"
_PIP: Final = (sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index")


def installed(name: str, folder: Path) -> Path:
    """Build the example by pip in *folder*: it is in its `site`, and a copy of its source in `source`."""
    shutil.copytree(_EXAMPLES / name, folder / "source")
    subprocess.run(
        [*_PIP, "--quiet", "--target", str(folder / "site"), str(folder / "source")],
        check=True,
        capture_output=True,
    )
    return folder
