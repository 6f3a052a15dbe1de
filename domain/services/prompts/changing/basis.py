"""What every change of a prompt needs: who acts, the way into the ledger and to the platform."""

from __future__ import annotations

from attrs import frozen

from jackfield.domain.model.errors import NotFound
from jackfield.domain.model.states import PromptState
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.prompts.live.versions import LiveVersions
from jackfield.domain.services.prompts.operations.intents import Intent, Operations
from jackfield.domain.services.prompts.records import Loaded, Records, found
from jackfield.ports.prompts import PromptGateway, RemoteId


@frozen(kw_only=True)
class Changing:
    """Loads prompts to be changed, and carries changes out; whoever asks next sees what is live then."""

    operations: Operations
    live_versions: LiveVersions
    actor: Actor

    @property
    def records(self) -> Records:
        """The prompts in the ledger."""
        return self.operations.records

    @property
    def gateway(self) -> PromptGateway:
        """The prompts on the platform."""
        return self.operations.gateway

    def load(self, name: str, *, force: bool = False) -> Loaded:
        """Return the prompt, free to be changed; what was left unsettled may have moved what is live."""
        try:
            return self.operations.load(name, force=force)
        finally:
            self.live_versions.forget(name)

    def known(self, name: str, *, force: bool = False) -> Loaded:
        """Return the prompt, free to be changed, or raise `NotFound`."""
        return found(self.load(name, force=force), self.records.names)

    def carry_out(self, loaded: Loaded, intent: Intent) -> PromptState:
        """Intend, call and settle; return the settled state, which is the last known good from now on."""
        began = self.records.clock.now()
        try:
            done = self.operations.carry_out(loaded, intent, self.actor)
        finally:
            self.live_versions.forget(loaded.name)
        self.live_versions.learn(done, began)
        return done.state


def live_number(loaded: Loaded) -> str | None:
    """Return the version that is live by our record, if any."""
    live = loaded.state.history.live
    return None if live is None else live.version


def remote_of(loaded: Loaded) -> RemoteId:
    """Return the platform's id of the prompt, or raise `NotFound`."""
    if loaded.state.remote_id is None:
        raise NotFound(
            "it is not on the platform yet",
            place=f"prompt {loaded.name}",
            remedy="publish its first version again",
        )
    return RemoteId(loaded.state.remote_id)
