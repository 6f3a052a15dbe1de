"""What Genesys Cloud tells of a live prompt, whole: `wire.md` §3 and §11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import orjson
from attrs import frozen

from jackfield.adapters.genesys.client import Client, path
from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import InvalidInput
from jackfield.ports.prompts import RemoteId


@frozen
class GenesysMetadata:
    """The `PromptMetadata` of Genesys Cloud."""

    _client: Client

    def metadata(self, prompt: RemoteId) -> Mapping[str, JSON]:
        """Return the answer of `GET` §3, every field of it."""
        return self._client.read(path("api", "v2", "ai", "llm", "prompts", prompt), _document)


def _document(body: bytes) -> Mapping[str, JSON]:
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise InvalidInput("the answer is no JSON object")
    return cast("Mapping[str, JSON]", document)
