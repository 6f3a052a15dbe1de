"""Prompts on Genesys Cloud: the verbs of `wire.md` §4 as calls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen

from jackfield.adapters.genesys.client import Change, Client, path
from jackfield.adapters.genesys.definitions import (
    agree,
    definition_of,
    holds,
    kept,
    prompt_body,
    version_body,
)
from jackfield.adapters.genesys.wire import (
    Created,
    DirectiveChange,
    Page,
    PromptAnswer,
    PromptBody,
    Trigger,
    TriggerChange,
    VersionAnswer,
    VersionHead,
    VersionList,
    decode,
    encode,
    structure,
)
from jackfield.domain.model.errors import InvalidInput, NotFound, Unavailable, VersionExists
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.ports.prompts import Capabilities, RemoteId, RemotePrompt, RemoteVersion, Split

_PROMPTS: Final = ("api", "v2", "ai", "llm", "prompts")
_TEMPLATES: Final = ("api", "v2", "ai", "prompt-templates")
_PAGE_SIZE: Final = 100
_MOST_PAGES: Final = 1000
_WHOLE: Final = 10_000
_VARIANT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


class GenesysPrompts:
    """The `PromptGateway` of Genesys Cloud: live definitions by §3, their versions by §4."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def capabilities(self) -> Capabilities:
        """Everything: our version numbers, lists of them, and routing by share."""
        return Capabilities(client_versions=True, lists_versions=True, native_split=True)

    def find(self, name: str) -> RemotePrompt | None:
        """Search every page for exactly *name*; the platform's own filter may match more."""
        seen, client = 0, self._client.sharing_a_deadline()
        for number in range(1, _MOST_PAGES + 1):
            looked = _look(client, name, number)
            seen += looked.count
            if looked.found is not None or not looked.count or seen >= looked.total:
                return looked.found
        raise Unavailable(f"the list of prompts does not end within {_MOST_PAGES} pages", place="prompts")

    def create(self, definition: PromptDefinition) -> RemoteId:
        """Make the prompt (`POST` §3): that gives the id, and is live."""
        change = Change(
            method="POST", path=path(*_PROMPTS), body=encode(prompt_body(definition)), name=definition.name
        )
        return self._client.change(change, lambda body: RemoteId(decode(body, Created).id))

    def store(self, prompt: RemoteId, definition: PromptDefinition) -> None:
        """Add a version (`POST` §4)."""
        change = Change(
            method="POST",
            path=_versions(prompt),
            body=encode(version_body(prompt, definition)),
            name=definition.name,
        )
        self._client.change(change, _version)

    def stored(self, prompt: RemoteId, definition: PromptDefinition) -> bool:
        """Compare the §4 projection: content, variables and, where the platform has some, metadata."""
        try:
            answer = self._client.read(_versions(prompt, definition.version), _version_answer)
        except NotFound:
            return False
        return holds(answer, definition)

    def activate(self, prompt: RemoteId, definition: PromptDefinition) -> None:
        """Make it live (`PUT` §3), also an earlier version under its own number.

        What others stored may have blanks in its braces or CR LF; under that number the platform takes
        only its own spelling back.
        """
        body, client = prompt_body(definition), self._client.sharing_a_deadline()
        try:
            _put(client, prompt, body)
        except VersionExists:
            answer = client.read(_versions(prompt, definition.version), _version_answer)
            if answer.content == body.template or not holds(answer, definition):
                raise
            _put(client, prompt, evolve(body, template=answer.content))

    def active(self, prompt: RemoteId) -> PromptDefinition:
        """Return what is live (`GET` §3); parts that the platform does not keep have their defaults."""
        return self._client.read(path(*_PROMPTS, prompt), _prompt).live

    def matches(self, live: PromptDefinition, definition: PromptDefinition) -> bool:
        """Compare the §3 bodies."""
        return agree(live, definition)

    def kept(self, definition: PromptDefinition) -> PromptDefinition:
        """Keep what the §3 body has, its variables by name."""
        return kept(definition)

    def versions(self, prompt: RemoteId) -> Sequence[RemoteVersion]:
        """List the versions (`GET` §4), newest first."""
        found = self._client.read(_versions(prompt), lambda body: decode(body, VersionList))
        return [_remote_version(version) for version in found.entities]

    def freeze(self, prompt: RemoteId, version: str, *, frozen: bool) -> None:
        """Set or clear the rollback directive (`PATCH` §4)."""
        body = encode(DirectiveChange(rollback_directive=frozen))
        self._client.change(Change(method="PATCH", path=_versions(prompt, version), body=body), _version)

    def split(self, prompt: RemoteId, split: Split | None, *, version: str) -> None:
        """Route a share to *version*, or none (`PATCH` §4); the body says it exactly, the header rounds."""
        trigger = Trigger() if split is None else _trigger(split, version)
        change = Change(
            method="PATCH",
            path=_versions(prompt, version),
            body=encode(TriggerChange(ab_testing_trigger=trigger)),
            headers=_header(trigger),
        )
        self._client.change(change, _version)


