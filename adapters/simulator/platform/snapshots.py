"""The state of a platform as plain JSON: counts, and nothing that was said, and no secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jackfield.adapters.simulator.platform import assistants, audit, oauth, registry
from jackfield.adapters.simulator.platform.catalog import PROMPTS, Catalog
from jackfield.adapters.simulator.platform.conversations import Conversations
from jackfield.adapters.simulator.platform.post import WEBHOOKS, Post
from jackfield.adapters.simulator.platform.repertoire import Repertoire
from jackfield.adapters.simulator.store import Document, Transaction


def snapshot(state: Transaction, repertoire: Repertoire, post: Post) -> dict[str, Any]:
    """Return what the store holds; parts of it may be the store's own."""
    return {
        "prompts": {prompt["live"]["id"]: _whole(state, prompt) for prompt in _all(state, PROMPTS)},
        "auditLogs": _all(state, audit.LOGS),
        "grants": {held["client"]: held["scopes"] for held in _all(state, oauth.GRANTS)},
        "tokens": state.count(oauth.TOKENS),
        "assistants": {each: assistants.count(state, each) for each in repertoire},
        "conversations": registry.counts(state),
        "webhooks": state.count(WEBHOOKS),
        "notices": post.counts(),
    }


def _all(state: Transaction, collection: str) -> Sequence[Document]:
    return state.page(collection, offset=0, limit=state.count(collection))


def _whole(state: Transaction, prompt: Document) -> Document:
    catalog = Catalog(state)
    numbers = reversed(prompt["versions"])
    views = [catalog.version(prompt["live"]["id"], number)["view"] for number in numbers]
    conversations = Conversations(state).count(prompt["live"]["id"])
    return {"live": prompt["live"], "versions": views, "conversations": conversations}
