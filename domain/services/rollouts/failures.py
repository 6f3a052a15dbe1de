"""What keeps observations from the ledger."""

from __future__ import annotations

from jackfield.domain.model.errors import InvalidInput, JackfieldError, NotSent, Unavailable


def is_away(error: JackfieldError) -> bool:
    """Whether nothing was written, and all of it may be later."""
    return isinstance(error, Unavailable)


def refuses(error: JackfieldError) -> bool:
    """Whether nothing was written, and something of it never will be."""
    return isinstance(error, NotSent) and not is_away(error)


def late() -> JackfieldError:
    """Return that somebody does not wait any longer."""
    return Unavailable(
        "it does not get into the log in time",
        place="observations",
        remedy="it is tried on; look at the ledger",
    )


def broken(error: Exception) -> JackfieldError:
    """Return that something of it cannot be written, and never will be."""
    return InvalidInput(
        f"observations could not be folded ({type(error).__name__})",
        place="observations",
        remedy="they are lost and counted; tell the maintainers what was observed",
    )


def unstarted(error: RuntimeError) -> JackfieldError:
    """Return that there is no thread to write it."""
    return Unavailable(
        f"no thread can be started ({error})", place="observations", remedy="it is tried again; free some"
    )
