"""Where a simulated platform keeps its documents: by collection and key, one transaction a request."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import Any, Protocol, TypeAlias

Document: TypeAlias = dict[str, Any]
"""A JSON object; it is replaced whole and never changed in place, since a store may hand out its own."""


class Transaction(Protocol):
    """Reads and changes documents; all of its changes happen, or none when it is left by an error."""

    def get(self, collection: str, key: str) -> Document | None:
        """Return the document, or None."""
        ...

    def put(self, collection: str, key: str, document: Document) -> None:
        """Write the document; one that was there keeps its place in the order."""
        ...

    def delete(self, collection: str, key: str) -> None:
        """Remove the document, if it is there."""
        ...

    def page(self, collection: str, *, offset: int, limit: int) -> Sequence[Document]:
        """Return documents in the order in which they were first put."""
        ...

    def count(self, collection: str) -> int:
        """Return how many documents the collection holds."""
        ...

    def clear(self, collection: str | None = None) -> None:
        """Remove every document of the collection, or of all."""
        ...

    def attempt(self) -> AbstractContextManager[None]:
        """Take back what the block has changed, and nothing else, when it is left by an error."""
        ...


class Store(Protocol):
    """Documents that outlive a request; safe for threads."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Hold the store alone until the block is left; raise `Unavailable` when it cannot be used."""
        ...

    def close(self) -> None:
        """Let go of what the store holds open."""
        ...


class MemoryStore:
    """Documents in this process, gone with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._documents: dict[str, dict[str, Document]] = {}

    @contextmanager
    def transaction(self) -> Generator[Transaction, None, None]:
        """Hold the store alone until the block is left."""
        with self._lock:
            transaction = _MemoryTransaction(self._documents)
            with transaction.attempt():
                yield transaction

    def close(self) -> None:
        """Do nothing: there is nothing open."""


class _MemoryTransaction:
    """Changes the documents at once, and remembers what they were."""

    def __init__(self, documents: dict[str, dict[str, Document]]) -> None:
        self._documents = documents
        self._before: list[tuple[str, str, Document | None]] = []

    def get(self, collection: str, key: str) -> Document | None:
        held = self._documents.get(collection)
        return None if held is None else held.get(key)

    def put(self, collection: str, key: str, document: Document) -> None:
        held = self._documents.setdefault(collection, {})
        self._before.append((collection, key, held.get(key)))
        held[key] = document

    def delete(self, collection: str, key: str) -> None:
        held = self._documents.get(collection, {})
        if key in held:
            self._before.append((collection, key, held.pop(key)))

    def page(self, collection: str, *, offset: int, limit: int) -> Sequence[Document]:
        return list(islice(self._documents.get(collection, {}).values(), offset, offset + limit))

    def count(self, collection: str) -> int:
        return len(self._documents.get(collection, ()))

    def clear(self, collection: str | None = None) -> None:
        names = list(self._documents) if collection is None else [collection]
        for name in names:
            self._before.extend(
                (name, key, document) for key, document in self._documents.pop(name, {}).items()
            )

    @contextmanager
    def attempt(self) -> Generator[None, None, None]:
        mark = len(self._before)
        try:
            yield
        except BaseException:
            self._undo(mark)
            raise

    def _undo(self, mark: int) -> None:
        while len(self._before) > mark:
            collection, key, document = self._before.pop()
            held = self._documents.setdefault(collection, {})
            if document is None:
                del held[key]
            else:
                held[key] = document
