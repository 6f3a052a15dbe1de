"""The simulated platform's own routes, under a prefix: a platform for another client, in this process."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from attrs import frozen

from jackfield.adapters.http import Request, Response, Send
from jackfield.domain.model.errors import OutcomeUnknown, Unavailable
from jackfield.entrypoints.service.bodies import read_body
from jackfield.entrypoints.service.callers import is_needed, refuse_foreign
from jackfield.entrypoints.service.frame import EXCHANGE, Environ, Exchange, Start, Wsgi
from jackfield.entrypoints.service.problems import Refusal
from jackfield.entrypoints.service.serving import Serving

PREFIX: Final = "/simulator"
_OWN: Final = frozenset({"content-length", "connection", "transfer-encoding", "date", "server"})
_SAFE: Final = "/:@!$&'()*+,;=-._~"


@frozen
class Simulated:
    """A WSGI application that gives what stands under the prefix to the platform, and the rest to *app*.

    Tokens are the platform's own there. So only programs of this machine may call, and where a token of ours
    is needed nobody may.
    """

    app: Wsgi
    send: Send
    serving: Serving

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer one request."""
        path: str = environ["PATH_INFO"]
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return self.app(environ, start)
        exchange: Exchange = environ[EXCHANGE]
        exchange.route = f"{PREFIX}/…"
        self._refuse_strangers(environ)
        body = read_body(environ)
        with self.serving.gate.entered():
            response = self._sent(environ, path.removeprefix(PREFIX) or "/", body)
        headers = [(name, value) for name, value in response.headers.items() if name.lower() not in _OWN]
        start(_status(response.status), [*headers, ("content-length", str(len(response.body)))])
        return [response.body]

    def _refuse_strangers(self, environ: Environ) -> None:
        refuse_foreign(environ)
        if is_needed(self.serving):
            raise Refusal(
                status=403,
                name="origin",
                title="The simulated platform is not served here",
                detail="where a token is needed nobody can show one: Authorization has the platform's",
                remedy="run 'jackfield simulate' beside the service",
            )

    def _sent(self, environ: Environ, path: str, body: bytes) -> Response:
        query = environ.get("QUERY_STRING")
        quoted = quote(path.encode("latin-1"), safe=_SAFE)
        request = Request(
            method=environ["REQUEST_METHOD"],
            url=f"http://simulator{quoted}{f'?{query}' if query else ''}",
            headers=_headers(environ),
            body=body,
        )
        try:
            return self.send(request)
        except (Unavailable, OutcomeUnknown) as error:
            raise Refusal(
                status=503,
                name="unavailable",
                title="The simulated platform is away",
                detail=error.message,
                headers={"Retry-After": "1"},
            ) from None


def _headers(environ: Environ) -> dict[str, str]:
    found = {key[5:].replace("_", "-").title(): v for key, v in environ.items() if key.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        found["Content-Type"] = environ["CONTENT_TYPE"]
    return found


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"
