"""An exact token counter: tiktoken with a vocabulary from a local file; nothing is ever downloaded."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import define, field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.plugins.builtin.vocabulary import KNOWN, PATTERNS, read_ranks
from jackfield.plugins.markers import hookimpl

if TYPE_CHECKING:
    from tiktoken import Encoding

    from jackfield.domain.model.budgets import TokenCount
    from jackfield.plugins.types import TokenCounterProvider

_MOST_BYTES: Final = 4
"""UTF-8 takes at most so many bytes a character."""


@frozen(kw_only=True)
class TokensSettings:
    """`[plugins.tokens]`: a vocabulary file in tiktoken's format, and how its texts are split.

    `split` is needed for a file that is none of those known by their hash; `sha256` is checked if given.
    """

    vocabulary: str | None = None
    split: str | None = None
    sha256: str | None = None


@define
class Tokens:
    """Gives the token counter `tiktoken`."""

    Settings: ClassVar[type[TokensSettings]] = TokensSettings

    settings: TokensSettings = field(factory=TokensSettings)

    @hookimpl
    def jackfield_token_counters(self) -> list[TokenCounterProvider]:
        """Give the one counter; its vocabulary is read when it is chosen."""
        from jackfield.plugins.types import TokenCounterProvider

        return [TokenCounterProvider(name="tiktoken", make=self.make)]

    def make(self) -> Tiktoken:
        """Return the counter; raise `InvalidInput` for a vocabulary that cannot be used."""
        if self.settings.vocabulary is None:
            raise _refused("no vocabulary is named", "set it to a file in tiktoken's format", "vocabulary")
        try:
            from tiktoken import Encoding
        except ImportError:
            raise _refused(
                "tiktoken is not installed", "pip install 'jackfield[tokens]'", "vocabulary"
            ) from None
        content = _content(Path(self.settings.vocabulary))
        split = self._split(hashlib.sha256(content).hexdigest())
        try:
            ranks = read_ranks(content)
        except ValueError as error:
            raise _refused(str(error), "name a whole vocabulary file", "vocabulary") from None
        return Tiktoken(
            Encoding("jackfield", pat_str=PATTERNS[split], mergeable_ranks=ranks, special_tokens={})
        )

    def _split(self, found: str) -> str:
        wanted = self.settings.sha256
        if wanted is not None and wanted.lower() != found:
            raise _refused("the vocabulary has another SHA-256", "get the file again, or mend this", "sha256")
        split = self.settings.split or KNOWN.get(found)
        if split is None or split not in PATTERNS:
            raise _refused(
                "this vocabulary is not known by its hash", f"set it to one of {', '.join(PATTERNS)}", "split"
            )
        if KNOWN.get(found, split) != split:
            raise _refused(f"this vocabulary is {KNOWN[found]}", "remove this", "split")
        return split


@frozen
class Tiktoken:
    """Counts what the vocabulary gives; safe for threads."""

    encoding: Encoding

    @property
    def name(self) -> str:
        """`tiktoken`."""
        return "tiktoken"

    def count(self, text: str) -> TokenCount:
        """Return the exact number; marks such as `<|endoftext|>` are counted as the text they are."""
        from jackfield.domain.model.budgets import TokenCount

        return TokenCount(len(self.encoding.encode_ordinary(text)), exact=True)

    def worst(self, characters: int) -> int:
        """Return 4 · characters: the vocabulary has every byte, so a text has no more tokens than bytes."""
        return _MOST_BYTES * characters


def _content(path: Path) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "this is not a path that can be used"
        raise _refused(f"it cannot be read: {reason}", "name a file that can", "vocabulary") from None


def _refused(message: str, remedy: str, key: str) -> InvalidInput:
    return InvalidInput(message, place=f"plugins.tokens.{key}", remedy=remedy)
