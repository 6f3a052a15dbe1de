"""`python -m jackfield` is the command."""

from __future__ import annotations

from jackfield.entrypoints.cli import main

if __name__ == "__main__":
    main()
