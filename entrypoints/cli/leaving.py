"""Whether the reader of standard output left, as `head` does, found out without writing to it."""

from __future__ import annotations

import errno
import os
import select
import sys

from jackfield.entrypoints.cli.outlets import Output


def is_left(output: Output) -> bool:
    """Say whether nobody reads *output* any more, and keep that in it; a file always has a reader."""
    if output.trouble is None and _is_closed():
        output.trouble = BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
    return output.is_unread


def _is_closed() -> bool:
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # it is no file, or a plugin closed it
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(happened & select.POLLERR for _, happened in poll.poll(0))
