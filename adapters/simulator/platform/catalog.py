"""The prompts and their versions as documents: one prompt, of which §3 and §4 are two views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from jackfield.adapters.simulator.platform.answers import conflict, missing
from jackfield.adapters.simulator.store import Document, Transaction

PROMPTS: Final = "prompts"
NAMES: Final = "names"
VERSIONS: Final = "versions"


@frozen
class Catalog:
    """Finds and files the documents of prompts.

    A prompt's document is `live` (the definition as §3 shows it) and the numbers of its `versions` in the
    order of their making, of those that are `frozen` by a rollback directive and of those in a split.
    A version's is its `view` (as §4 shows it) and its `settings` (what §4 lacks), which are `inherited`
    from the live definition until §3 has named them.
    """

    state: Transaction

    def prompt(self, prompt_id: str) -> Document:
        """Return the prompt's document; refuse an id that is not there."""
        held = self.state.get(PROMPTS, prompt_id)
        if held is None:
            raise missing()
        return held

    def version(self, prompt_id: str, number: str) -> Document:
        """Return the version's document; refuse a number that is not there."""
        held = self.state.get(VERSIONS, f"{prompt_id}/{number}")
        if held is None:
            raise missing()
        return held

    def named(self, name: str) -> Document | None:
        """Return the prompt of exactly that name, if there is one."""
        held = self.state.get(NAMES, name)
        return None if held is None else self.state.get(PROMPTS, held["id"])

    def find(self, prompt: str) -> Document | None:
        """Return the prompt of that id, or else of that name, if there is one."""
        return self.state.get(PROMPTS, prompt) or self.named(prompt)

    def claim(self, name: str, prompt_id: str) -> None:
        """Give the name to the prompt; refuse one that another prompt has."""
        held = self.state.get(NAMES, name)
        if held is not None and held["id"] != prompt_id:
            raise conflict("name.exists", "name", "a prompt of this name exists")
        self.state.put(NAMES, name, {"id": prompt_id})

    def release(self, name: str) -> None:
        """Make the name free again."""
        self.state.delete(NAMES, name)

    def put_prompt(self, prompt_id: str, prompt: Mapping[str, Any], **changes: object) -> None:
        """Write the prompt's document, changed."""
        self.state.put(PROMPTS, prompt_id, {**prompt, **changes})

    def put_version(self, prompt_id: str, version: Document) -> None:
        """Write the version's document."""
        self.state.put(VERSIONS, f"{prompt_id}/{version['view']['version']}", version)

    def end_splits(self, prompt_id: str, prompt: Document) -> None:
        """Disable the A/B trigger of every version that has an enabled one; the caller files the prompt."""
        for number in prompt["splits"]:
            held = self.version(prompt_id, number)
            trigger = {**held["view"]["abTestingTrigger"], "enabled": False}
            self.put_version(prompt_id, {**held, "view": {**held["view"], "abTestingTrigger": trigger}})


def version_exists() -> Exception:
    """Return the no to a number that is taken."""
    return conflict("version.exists", "version", "the version exists")


def rollback_active() -> Exception:
    """Return the no to a version while another one's rollback directive stands."""
    return conflict("rollback.active", "rollbackDirective", "a version with a rollback directive stands")
