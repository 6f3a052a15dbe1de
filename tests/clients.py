"""A client of Genesys Cloud's adapters that logs in, over any line to any platform."""

from __future__ import annotations

from jackfield.adapters.genesys.auth import Credentials, Tokens
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Send
from jackfield.domain.model.secrets import Secret
from jackfield.ports.clock import Clock


def client(send: Send, clock: Clock, url: str = "http://simulator", rules: CallRules | None = None) -> Client:
    """Return one for the platform at *url*, with the whole policy of calls."""
    where, policy = hosts(base_url=url), Policy(send, clock, rules=rules or CallRules())
    tokens = Tokens(policy.login(), where, Credentials("client", Secret("secret")), clock)
    return Client(policy, [policy.lane(tokens)], where)
