"""Who we are to the platform: the token, its scopes, and which endpoints answer it."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import quote

import orjson
from attrs import frozen

from jackfield.adapters.genesys import auth
from jackfield.adapters.genesys.answers import Tried
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import JackfieldError, NotFound, OutcomeUnknown, Unavailable
from jackfield.entrypoints.doctor.findings import Finding, State, failed, ok, skipped, warning
from jackfield.entrypoints.doctor.hosting import PROBED_PATH
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.settings import Credentials, refuse_missing

_PROMPTS: Final = "/api/v2/ai/llm/prompts"
_VERSIONS: Final = "/api/v2/ai/prompt-templates/{}/versions"
_METRICS: Final = "/api/v2/ai/llm/metrics"
_NEEDED: Final = (
    ("ai:llm:manage",),
    ("ai:prompt-template:read",),
    ("ai:prompt-template:write", "ai:llm-gateway:manage"),
)
_LACKS: Final = (
    "ask Genesys whether the LLM Gateway is enabled for it (it is not part of the public API), and check"
    ' region and base_url; until then work on platform = "simulator"'
)


def token(patient: Patient) -> Iterator[Finding]:
    """Fetch a token for each OAuth client, or take the one that was given."""
    own = patient.settings.credentials
    if own.access_token is not None:
        patient.access_token = own.access_token.reveal()
        yield ok("token", f"given by {patient.settings.sources.get('credentials', 'the environment')}")
        return
    for each in patient.settings.clients:
        yield _fetched(patient, each)


def _fetched(patient: Patient, client: Credentials) -> Finding:
    try:
        refuse_missing(client)
        if not patient.reached:
            return skipped("token", "the host does not answer")
        place = patient.probe.hosts
        who = auth.Credentials(client.client_id, client.client_secret)
        fetched = auth.Tokens(patient.probe, place, who, patient.clock).current()
    except JackfieldError as error:
        return failed("token", error)
    patient.access_token = patient.access_token or fetched.secret.reveal()
    return ok("token", f"fetched for client {client.client_id} at {place.login}")


def scopes(patient: Patient) -> Iterator[Finding]:
    """Ask what the token may; a platform need not tell."""
    if not _can_ask(patient):
        yield skipped("scopes", "there is no token")
        return
    try:
        held = _read(patient, PROBED_PATH).get("authorizedScope")
    except NotFound:
        yield skipped("scopes", "the platform does not tell a token's scopes")
        return
    named = [str(each) for each in cast("list[object]", held)] if isinstance(held, list) else []
    lacking = [" or ".join(any_of) for any_of in _NEEDED if not {*any_of} & {*named}]
    if not named:
        yield ok("scopes", "the platform names none: the client's roles decide")
    elif lacking:
        yield warning("scopes", f"the token lacks {', '.join(lacking)}", "add them to the OAuth client")
    else:
        yield ok("scopes", f"all that are needed, of {len(named)}")


@frozen
class _Endpoint:
    path: str
    shown: str


def endpoints(patient: Patient) -> Iterator[Finding]:
    """Ask each endpoint that the core uses for something that changes nothing."""
    if not _can_ask(patient):
        yield skipped("endpoints", "there is no token")
        return
    listed, found = _asked(patient, _Endpoint(f"{_PROMPTS}?pageSize=1", _PROMPTS))
    yield found
    if listed is None:
        return
    entities = listed.get("entities")
    first = cast("list[dict[str, Any]]", entities)[0] if isinstance(entities, list) and entities else {}
    if not isinstance(first.get("id"), str):
        yield skipped("endpoints", f"{_VERSIONS.format('…')}: there is no prompt to ask it of")
        return
    prompt_id = quote(first["id"], safe="")
    yield _asked(patient, _Endpoint(_VERSIONS.format(prompt_id), _VERSIONS.format("…")))[1]
    yield _measured(patient, prompt_id)


def _measured(patient: Patient, prompt_id: str) -> Finding:
    """Ask for metrics; a prompt is published and moved without them."""
    found = _asked(patient, _Endpoint(f"{_METRICS}?promptId={prompt_id}", _METRICS))[1]
    if found.state is not State.FAILED:
        return found
    return warning("endpoints", found.found, f"without it there are no metrics: {found.remedy}")


def _asked(patient: Patient, endpoint: _Endpoint) -> tuple[dict[str, Any] | None, Finding]:
    try:
        document = _read(patient, endpoint.path)
    except NotFound as error:
        return None, failed(
            "endpoints", error, found=f"this organization does not have {endpoint.shown}", remedy=_LACKS
        )
    except JackfieldError as error:
        return None, failed("endpoints", error, found=f"{endpoint.shown}: {error.message}")
    return document, ok("endpoints", f"{endpoint.shown} answers")


def _can_ask(patient: Patient) -> bool:
    return patient.reached and patient.access_token is not None


def _read(patient: Patient, path: str) -> dict[str, Any]:
    """Return the JSON object at *path*; raise one of our errors for every other answer."""
    headers = {"Accept": "application/json", "Authorization": f"Bearer {patient.access_token}"}
    tried = Tried(Request(method="GET", url=patient.probe.hosts.api + path, headers=headers), patient.clock)
    try:
        response = patient.probe(tried.request)
    except (Unavailable, OutcomeUnknown) as error:
        raise tried.unanswered(error) from None
    if response.status != HTTPStatus.OK:
        raise tried.refused(response)
    return _object(response)


def _object(response: Response) -> dict[str, Any]:
    try:
        document: object = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise Unavailable(
            "the answer is no JSON object",
            remedy="check the region and base URL: it is not the platform's API",
        )
    return cast("dict[str, Any]", document)
