"""What makes the calls to a platform: under the rules, with the tokens of the target's clients."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from attrs import frozen

from jackfield.adapters.genesys.auth import Credentials, FixedToken, Token, Tokens, TokenSource
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.retries import Jitter
from jackfield.adapters.genesys.resilience.telemetry import Telemetry
from jackfield.entrypoints.parts.reaching import Line
from jackfield.entrypoints.settings import Settings, refuse_missing
from jackfield.entrypoints.settings import values as settings_values
from jackfield.ports.clock import Clock
from jackfield.ports.telemetry import Measure


@frozen(kw_only=True)
class Calling:
    """Composes it for one target; nothing is sent yet."""

    settings: Settings
    line: Line
    clock: Clock
    jitter: Jitter
    measure: Measure
    bulk: bool = False

    def client(self) -> Client:
        """Return the client; whoever makes calls of another area than prompts asks it for one."""
        settings = self.settings
        telemetry = Telemetry(organization=settings.organization, measure=self.measure)
        policy = Policy(
            self.line.send, self.clock, rules=settings.calls, jitter=self.jitter, telemetry=telemetry
        )
        lanes = [policy.lane(tokens) for tokens in self._tokens(policy)]
        return Client(policy, lanes, self.line.hosts, bulk=self.bulk)

    def _tokens(self, policy: Policy) -> Iterator[TokenSource]:
        """Give a source of tokens for each OAuth client of the target."""
        own = self.settings.credentials
        if own.missing:
            yield _Nobody(own)
        elif own.access_token is not None:
            yield FixedToken(own.access_token)
        else:
            for each in (own, *self.settings.more_clients):
                client = Credentials(each.client_id, each.client_secret)
                timeout = policy.rules.token_timeout
                yield Tokens(policy.login(), self.line.hosts, client, policy.clock, timeout=timeout)


@frozen
class _Nobody:
    """A source without a token: looking at our own record needs none, asking the platform does."""

    credentials: settings_values.Credentials

    def current(self, ends: float = inf) -> Token:
        """Raise `InvalidInput` that says what is missing."""
        del ends  # it is missing at once
        refuse_missing(self.credentials)
        raise AssertionError("unreachable: something is missing")

    def drop(self, token: Token) -> None:
        """There is none."""
