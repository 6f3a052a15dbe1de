"""What a core is given beside its settings; a test or a demo puts other things in their place."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import field, frozen

from jackfield.adapters.clock import SystemClock
from jackfield.entrypoints.plugging.plugged import Plugged
from jackfield.ports.clock import Clock

if TYPE_CHECKING:
    from jackfield.adapters.genesys.resilience.retries import Jitter
    from jackfield.adapters.http import Send
    from jackfield.adapters.sockets import Dial
    from jackfield.entrypoints.parts.asking import Hooks


def new_id() -> str:
    """Return a new identifier, 32 hexadecimal digits."""
    return secrets.token_hex(16)


@frozen(kw_only=True)
class Parts:
    """What a test or a demo may put in the place of the real thing.

    `jitter` gives [0, 1). `bulk` work lets people's calls pass, and its calls may take longer.
    `webhooks` makes the calls to receivers; they are guarded all the same. `dial` opens the stream of answers
    where `send` stands for the platform. `conversations` is who selects, summarizes and redacts:
    the plugins, if it is None.
    """

    clock: Clock = field(factory=SystemClock)
    new_id: Callable[[], str] = new_id
    send: Send | None = None
    jitter: Jitter = random.random
    bulk: bool = False
    plugged: Plugged = field(factory=Plugged)
    webhooks: Send | None = None
    dial: Dial | None = None
    conversations: Hooks | None = None
