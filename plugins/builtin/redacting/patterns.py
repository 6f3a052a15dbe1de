"""What is found by its letters: keys, e-mail addresses, IBANs and IPv6 addresses.

A mark such as `[email]` is no part of any pattern, and what stands directly beside one is no whole thing
(`(?<![\\w\\]])`, `(?![\\w\\[])`): so nothing comes up in a text that was redacted before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv6Address
from typing import Final, TypeAlias

End: TypeAlias = Callable[[re.Match[str]], int | None]
"""Returns where what was found ends; None if it is none."""

_KEY: Final = re.compile(
    r"(?<![\w\]-])(?:"
    r"(?:sk|pk|rk)[_-][\w-]{16,}+|gh[oprsu]_\w{16,}+|github_pat_\w{16,}+|glpat-[\w-]{16,}+"
    r"|xox[abeoprs]-[\w-]{10,}+|A(?:KIA|SIA)[0-9A-Z]{16,}+|AIza[\w-]{30,}+|whsec_[\w+/=-]{16,}+"
    r"|eyJ[\w-]{8,}+(?:\.[\w-]++){0,2}+"
    r"|(?i:bearer)[ \t]{1,4}+(?=[a-z._~+/=-]{0,64}[0-9A-Z])[\w.~+/=-]{8,}+)",
    re.ASCII,
)
"""Prefixes of keys that their makers publish, and what follows `Bearer` if it is no common word."""
_DOMAIN: Final = r"@[\w-]++(?:\.[\w-]++)++"
_EMAIL: Final = re.compile(rf"(?<![\w.%+-])[\w.%+-]++{_DOMAIN}(?:[\w.%+-]*+{_DOMAIN})*+")
"""What begins where an address ends goes with it."""
_IBAN: Final = re.compile(
    r"(?<![\w\]])[A-Z]{2}\d{2}(?:(?:[ -]?[A-Z0-9]){11,30}+|[A-Za-z0-9]{11,30}+)|"
    r"(?<![\w\]])[a-z]{2}\d{2}[a-z0-9]{11,30}+",
    re.ASCII,
)
_SIX: Final = re.compile(r"(?<![\w:.\]])(?:[0-9A-Fa-f]{0,4}:){2,7}+[0-9A-Fa-f]{0,4}+(?![\w:.\[])", re.ASCII)

_SHORTEST_IBAN: Final = 15


def without_patterns(text: str) -> str:
    """Return *text* with a mark in the place of each."""
    text = replaced(text, _KEY, "[key]")
    if "@" in text:
        text = replaced(text, _EMAIL, "[email]")
    text = replaced(text, _IBAN, "[iban]", _iban)
    return replaced(text, _SIX, "[ip]", _six)


def replaced(text: str, pattern: re.Pattern[str], mark: str, end: End = re.Match[str].end) -> str:
    """Return *text* with *mark* for each match; one that is none is looked at again a character further."""
    return "".join(_parts(text, pattern, mark, end))


def _parts(text: str, pattern: re.Pattern[str], mark: str, end: End) -> Iterator[str]:
    kept = position = 0
    while (found := pattern.search(text, position)) is not None:
        ends = end(found)
        position = found.start() + 1 if ends is None else ends
        if ends is not None:
            yield text[kept : found.start()]
            yield mark
            kept = ends
    yield text[kept:]


def _iban(found: re.Match[str]) -> int | None:
    """The longest beginning that checks and ends where a word does: more words may have come with it."""
    for end in range(found.end(), found.start() + _SHORTEST_IBAN - 1, -1):
        if _ends_a_word(found.string, end) and _checks(found.string[found.start() : end]):
            return end
    return None


def _ends_a_word(text: str, end: int) -> bool:
    after = text[end : end + 1]
    return text[end - 1].isalnum() and not (after.isalnum() or after in ("_", "["))


def _checks(text: str) -> bool:
    """ISO 13616: the first four characters to the end, letters as 10 to 35, modulo 97 is 1."""
    plain = text.replace(" ", "").replace("-", "").upper()
    return (
        len(plain) >= _SHORTEST_IBAN
        and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1
    )


def _six(found: re.Match[str]) -> int | None:
    """`::1` and times of the day are nobody's address."""
    try:
        IPv6Address(found[0])
    except AddressValueError:
        return None
    return found.end() if sum(map(bool, found[0].split(":"))) > 1 else None
