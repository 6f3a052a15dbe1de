"""Results of earlier checks, so that a file that did not change is not read again as YAML.

Only files without a problem are remembered: by the bytes of the file and everything that they are checked
by. Each entry is sealed with a key that stands outside the cache, so that whoever writes into the cache
alone cannot make a broken file pass; and nothing is ever sent on the word of the cache: `publish`, `plan`
and `apply` do not ask it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

import orjson
from attrs import frozen

from jackfield.adapters.caching import DiskCache
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.strict import decode
from jackfield.domain.model.budgets import Measure
from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.errors import JackfieldError
from jackfield.entrypoints.files.folders import own_folder
from jackfield.entrypoints.settings import Rules
from jackfield.entrypoints.settings.places import state_root
from jackfield.ports.cache import Cache

LIFETIME: Final = timedelta(days=30)
COUNTERS: Final = frozenset({"upper-estimate", "quarter"})
"""The counters whose answers depend on nothing but our version."""

_FORMAT: Final = "1"
_KEY_BYTES: Final = 32
_SEAL_BYTES: Final = 32
_FOLDER: Final = ".checks"  # no target's name begins with a dot


@frozen(kw_only=True)
class Fine:
    """A file without a problem: whose version it is, and its counts."""

    name: str
    version: str
    content_hash: str
    measures: tuple[Measure, ...]


@frozen(kw_only=True)
class Memory:
    """Earlier results in a cache; `key` seals them, `rules` are what files are checked by."""

    cache: Cache
    key: bytes
    rules: str

    def recall(self, data: bytes) -> Fine | None:
        """Return what was found of exactly these bytes, if it was, and if it is what was written."""
        name = self._name(data)
        found = self.cache.get(name)
        if found is None:
            return None
        seal, body = found[:_SEAL_BYTES], found[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(name, body)):
            return None
        try:
            return decode(orjson.loads(body), Fine, place="check")
        except (orjson.JSONDecodeError, JackfieldError):
            return None

    def keep(self, data: bytes, fine: Fine) -> None:
        """Remember it."""
        name = self._name(data)
        body = orjson.dumps(
            {
                "name": fine.name,
                "version": fine.version,
                "content_hash": fine.content_hash,
                "measures": [_measure(m) for m in fine.measures],
            }
        )
        self.cache.put(name, self._seal(name, body) + body, LIFETIME)

    def _name(self, data: bytes) -> str:
        content = hashlib.sha256(data).hexdigest()
        return f"-/check/{hashlib.sha256(f'{self.rules}/{content}'.encode()).hexdigest()}"

    def _seal(self, name: str, body: bytes) -> bytes:
        return hmac.digest(self.key, name.encode() + b"\0" + body, "sha256")


@contextmanager
def remembered(rules: Rules) -> Generator[Memory | None]:
    """Open the memory in the state folder; None where it cannot be used, or a counter is not ours."""
    opened = _open(rules)
    try:
        yield opened
    finally:
        if opened is not None:
            opened.cache.close()


def _open(rules: Rules) -> Memory | None:
    if rules.token_counter not in COUNTERS:
        return None
    try:
        folder = state_root() / _FOLDER
        own_folder(folder)
        key = _key(folder / "key")
    except (JackfieldError, OSError):
        return None
    if key is None:
        return None
    return Memory(cache=DiskCache(folder / "cache", SystemClock()), key=key, rules=_spelled(rules))


def _key(path: Path) -> bytes | None:
    """Read the key, or make it; one that others may have written is none."""
    if not path.exists():
        _make(path)
    found = path.lstat()
    own = os.name != "posix" or (found.st_uid == os.geteuid() and not found.st_mode & 0o077)
    if not stat.S_ISREG(found.st_mode) or not own:
        return None
    key = path.read_bytes()
    return key if len(key) == _KEY_BYTES else None


def _make(path: Path) -> None:
    """Make it whole or not at all; somebody else's by then is as good."""
    made = path.with_name(f"key.{secrets.token_hex(8)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()


def _spelled(rules: Rules) -> str:
    limits = [[limit.value, limit.source] for limit in (rules.policy.characters, rules.policy.tokens)]
    return canonical([_FORMAT, version("jackfield"), rules.token_counter, limits])


def _measure(measure: Measure) -> dict[str, object]:
    return {
        "what": measure.what,
        "unit": measure.unit,
        "used": measure.used,
        "limit": {"value": measure.limit.value, "source": measure.limit.source},
        "exact": measure.exact,
        "at_least": measure.at_least,
    }
