"""One organization's platform: the way of every request through it, and the knobs for tests."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Final, cast

import orjson

from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator.platform import (
    advice,
    analytics,
    assistants,
    audit,
    evaluations,
    fresh,
    oauth,
    prompts,
    sessions,
    tokens,
    versions,
    webhooks,
)
from jackfield.adapters.simulator.platform.answers import Answer, Rejection, missing
from jackfield.adapters.simulator.platform.bots import Roster, SimulatedBot
from jackfield.adapters.simulator.platform.calls import LARGEST_BODY_BYTES, Call, Operation, address
from jackfield.adapters.simulator.platform.catalog import PROMPTS
from jackfield.adapters.simulator.platform.conversations import Conversations, to_ms
from jackfield.adapters.simulator.platform.desk import Desk, StreamRules
from jackfield.adapters.simulator.platform.dialing import dialed
from jackfield.adapters.simulator.platform.identifiers import Identifiers
from jackfield.adapters.simulator.platform.knowledge import Article, Library
from jackfield.adapters.simulator.platform.limits import Limiter, Meter, RateLimits
from jackfield.adapters.simulator.platform.mailroom import Mailroom
from jackfield.adapters.simulator.platform.noticing import NoticeRules, Outgoing, PostOffice
from jackfield.adapters.simulator.platform.oauth import TokenOffice
from jackfield.adapters.simulator.platform.post import Post
from jackfield.adapters.simulator.platform.registry import Registry
from jackfield.adapters.simulator.platform.repertoire import Assistant, Repertoire
from jackfield.adapters.simulator.platform.responses import respond
from jackfield.adapters.simulator.platform.routes import Route, find
from jackfield.adapters.simulator.platform.scopes import refuse_without
from jackfield.adapters.simulator.platform.snapshots import snapshot
from jackfield.adapters.simulator.platform.streams import Peer, Session
from jackfield.adapters.simulator.platform.traffic import Traffic
from jackfield.adapters.simulator.store import MemoryStore, Store, Transaction
from jackfield.adapters.sockets import Handshake, Socket
from jackfield.domain.model.errors import NotFound
from jackfield.ports.clock import Clock

ROUTES: Final = (
    *prompts.ROUTES,
    *versions.ROUTES,
    *analytics.ROUTES,
    *audit.ROUTES,
    *tokens.ROUTES,
    *assistants.ROUTES,
    *sessions.ROUTES,
    *evaluations.ROUTES,
    *webhooks.ROUTES,
    *advice.ROUTES,
)
_ABOUT: Final = "platform"
_USUAL: Final = Traffic()
_RULES: Final = StreamRules()
_NOTICES: Final = NoticeRules()


class Platform:
    """A simulated platform of one organization; its `send` is a `Send`, safe for threads.

    Without *clients* any id and secret is a client; without *limits* nothing is limited. Equal seeds make
    equal identifiers; those of a store that is opened again are new all the same.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store | None = None,
        seed: int = 0,
        clients: Mapping[str, str] | None = None,
        limits: RateLimits | None = None,
        token_lifetime: timedelta = timedelta(days=1),
        assistants: Mapping[str, Assistant] | None = None,
        streams: StreamRules = _RULES,
        bots: Mapping[str, SimulatedBot] | None = None,
        queues: Collection[str] = (),
        notices: NoticeRules = _NOTICES,
        knowledge: Mapping[str, Iterable[Article]] | None = None,
    ) -> None:
        self.clock = clock
        self._store = store or MemoryStore()
        self._seed = seed
        self._office = TokenOffice(clients=clients, lifetime=token_lifetime)
        self._limiter = Limiter(limits)
        self._repertoire = Repertoire(assistants or {})
        self.roster = Roster(bots)
        self.library = Library(knowledge)
        self._queues = frozenset({*fresh.QUEUES, *queues})
        self._post_office = PostOffice(notices, seed)
        self.mailroom = Mailroom(self._registry, self._post_office, clock)
        self._desk = Desk(self._store, streams)
        with self._store.transaction() as state:
            self._ids = self._open(state)

    def send(self, request: Request) -> Response:
        """Answer the request; bad ones with the platform's envelope.

        Raises `Unavailable`, and has changed nothing, when the store cannot be used.
        """
        correlation_id = self._ids.uuid("correlation")
        reading = self._limiter.idle()
        with self._store.transaction() as state:
            call = self._call(request, state)
            try:
                meters, perform = self._admit(call)
                reading = self._limiter.count(state, call.now.timestamp(), meters)
                with state.attempt():
                    answer = perform(call)
            except Rejection as rejection:
                answer = rejection.answer(correlation_id)
        return respond(answer, correlation_id, reading, call.now)

    def dial(self, handshake: Handshake) -> Socket:
        """Open a socket to the stream of answers, without a network and on the platform's clock: a `Dial`."""
        return dialed(self.clock, self.send, self.attend, handshake)

    def attend(self, request: Request) -> Peer | Response:
        """Begin the platform's side of a socket whose handshake was let through, or refuse it after all.

        Whoever asks gives every frame to the peer, and closes it.
        """
        try:
            with self._store.transaction() as state:
                caller = oauth.bearer(self._call(request, state))
            return Session(self._desk, caller, to_ms(self.clock.now()))
        except Rejection as rejection:
            return self.refuse(rejection)

    def script(self, assistant: str, how: Assistant) -> None:
        """Let the assistant answer so from its next conversation on; one that is unknown is known then."""
        self._repertoire.put(assistant, how)

    def forget_scripts(self) -> None:
        """Let every assistant answer as at the start."""
        self._repertoire.clear()

    def bot(self, bot: str, how: SimulatedBot) -> None:
        """Let the bot be so from the next call on; one that is unknown is known then."""
        self.roster.put(bot, how)

    def forget_bots(self) -> None:
        """Let every bot be as at the start."""
        self.roster.clear()

    def knowledge(self, base: str, articles: Iterable[Article]) -> None:
        """Let the knowledge base hold these from the next call on; one that is unknown is known then."""
        self.library.put(base, articles)

    def end(self, conversation: str, resolution: str | None = "abandoned") -> None:
        """Let the customer hang up; what is over stays as it ended. Raises `NotFound` for no conversation.

        A *resolution* may be None, as if the platform named none, or a word that it does not have.
        """
        with self._registry() as registry:
            held = registry.find(conversation)
            if held is None:
                raise NotFound("there is no such conversation", place=conversation[:80], remedy="mend the id")
            if held["ended"] is None:
                registry.end(held, resolution, registry.now)

    def notices(self) -> tuple[Outgoing, ...]:
        """Take off the deliveries of webhooks that are due by now, in order; at most 10,000 at a time."""
        return self.mailroom.take()

    def refuse(self, rejection: Rejection) -> Response:
        """Return a no as the platform answers it, for a call that did not come so far."""
        correlation_id = self._ids.uuid("correlation")
        answer = rejection.answer(correlation_id)
        return respond(answer, correlation_id, self._limiter.idle(), self.clock.now())

    def grant(self, client: str, scopes: Iterable[str] | None) -> None:
        """Let the client's next tokens have these scopes alone; None is all of them."""
        with self._store.transaction() as state:
            oauth.grant(state, client, scopes)

    def revoke_tokens(self) -> None:
        """Make every token that was given unknown."""
        with self._store.transaction() as state:
            state.clear(oauth.TOKENS)
        self._desk.revision += 1

    def converse(
        self, prompt: str, conversations: int, *, over: timedelta, traffic: Traffic = _USUAL
    ) -> Mapping[str, int]:
        """Let the prompt (a name or an id) have answered *conversations* in the time *over* until now.

        Each gets its version as the platform would route it now: by the enabled A/B triggers, else what is
        live. Returns how many each version got. Move the clock first, so that they lie behind what went
        before. Raises `NotFound` for an unknown prompt, `InvalidInput` for too many or for no time.
        """
        until = self.clock.now()
        with self._store.transaction() as state:
            return Conversations(state).make(
                prompt, traffic, count=conversations, since=until - over, until=until
            )

    def reset(self) -> None:
        """Forget everything but which identifiers were given, and hold what a fresh platform holds."""
        with self._store.transaction() as state:
            opening = _opening(state)
            state.clear()
            state.put(_ABOUT, _ABOUT, {"openings": opening})
            self._ids = self._open(state)
        self._desk.revision += 1

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of the state as plain JSON: prompts with versions and how many conversations, audit
        logs, grants, how many conversations each assistant had, how many with bots are in which state, how
        many webhooks and deliveries there are; no token, no secret, no message, no attribute."""
        with self._store.transaction() as state:
            held = snapshot(state, self._repertoire, Post(state, self._post_office))
            plain = {**held, "sockets": self._desk.open}
            return cast("dict[str, Any]", orjson.loads(orjson.dumps(plain)))

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def _open(self, state: Transaction) -> Identifiers:
        opening = _opening(state) + 1
        state.put(_ABOUT, _ABOUT, {"openings": opening})
        ids = Identifiers(seed=self._seed, opening=opening)
        if not state.count(PROMPTS):
            for prompt_id, definition in fresh.PROMPTS.items():
                prompts.add(self._knob(state, ids), dict(definition), prompt_id)
        return ids

    @contextmanager
    def _registry(self) -> Generator[Registry]:
        with self._store.transaction() as state:
            yield Registry.of(self._knob(state))

    def _knob(self, state: Transaction, ids: Identifiers | None = None) -> Call:
        """Return a call of nobody, as the knobs make it."""
        return self._call(Request(method="POST", url="/"), state, ids=ids)

    def _call(self, request: Request, state: Transaction, ids: Identifiers | None = None) -> Call:
        path, query = address(request)
        return Call(
            method=request.method.upper(),
            path=path,
            query=query,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.body or b"",
            now=self.clock.now(),
            ids=ids or self._ids,
            state=state,
            repertoire=self._repertoire,
            roster=self.roster,
            library=self.library,
            queues=self._queues,
            office=self._post_office,
        )

    def _admit(self, call: Call) -> tuple[Sequence[Meter], Operation]:
        """Return what the call counts for and what answers it; refuse it as a gateway does, at the edge."""
        if len(call.body) > LARGEST_BODY_BYTES:
            raise Rejection("request.entity.too.large", bytes=str(LARGEST_BODY_BYTES))
        if call.path == oauth.PATH:
            return self._admit_client(call)
        caller = oauth.bearer(call)
        route = find(ROUTES, call.path)
        configures = route is not None and route.configures
        meters = self._limiter.meters(f"token:{caller.fingerprint}", configures=configures)
        return meters, partial(_perform, route, caller)

    def _admit_client(self, call: Call) -> tuple[Sequence[Meter], Operation]:
        form = self._office.form(call)
        client = self._office.client(call, form)
        meters = () if client is None else self._limiter.meters(f"client:{client}", configures=False)
        return meters, partial(self._office.issue, form=form, client=client)


def _perform(route: Route | None, caller: oauth.Bearer, call: Call) -> Answer:
    if route is None:
        raise missing()
    operation, scopes = route.operation(call.method)
    refuse_without(caller.scopes, scopes)
    return operation(call)


def _opening(state: Transaction) -> int:
    held = state.get(_ABOUT, _ABOUT)
    return 0 if held is None else int(held["openings"])
