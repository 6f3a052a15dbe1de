"""Example utterances by intent, and what was learned from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from threading import Lock

from jackfield.adapters.simulator.platform.understanding.classifier import Classifier, Guess
from jackfield.domain.model.errors import InvalidInput


class Lessons(Mapping[str, tuple[str, ...]]):
    """Example utterances by intent; the first guess learns from them, once for all threads."""

    def __init__(self, examples: Mapping[str, Iterable[str]] | None = None) -> None:
        self._examples = {intent: tuple(said) for intent, said in (examples or {}).items()}
        if not all(intent.strip() for intent in self._examples):
            raise InvalidInput("an intent has no name", place="intents", remedy="give each a name")
        self._classifier: Classifier | None = None
        self._lock = Lock()

    @classmethod
    def of(cls, examples: Mapping[str, Iterable[str]]) -> Lessons:
        """Return the examples as lessons; lessons as they are, with what was learned."""
        return examples if isinstance(examples, Lessons) else cls(examples)

    def __getitem__(self, intent: str) -> tuple[str, ...]:
        return self._examples[intent]

    def __iter__(self) -> Iterator[str]:
        return iter(self._examples)

    def __len__(self) -> int:
        return len(self._examples)

    def __repr__(self) -> str:
        return f"Lessons({', '.join(self._examples)})"

    def classify(self, text: str) -> Guess:
        """Return the likeliest intent of *text*."""
        return self._learned().classify(text)

    def _learned(self) -> Classifier:
        with self._lock:
            if self._classifier is None:
                self._classifier = Classifier(self._examples)
            return self._classifier
