"""S1: a line that is cut again and again, with repeats and reorders, gives the same text; gaps are told."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest
from attrs import define, evolve

from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.simulator import Assistant, Faults, FaultyDial, Pace, Platform, Scripted
from jackfield.adapters.sockets import Socket
from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.conversations.answers import Answer, End, Spent
from jackfield.domain.model.conversations.events import Chunk, StreamEvent
from jackfield.domain.model.conversations.meters import Meter
from jackfield.domain.model.conversations.replies import Assembler
from jackfield.domain.services.assistants.replies import Reply
from jackfield.ports.assistants import Line
from tests.proofs.sizes import sized
from tests.unit.genesys.stream.gateways import ASSISTANT, QUESTION, Desk, in_process, made, over_the_server

TEXT: Final = " ".join(f"word-{number}" for number in range(400))
LONG: Final = evolve(QUESTION, output=30_000)
SAYING: Final = Assistant(scripts=(Scripted(text=TEXT),))
DROPS: Final = sized(200, full=5_000)
KINDS: Final = {"stream-drop": 0.1, "stream-repeat": 0.1, "stream-reorder": 0.1}
STREAMS, PIECES = sized(200, full=200), sized(10, full=100)
CALLS: Final = sized(4_000, full=100_000)
Cursor = Callable[[Assembler], int | None]


def answered(reply: Reply) -> Answer:
    assembler = reply.assembler
    assert assembler.end is not None
    assert reply.took is not None
    return Answer(
        text=assembler.meter.text,
        end=assembler.end,
        spent=Spent(prompt_tokens=0, completion_tokens=0, exact=False),
        conversation="",
        injection=timedelta(),
        took=reply.took,
        detail=assembler.detail,
        gaps=assembler.gaps,
        repeats=assembler.repeats,
        resumes=assembler.resumes,
    )


def begun(desk: Desk, cursor: Cursor = lambda assembler: assembler.cursor) -> Reply:
    """Ask a question, and listen to its answer as the service does."""
    counter, ends = UpperEstimate(), desk.clock.monotonic() + 86_400
    assembler = Assembler(Meter(1_000_000, counter.count, counter.worst), 1_000_000)
    desk.gateway.ready(ends)
    conversation = desk.gateway.ask(LONG, ends)
    reply = Reply(desk.clock, assembler, answered, lambda _: None, desk.clock.monotonic(), ends)
    line = desk.gateway.listen(conversation, reply.hear, cursor=lambda: cursor(assembler), ends=ends)
    reply.attach(line)
    return reply


def pieces_of(desk: Desk, **options: Cursor) -> tuple[str, Answer]:
    with begun(desk, **options) as reply:
        return "".join(reply), reply.answer


def storm(desk: Desk, **options: Cursor) -> list[tuple[str, Answer]]:
    """Ask again and again until the line was cut so often."""
    for kind, rate in KINDS.items():
        desk.faults.randomly(kind, rate)
    answers = list[tuple[str, Answer]]()
    while desk.faults.injected.get("stream-drop", 0) < DROPS:
        answers.append(pieces_of(desk, **options))
    return answers


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def platform(clock: FrozenClock) -> Platform:
    return Platform(clock=clock, assistants={ASSISTANT: SAYING})


def test_every_answer_comes_out_whole(
    platform: Platform, clock: FrozenClock, capsys: pytest.CaptureFixture[str]
) -> None:
    with in_process(platform, clock, seed=1) as desk:
        answers = storm(desk)
        injected = desk.faults.injected
    resumes = sum(answer.resumes for _, answer in answers)
    with capsys.disabled():
        print(f"\nS1: {len(answers)} answers, {dict(injected)}, {resumes} resumes")
    assert {(text, answer.text, answer.end) for text, answer in answers} == {(TEXT, TEXT, End.COMPLETE)}
    assert min(injected["stream-repeat"], injected["stream-reorder"]) >= DROPS // 2
    assert DROPS - len(answers) <= resumes <= injected["stream-drop"]


def test_a_piece_that_never_comes_is_named_and_the_answer_is_broken(
    platform: Platform, clock: FrozenClock
) -> None:
    def ahead(assembler: Assembler) -> int | None:
        return None if assembler.cursor is None else assembler.cursor + 1

    with in_process(platform, clock, seed=1) as desk:
        desk.faults.next("GET", "**", "stream-1006", after=5)
        text, answer = pieces_of(desk, cursor=ahead)
    assert (answer.end, answer.gaps, TEXT.startswith(text)) == (End.BROKEN, (5,), True)


def test_a_listener_that_only_adds_up_is_found(platform: Platform, clock: FrozenClock) -> None:
    """The negative control of the assembler: what comes, as it comes."""
    heard, done = list[str](), threading.Event()

    def hear(event: StreamEvent) -> None:
        if isinstance(event, Chunk):
            heard.append(event.content)
        elif type(event).__name__ in {"Completed", "Failed"}:
            done.set()

    with in_process(platform, clock, seed=1) as desk:
        desk.faults.randomly("stream-repeat", 0.1)
        desk.gateway.ready(desk.ends)
        conversation = desk.gateway.ask(LONG, desk.ends)
        desk.gateway.listen(conversation, hear, cursor=lambda: None, ends=desk.ends)
        assert done.wait(20)
    assert "".join(heard) != TEXT


@define(eq=False)
class Forgetful:
    """A socket on which nothing is asked for again."""

    socket: Socket

    def send(self, text: str) -> None:
        if "afterSequence" not in text:
            self.socket.send(text)

    def receive(self, timeout: float | None) -> str | bytes:
        return self.socket.receive(timeout)

    def close(self, code: int = 1000) -> None:
        self.socket.close(code)


def test_a_pump_that_does_not_resume_is_found(platform: Platform, clock: FrozenClock) -> None:
    """The negative control of the pump."""
    faults = Faults(seed=1)
    dial = FaultyDial(platform, faults)
    gateway = made(platform.send, lambda handshake: Forgetful(dial(handshake)), clock)
    faults.next("GET", "**", "stream-1006", after=5)
    with begun(Desk(gateway, platform, clock, faults, [])) as reply:
        while not reply.assembler.resumes:
            threading.Event().wait(0.001)
        clock.advance(timedelta(days=2))
        answer = reply.answer
    gateway.close()
    assert (answer.text != TEXT, answer.end) == (True, End.BROKEN)


def test_no_order_of_calls_of_many_threads_blocks_anybody(
    platform: Platform, clock: FrozenClock, capsys: pytest.CaptureFixture[str]
) -> None:
    with in_process(platform, clock, seed=2) as desk:
        desk.faults.randomly("stream-1006", 0.01)
        lines = [_line_of(begun(desk)) for _ in range(30)]
        threads = [threading.Thread(target=_fumble, args=(lines, seed)) for seed in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(30)
        stuck = [each.name for each in threads if each.is_alive()]
        desk.gateway.close()
    with capsys.disabled():
        print(f"\nS1: {CALLS} calls by {len(threads)} threads on {len(lines)} lines, stuck: {stuck}")
    assert stuck == []
    assert "jackfield-stream" not in {each.name for each in threading.enumerate()}


def _line_of(reply: Reply) -> tuple[Reply, Line]:
    assert reply._line is not None
    return reply, reply._line


def _fumble(lines: list[tuple[Reply, Line]], seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(CALLS // 8):
        reply, line = dice.choice(lines)
        verb = dice.choice((line.pause, line.resume, reply.take, line.pause, line.resume, reply.take))
        verb()
        if dice.random() < 0.01:
            dice.choice((line.close, reply.cancel))()


def test_a_token_that_is_renewed_in_mid_stream_loses_no_piece(
    clock: FrozenClock, capsys: pytest.CaptureFixture[str]
) -> None:
    lifetime = timedelta(seconds=1)
    platform = Platform(clock=clock, assistants={ASSISTANT: SAYING}, token_lifetime=lifetime)
    with in_process(platform, clock) as desk:
        text, answer = pieces_of(desk)
    with capsys.disabled():
        print(f"\nS1: {answer.took.total_seconds():.1f} s of an answer, {answer.resumes} tokens renewed")
    assert (text, answer.end, answer.repeats, answer.gaps) == (TEXT, End.COMPLETE, 0, ())
    assert answer.resumes >= 5


def test_many_streams_share_a_socket_and_a_thread(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(f"word-{number}" for number in range(PIECES))
    pace = Pace(first=timedelta(), shortest=timedelta(milliseconds=50), longest=timedelta(milliseconds=50))
    saying = Assistant(scripts=(Scripted(text=text),), pace=pace)
    before = set(threading.enumerate())
    with over_the_server(Platform(clock=SystemClock(), assistants={ASSISTANT: saying})) as desk:
        simulator = {each for each in threading.enumerate() if "simulator" in each.name}
        replies = [begun(desk) for _ in range(STREAMS)]
        sockets = desk.platform.snapshot()["sockets"]
        ours = [each for each in threading.enumerate() if "simulator" not in each.name]
        answers = [reply.answer for reply in replies]
    new = [each.name for each in ours if each not in before | simulator]
    with capsys.disabled():
        print(f"\nS1: {STREAMS} streams at once, {PIECES} words each, threads beside the caller's: {new}")
    assert (sockets, new) == (1, ["jackfield-stream"])
    assert {(answer.text, answer.end, answer.gaps) for answer in answers} == {(text, End.COMPLETE, ())}


def test_a_real_socket_that_is_cut_again_and_again_gives_the_same_text() -> None:
    quick = timedelta(milliseconds=1)
    saying = Assistant(scripts=(Scripted(text=TEXT),), pace=Pace(first=quick, shortest=quick, longest=quick))
    with over_the_server(Platform(clock=SystemClock(), assistants={ASSISTANT: saying}), seed=1) as desk:
        for kind, rate in KINDS.items():
            desk.faults.randomly(kind, rate / 3)
        text, answer = pieces_of(desk)
        assert desk.faults.injected["stream-drop"] > 0
    assert (text, answer.end) == (TEXT, End.COMPLETE)