@frozen
class _Looked:
    """What one page of the list gives: the prompt if it is there, and how much of the list this was."""

    found: RemotePrompt | None
    count: int
    total: int


def _look(client: Client, name: str, number: int) -> _Looked:
    where = path(*_PROMPTS, pageNumber=number, pageSize=_PAGE_SIZE, name=name)
    return client.read(where, lambda body: _looked(body, name, number))


def _looked(body: bytes, name: str, number: int) -> _Looked:
    page = decode(body, Page)
    if page.page_number != number:
        raise InvalidInput(f"page {number} was asked for, and page {page.page_number} came")
    entity = next((e for e in page.entities if e.get("name") == name), None)
    found = None if entity is None else _remote(structure(entity, PromptAnswer))
    return _Looked(found, len(page.entities), page.total)


def _put(client: Client, prompt: RemoteId, body: PromptBody) -> None:
    change = Change(method="PUT", path=path(*_PROMPTS, prompt), body=encode(body), name=body.name)
    client.change(change, _prompt)


def _prompt(body: bytes) -> RemotePrompt:
    return _remote(decode(body, PromptAnswer))


def _remote(answer: PromptAnswer) -> RemotePrompt:
    return RemotePrompt(id=RemoteId(answer.id), live=definition_of(answer))


def _versions(prompt: RemoteId, *version: str) -> str:
    return path(*_TEMPLATES, prompt, "versions", *version)


def _version_answer(body: bytes) -> VersionAnswer:
    return decode(body, VersionAnswer)


def _version(body: bytes) -> VersionHead:
    return decode(body, VersionHead)


def _remote_version(head: VersionHead) -> RemoteVersion:
    """Shares beyond what can be said in basis points are rounded: nobody but us sets such shares."""
    trigger, split = head.ab_testing_trigger, None
    if trigger is not None and trigger.enabled:
        share = round(min(max(trigger.traffic_percent, 0), 1) * _WHOLE)
        split = Split(version=head.version, share=share, variant=trigger.variant_id)
    return RemoteVersion(number=head.version, frozen=head.rollback_directive, split=split)


def _trigger(split: Split, version: str) -> Trigger:
    if split.version != version:
        raise InvalidInput(f"the split is of version {split.version}, not {version}", place="split")
    if not 0 <= split.share <= _WHOLE:
        raise InvalidInput(f"a share is 0 to {_WHOLE} basis points, not {split.share}", place="split")
    if _VARIANT.fullmatch(split.variant) is None:
        raise InvalidInput("a variant's name is [A-Za-z0-9][A-Za-z0-9._-]*", place="split")
    return Trigger(enabled=True, traffic_percent=split.share / _WHOLE, variant_id=split.variant)


def _header(trigger: Trigger) -> dict[str, str]:
    """Return the header that §4 wants beside an enabled trigger; it rounds what the body says exactly."""
    if not trigger.enabled:
        return {}
    return {"X-Genesys-AB-Test": f"variant={trigger.variant_id},traffic={trigger.traffic_percent * 100:.0f}"}
