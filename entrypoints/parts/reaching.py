"""How a target reaches its platform: what makes its calls is loaded by the first of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from attrs import define, frozen

from jackfield.adapters.genesys.regions import Hosts, hosts
from jackfield.domain.model.errors import Unavailable
from jackfield.entrypoints.parts.sending import LateSend
from jackfield.entrypoints.settings import Settings
from jackfield.ports.clock import Clock

if TYPE_CHECKING:
    from jackfield.adapters.http import Send
    from jackfield.adapters.simulator import Platform
    from jackfield.adapters.sockets import Dial, Handshake, Socket
    from jackfield.domain.model.prompts import PromptDefinition
    from jackfield.ports.prompts import (
        Capabilities,
        PromptGateway,
        RemoteId,
        RemotePrompt,
        RemoteVersion,
        Split,
    )


@frozen(kw_only=True)
class Line:
    """The line to a platform, what opens sockets to its stream, and where it is."""

    send: Send
    dial: Callable[[], Dial]
    hosts: Hosts


@frozen(kw_only=True)
class Reaching:
    """Composes it for one target; `send` and `dial` stand for the platform, if they are given."""

    settings: Settings
    clock: Clock
    send: Send | None = None
    dial: Dial | None = None

    def line(self, stack: ExitStack) -> Line:
        """Return the line, which *stack* closes; raise `InvalidInput` for a host, a proxy or a CA."""
        settings, given = self.settings, self.dial
        if self.send is not None:
            places = hosts(settings.region, base_url=settings.base_url or "http://simulator")
            return Line(send=self.send, dial=lambda: given or undialed, hosts=places)
        if settings.platform == "simulator":
            platform = self._simulated(stack)
            return Line(
                send=platform.send,
                dial=lambda: given or platform.dial,
                hosts=hosts(base_url="http://simulator"),
            )
        send = LateSend(settings)
        stack.callback(send.close)
        places = hosts(settings.region, base_url=settings.base_url)
        return Line(send=send, dial=lambda: given or dialing(settings), hosts=places)

    def _simulated(self, stack: ExitStack) -> Platform:
        """The embedded simulator, whose platform is kept in the target's folder."""
        from jackfield.adapters.simulator import FileStore, Platform

        store = FileStore(self.settings.folder / "simulator.db")
        stack.callback(store.close)
        return Platform(clock=self.clock, store=store)


def dialing(settings: Settings) -> Dial:
    """Return what opens sockets to the platform of *settings*; raise `InvalidInput` for a proxy or CA."""
    from jackfield.adapters.genesys.stream.dialing import WebSocketDial

    proxy = None if settings.proxy is None else settings.proxy.reveal()
    return WebSocketDial(proxy=proxy, ca=settings.ca)


def undialed(_: Handshake) -> Socket:
    """Open nothing: whoever put a line of its own in the platform's place gave no stream with it."""
    raise Unavailable(
        "this platform has no stream of answers", place="Parts.dial", remedy="give one beside Parts.send"
    )


@define(eq=False)
class LatePrompts:
    """The `PromptGateway` of the platform, loaded by the first call."""

    opened: Callable[[], PromptGateway]

    @property
    def capabilities(self) -> Capabilities:
        """What this platform can do."""
        return self.opened().capabilities

    def find(self, name: str) -> RemotePrompt | None:
        """Return the prompt of exactly that name, or None."""
        return self.opened().find(name)

    def create(self, definition: PromptDefinition) -> RemoteId:
        """Make the prompt with its very first version."""
        return self.opened().create(definition)

    def store(self, prompt: RemoteId, definition: PromptDefinition) -> None:
        """Add a version; what is live stays."""
        self.opened().store(prompt, definition)

    def stored(self, prompt: RemoteId, definition: PromptDefinition) -> bool:
        """Say whether the version is there with the same content."""
        return self.opened().stored(prompt, definition)

    def activate(self, prompt: RemoteId, definition: PromptDefinition) -> None:
        """Make the definition live for everybody."""
        self.opened().activate(prompt, definition)

    def active(self, prompt: RemoteId) -> PromptDefinition:
        """Return what is live."""
        return self.opened().active(prompt)

    def matches(self, live: PromptDefinition, definition: PromptDefinition) -> bool:
        """Say whether *live* is *definition* as far as the platform keeps it."""
        return self.opened().matches(live, definition)

    def kept(self, definition: PromptDefinition) -> PromptDefinition:
        """Return *definition* as far as the platform keeps it."""
        return self.opened().kept(definition)

    def versions(self, prompt: RemoteId) -> Sequence[RemoteVersion]:
        """List the versions, newest first."""
        return self.opened().versions(prompt)

    def freeze(self, prompt: RemoteId, version: str, *, frozen: bool) -> None:
        """Set or clear the version's rollback directive."""
        self.opened().freeze(prompt, version, frozen=frozen)

    def split(self, prompt: RemoteId, split: Split | None, *, version: str) -> None:
        """Route a share of the traffic to *version*, or none to it."""
        self.opened().split(prompt, split, version=version)
