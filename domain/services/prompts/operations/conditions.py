"""What must hold of our own record before a prompt is changed."""

from __future__ import annotations

from jackfield.domain.model.errors import Conflict, VersionExists
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.rollouts import Rollout
from jackfield.domain.model.shares import share_text
from jackfield.domain.model.states import PromptState
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.domain.services.prompts.values import PromptVersion


def is_published(state: PromptState, definition: PromptDefinition) -> bool:
    """Whether this number has this content; raise for one without the other."""
    recorded = state.versions.get(definition.version)
    if recorded == definition.content_hash:
        return True
    place = f"prompt {definition.name}"
    if recorded is not None:
        raise Conflict(
            f"version {definition.version} is published with other content",
            place=place,
            remedy="versions are immutable: give the new content a new number",
        )
    same = next((n for n, known in state.versions.items() if known == definition.content_hash), None)
    if same is not None:
        raise VersionExists(
            f"version {same} has exactly the content of {definition.version}",
            place=place,
            remedy=f"promote {same}, or change the content",
        )
    return False


def refuse_moved(records: Records, loaded: Loaded, expecting: PromptVersion) -> None:
    """Raise `Conflict` unless *expecting* is what is live of this prompt, by name, number and content."""
    live = loaded.state.history.live
    number = None if live is None else live.version
    if (loaded.name, number) != (expecting.name, expecting.number):
        other = expecting.number if expecting.name == loaded.name else expecting
        raise Conflict(
            f"{number} is live, not {other}: somebody moved it",
            place=f"prompt {loaded.name}",
            remedy=f"look at 'jackfield log {loaded.name}' and decide again",
        )
    refuse_other_content(expecting, records.definition(loaded, expecting.number))


def refuse_running(loaded: Loaded, ending: Rollout | None = None) -> None:
    """Raise `Conflict` while a rollout runs, unless it is the one that is *ending* by this."""
    running = loaded.state.running
    if running is None or (ending is not None and ending.id == running.id):
        return
    raise Conflict(
        f"a rollout of {running.candidate} is running, at {share_text(running.share)}",
        place=f"prompt {loaded.name}",
        remedy=f"let it end, or end it with 'jackfield rollout stop {loaded.name}', and try again",
    )


def refuse_other_content(version: PromptVersion, definition: PromptDefinition) -> None:
    """Raise `Conflict` for a version that comes from elsewhere, where its number means other content."""
    if version.content_hash != definition.content_hash:
        raise Conflict(
            f"version {version.number} has other content here than the one given",
            place=f"prompt {version.name}",
            remedy="publish that content here under a number of its own, and promote what this returns",
        )
