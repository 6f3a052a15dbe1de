"""Calls of the platform's API that are nobody's mapping: path and body in, body out."""

from __future__ import annotations

from attrs import frozen

from jackfield.adapters.genesys.client import Change, Client


@frozen
class PlatformCalls:
    """A `PlatformHttp`: with the target's token, under its rules."""

    client: Client

    def __call__(self, method: str, path: str, body: bytes) -> bytes:
        """Return the body of a 2xx answer; raises a `Refused` or a `NotSent`, or `OutcomeUnknown`."""
        return self.client.change(Change(method=method, path=path, body=body), bytes)
