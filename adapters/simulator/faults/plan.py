"""Which fault meets which call: scripts first, then chance, which a seed decides for every call alone."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

from attrs import frozen

from jackfield.adapters.http import Request
from jackfield.adapters.simulator.faults.calls import Called, called
from jackfield.adapters.simulator.faults.kinds import KINDS, Fault
from jackfield.adapters.simulator.faults.pages import of_pages
from jackfield.adapters.simulator.faults.rules import EVERY, Pattern, Rule
from jackfield.domain.model.errors import InvalidInput

_REMEMBERED: Final = 10_000
_MOST_RULES: Final = 1000
_WHOLE: Final = 1 << 64
_OF_TOKENS: Final = frozenset({"401", "revoked"})
_LOGIN: Final = "POST /oauth/token"


@frozen
class Injection:
    """A fault that happened: to the *n*-th call (from 1) of its route and key."""

    route: str
    key: str
    n: int
    kind: str


@frozen
class Met:
    """A fault that meets a call, and a number of [0, 1) for what it leaves to chance."""

    fault: Fault
    luck: float


def chance(seed: int, rule: Rule, call: Called, n: int) -> float:
    """Return a number of [0, 1) by the seed, the rule, and the call's route, key and n alone."""
    return _drawn(seed, "", rule, call, n)


def _drawn(seed: int, name: str, rule: Rule, call: Called, n: int) -> float:
    parts = (seed, rule.fault.kind, rule.pattern, call.route, call.key, n, *([name] if name else ()))
    source = "\0".join(map(str, parts)).encode(errors="replace")
    return int.from_bytes(blake2b(source, digest_size=8).digest()) / _WHOLE


class Faults:
    """The faults that a simulator plays; safe for threads.

    Scripted ones (`next`) meet the next calls of a route. Random ones (`randomly`) are keyed by
    (seed, route, key, n): n counts the calls of that route and key (the ids in the path, the name and
    version in the body; of a frame, the assistant and the conversation's number): in whatever order calls
    of different keys arrive, the same ones are met.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._calls = Counter[tuple[str, str]]()
        self._counts = Counter[str]()
        self._log = deque[Injection](maxlen=_REMEMBERED)
        self._revoked = set[bytes]()
        self._ended = dict[str, tuple[int, str]]()

    def next(
        self,
        method: str,
        path: str,
        kind: str,
        *,
        seconds: float | None = None,
        times: int = 1,
        after: int = 0,
    ) -> None:
        """Let the next *times* calls of the route meet a fault, behind *after* that do not.

        In *path* `*` is any segment, `**` any path.
        """
        rule = Rule(fault=Fault(kind, seconds), pattern=Pattern(method, path), times=times, after=after)
        self.add(rule)

    def randomly(self, kind: str, rate: float, *, seconds: float | None = None, on: str = EVERY) -> None:
        """Let each call of *on* (`[METHOD ]PATH`) meet a fault with the probability *rate*."""
        self.add(Rule(fault=Fault(kind, seconds), pattern=Pattern.read(on), rate=rate))

    def add(self, rule: Rule) -> None:
        """Play *rule* as well; scripts go before chance, and among themselves the first that was added."""
        with self._lock:
            if len(self._rules) >= _MOST_RULES:
                raise InvalidInput(
                    f"there are {_MOST_RULES} faults already", place="fault", remedy="clear them"
                )
            self._rules.append(rule)
            self._rules.sort(key=lambda each: each.rate is not None)

    def clear(self) -> None:
        """Play none any more, and count calls and faults from 0."""
        with self._lock:
            self._rules.clear()
            self._calls.clear()
            self._counts.clear()
            self._log.clear()

    def revoke(self, token: bytes) -> None:
        """Let the token of that digest be unknown from now on, also when no fault is played any more."""
        with self._lock:
            self._revoked.add(token)

    def has_revoked(self, token: bytes) -> bool:
        """Say whether it was revoked."""
        return token in self._revoked

    def end(self, conversation: str, at: int, kind: str) -> None:
        """Let the conversation's answer end at its *at*-th frame by *kind*, however often it is heard."""
        with self._lock:
            self._ended[conversation] = (at, kind)

    def ended(self, conversation: str) -> tuple[int, str] | None:
        """Return at which frame the answer was ended, and by which kind."""
        return self._ended.get(conversation)

    def forget(self) -> None:
        """Know no token that was revoked, and no answer that was ended."""
        with self._lock:
            self._revoked.clear()
            self._ended.clear()

    @property
    def injected(self) -> Mapping[str, int]:
        """How many faults happened, by kind."""
        with self._lock:
            return dict(self._counts)

    @property
    def log(self) -> Sequence[Injection]:
        """The last 10,000 faults that happened."""
        with self._lock:
            return tuple(self._log)

    def view(self) -> dict[str, Any]:
        """Return the seed, the rules and the counts as plain data."""
        with self._lock:
            return {
                "seed": self.seed,
                "faults": [rule.view() for rule in self._rules],
                "injected": dict(self._counts),
            }

    def choose(self, request: Request) -> Fault | None:
        """Return the fault that meets *request*, which is counted, or None."""
        if not self._rules:
            return None
        met = self.meet(called(request))
        return None if met is None else met.fault

    def meet(self, call: Called) -> Met | None:
        """Return the fault that meets the call or frame, which is counted, or None."""
        with self._lock:
            if not self._rules:
                return None
            self._calls[call.route, call.key] += 1
            n = self._calls[call.route, call.key]
            rule = next((r for r in self._rules if self._meets(r, call, n)), None)
            if rule is None:
                return None
            self._spend(rule)
            self._counts[rule.fault.kind] += 1
            self._log.append(Injection(call.route, call.key, n, rule.fault.kind))
            return Met(rule.fault, _drawn(self.seed, "luck", rule, call, n))

    def _meets(self, rule: Rule, call: Called, n: int) -> bool:
        if not rule.pattern.matches(call.method, call.path) or not _concerns(rule.fault.kind, call):
            return False
        if rule.rate is not None:
            return chance(self.seed, rule, call, n) < rule.rate
        rule.after -= 1  # whoever is let through is counted
        return rule.after < 0

    def _spend(self, rule: Rule) -> None:
        if rule.rate is not None:
            return
        rule.times -= 1
        if not rule.times:
            self._rules.remove(rule)


def _concerns(kind: str, call: Called) -> bool:
    """Say whether the kind is one for this call: tokens are refused where they are shown, reads are late."""
    if call.meets not in KINDS[kind].meets:
        return False
    if kind.startswith("page-"):
        return of_pages(call.method, call.path)
    return call.method == "GET" if kind == "404" else kind not in _OF_TOKENS or call.route != _LOGIN
