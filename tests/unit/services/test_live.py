"""What is live: fresh, stale, last known good, a fallback; who is asked, and who waits."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from attrs import define, evolve, field

from jackfield.adapters.caching import MemoryCache
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.errors import (
    InvalidInput,
    JackfieldError,
    NotFound,
    OpenedBeforeFork,
    Unavailable,
)
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.live.last_known import LastKnown
from jackfield.domain.services.prompts.live.upstream import Upstream
from jackfield.domain.services.prompts.live.versions import LiveVersions, Patience
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.live import LiveRules
from tests.unit.services.conftest import FIRST, NAME, House, version

Wait = Callable[[float], None]
AWAY = Unavailable("the ledger is away", place="here", remedy="wait")
DAMAGED = InvalidInput("what is stored was not written as its state")
PATIENT = Patience(wait=timedelta(seconds=20))
"""On a busy machine a look may take long; only one that a test holds up is not waited for."""
IMPATIENT = Patience(wait=timedelta())


@define
class Reader:
    """Reads what is live in the core's ledger, over a line that the test cuts; others share its cache."""

    house: House
    core: Core
    cache: MemoryCache
    brief: bool = True
    measured: list[Measurement] = field(factory=list[Measurement])
    ledger: ShakyLedger = field(init=False)
    live: LiveVersions = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.restart()

    def restart(self, patience: Patience = PATIENT) -> LiveVersions:
        """Begin anew, as another process would."""
        records = self.core.prompts.operations.records
        self.ledger = ShakyLedger(records.ledger)
        self.live = LiveVersions(
            Upstream(
                records=evolve(records, ledger=self.ledger),
                brief=self.brief,
                measure=self.measured.append,
            ),
            LastKnown(records.organization, self.cache, self.house.clock),
            self.house.clock,
            patience=patience,
            measure=self.measured.append,
        )
        return self.live

    def said(self, **options: object) -> tuple[str, Source, Freshness]:
        """The number that is live, where it is from, and what that is worth."""
        found = self.live.get(NAME, **options)  # type: ignore[arg-type]  # only fallback
        return found.number, found.source, found.freshness

    def settle(self) -> None:
        """Wait until what was found is written."""
        writer = self.live.kept._writer
        if writer is not None:
            writer.join(20)


@pytest.fixture
def reader(two: ActingPrompts, core: Core, house: House) -> Iterator[Reader]:
    reader = Reader(house, core, MemoryCache(house.clock))
    yield reader
    reader.ledger.let_go()


@pytest.fixture
def known(reader: Reader) -> Reader:
    """1.0.0 was read, and is in memory and in the cache."""
    reader.live.get(NAME)
    reader.settle()
    return reader


def test_a_list_of_names_with_half_a_character_keeps_nothing_from_being_written(reader: Reader) -> None:
    names = f"{reader.core.settings.organization} live-names"
    reader.cache.put(names, b'["\\ud800"]', timedelta(days=1))

    reader.live.get(NAME)
    reader.settle()

    assert reader.live.kept.names() == (NAME,)


def test_the_first_look_is_into_the_ledger(reader: Reader) -> None:
    assert reader.said() == ("1.0.0", Source.LEDGER, Freshness.FRESH)


def test_the_next_is_from_memory(known: Reader) -> None:
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.FRESH)


def test_memory_asks_nobody_for_half_a_second(known: Reader, wait: Wait) -> None:
    wait(0.49)
    known.live.get(NAME)
    assert known.ledger.reads == 2  # the prompt and its version


def test_after_half_a_second_the_ledger_is_asked_again(known: Reader, wait: Wait) -> None:
    wait(0.5)
    assert known.said() == ("1.0.0", Source.LEDGER, Freshness.FRESH)


def test_the_age_grows_from_when_the_ledger_was_asked(known: Reader, wait: Wait) -> None:
    found = known.live.get(NAME)
    wait(0.4)
    assert (found.age, known.live.get(NAME).age) == (timedelta(seconds=0.4),) * 2


@pytest.mark.parametrize("failure", [AWAY, DAMAGED], ids=["away", "damaged"])
def test_when_the_ledger_does_not_answer_memory_is_given_as_stale(
    known: Reader, wait: Wait, failure: JackfieldError
) -> None:
    known.ledger.failure = failure
    wait(5)
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.STALE)


def test_a_stale_version_tells_its_true_age(known: Reader, wait: Wait) -> None:
    known.ledger.failure = AWAY
    wait(5)
    assert known.live.get(NAME).age == timedelta(seconds=5)


def test_over_the_bound_it_is_called_last_known_good(known: Reader, wait: Wait) -> None:
    known.ledger.failure = AWAY
    wait(61)
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.LAST_KNOWN_GOOD)


def test_while_nothing_answers_the_ledger_is_asked_twice_a_second_at_most(known: Reader, wait: Wait) -> None:
    known.ledger.failure = AWAY
    wait(1)
    for _ in range(10):
        known.live.get(NAME)
        wait(0.1)
    assert known.ledger.reads - 2 == 2


def test_when_the_ledger_answers_again_it_is_fresh_again(known: Reader, wait: Wait) -> None:
    known.ledger.failure = AWAY
    wait(5)
    known.live.get(NAME)
    known.ledger.failure = None
    wait(0.5)
    assert known.said() == ("1.0.0", Source.LEDGER, Freshness.FRESH)


def test_a_new_process_has_the_last_known_good_from_disk(known: Reader, wait: Wait) -> None:
    wait(3600)
    live = known.restart()
    known.ledger.failure = AWAY
    found = live.get(NAME)
    assert known.said()[1:] == (Source.MEMORY, Freshness.LAST_KNOWN_GOOD)
    assert (found.number, found.source, found.freshness, found.age) == (
        "1.0.0",
        Source.DISK,
        Freshness.LAST_KNOWN_GOOD,
        timedelta(hours=1),
    )


def test_what_is_read_from_disk_is_whole(known: Reader) -> None:
    fresh = known.live.get(NAME)
    known.restart()
    known.ledger.failure = AWAY
    assert known.live.get(NAME) == fresh


def test_the_definition_from_disk_renders_as_the_published_one(known: Reader) -> None:
    known.restart()
    known.ledger.failure = AWAY
    assert known.live.get(NAME).definition.render({"issue": "x"}) == FIRST.render({"issue": "x"})


def test_a_fallback_is_given_where_nothing_is_known(reader: Reader) -> None:
    reader.ledger.failure = AWAY
    assert reader.said(fallback=version("0.9.0")) == ("0.9.0", Source.FALLBACK, Freshness.UNKNOWN)


def test_a_fallback_has_no_age_and_nobody_made_it_live(reader: Reader) -> None:
    reader.ledger.failure = AWAY
    found = reader.live.get(NAME, version("0.9.0"))
    assert (found.age, found.since, found.actor, found.move, found.reason) == (None,) * 5


def test_the_last_known_good_goes_before_a_fallback(known: Reader) -> None:
    known.restart()
    known.ledger.failure = AWAY
    assert known.said(fallback=version("0.9.0"))[0] == "1.0.0"


def test_what_the_ledger_says_goes_before_a_fallback(reader: Reader) -> None:
    assert reader.said(fallback=version("0.9.0"))[:2] == ("1.0.0", Source.LEDGER)


def test_a_fallback_of_another_prompt_is_refused(reader: Reader) -> None:
    reader.ledger.failure = AWAY
    with pytest.raises(InvalidInput, match="it is of prompt other"):
        reader.live.get(NAME, evolve(FIRST, name="other"))


def test_with_nothing_at_all_the_error_is_raised(reader: Reader) -> None:
    reader.ledger.failure = AWAY
    with pytest.raises(Unavailable, match="the ledger is away"):
        reader.live.get(NAME)


def test_a_prompt_that_is_not_there_is_not_found(reader: Reader) -> None:
    with pytest.raises(NotFound, match="no such prompt here"):
        reader.live.get("nobody")


def test_a_prompt_that_is_not_there_has_its_fallback(reader: Reader) -> None:
    assert reader.live.get("other", evolve(FIRST, name="other")).source is Source.FALLBACK


def test_that_a_prompt_is_not_there_is_asked_again_after_half_a_second(
    reader: Reader, two: ActingPrompts, wait: Wait
) -> None:
    for _ in range(5):
        with pytest.raises(NotFound):
            reader.live.get("other")
    asked = [m.name for m in reader.measured].count("jackfield.live.looks")
    two.publish(evolve(FIRST, name="other"))
    wait(0.5)
    assert (asked, reader.live.get("other").number) == (1, "1.0.0")


def test_an_error_of_ours_is_never_papered_over(known: Reader, wait: Wait) -> None:
    known.ledger.failure = OpenedBeforeFork("another process opened it")
    wait(1)
    with pytest.raises(OpenedBeforeFork):
        known.live.get(NAME)


def test_a_look_that_hangs_is_not_waited_for_by_who_has_something(known: Reader) -> None:
    live = known.restart(IMPATIENT)
    known.ledger.hold()
    assert (live.get(NAME).source, known.ledger.reads) == (Source.DISK, 1)


def test_nobody_begins_a_second_look_meanwhile(known: Reader, wait: Wait) -> None:
    live = known.restart(IMPATIENT)
    known.ledger.hold()
    for _ in range(5):
        live.get(NAME)
        wait(1)
    assert known.ledger.reads == 1


def test_who_has_a_fallback_does_not_wait_either(reader: Reader) -> None:
    live = reader.restart(IMPATIENT)
    reader.ledger.hold()
    assert live.get(NAME, FIRST).source is Source.FALLBACK


def test_who_has_nothing_waits_for_the_answer(reader: Reader) -> None:
    live = reader.restart(IMPATIENT)
    reader.ledger.hold()
    found = list[str]()
    waiting = threading.Thread(target=lambda: found.append(live.get(NAME).number))
    waiting.start()
    reader.ledger.let_go()
    waiting.join(20)
    assert found == ["1.0.0"]


def test_what_a_slow_look_brings_is_fresh_for_all(known: Reader) -> None:
    live = known.restart(IMPATIENT)
    known.ledger.hold()
    live.get(NAME)
    flight, _ = live._flights.join(NAME, lambda: pytest.fail("there is one"), now=0, here=True)
    known.ledger.let_go()
    flight.landed(20)
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.FRESH)


def test_while_somebody_looks_others_have_the_overdue_one_at_once(known: Reader, wait: Wait) -> None:
    known.ledger.hold()
    wait(1)
    first = threading.Thread(target=lambda: known.live.get(NAME))
    first.start()
    while known.ledger.reads == 2:
        pass
    said = known.said()
    known.ledger.let_go()
    first.join(20)
    assert said == ("1.0.0", Source.MEMORY, Freshness.STALE)


def test_a_look_that_hangs_is_made_anew_after_ten_seconds(known: Reader, wait: Wait) -> None:
    live = known.restart(IMPATIENT)
    known.ledger.hold()
    live.get(NAME)
    known.ledger.let_others_go()
    wait(10)
    live.patience = PATIENT
    assert known.said() == ("1.0.0", Source.LEDGER, Freshness.FRESH)


def test_who_has_nothing_waits_no_longer_than_one_look_may_take(reader: Reader) -> None:
    live = reader.restart(Patience(wait=timedelta(), look=timedelta()))
    reader.ledger.hold()
    with pytest.raises(Unavailable, match="prompt escalation: no answer came within 0 s"):
        live.get(NAME)


def test_a_ledger_that_may_hang_is_never_asked_on_the_readers_thread(known: Reader, wait: Wait) -> None:
    known.brief = False
    live = known.restart(Patience(wait=timedelta(seconds=0.01)))
    while live.get(NAME).source is not Source.LEDGER:  # on a busy machine that takes longer
        wait(1)
    known.ledger.hold()
    wait(1)
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.STALE)


def test_a_foreign_error_is_no_answer(known: Reader, wait: Wait) -> None:
    known.ledger.failure = AttributeError("canary")
    wait(5)
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.STALE)


def test_a_foreign_error_has_its_fallback(reader: Reader) -> None:
    reader.ledger.failure = AttributeError("canary")
    assert reader.said(fallback=FIRST) == ("1.0.0", Source.FALLBACK, Freshness.UNKNOWN)


def test_a_foreign_error_is_told_as_ours_without_its_text(reader: Reader) -> None:
    reader.ledger.failure = AttributeError("canary")
    with pytest.raises(
        Unavailable, match=r"what is recorded cannot be understood \(AttributeError\)"
    ) as caught:
        reader.live.get(NAME)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_our_own_promotion_is_the_last_known_good_at_once(two: ActingPrompts, core: Core) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    known = core.prompts.live_versions.last_known(NAME)
    assert known is not None
    assert known.number == "1.1.0"


def test_our_own_rollback_is_the_last_known_good_at_once(two: ActingPrompts, core: Core) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME)
    known = core.prompts.live_versions.last_known(NAME)
    assert known is not None
    assert known.number == "1.0.0"


def test_a_promotion_that_failed_is_never_the_last_known_good(
    two: ActingPrompts, core: Core, house: House
) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    with pytest.raises(JackfieldError):
        two.promote(two.version(NAME, "1.1.0"))
    known = core.prompts.live_versions.last_known(NAME)
    assert known is not None
    assert known.number == "1.0.0"


def test_a_promotion_that_is_told_late_does_not_bring_back_what_was_left(
    two: ActingPrompts, core: Core, house: House, wait: Wait
) -> None:
    live, began = core.prompts.live_versions, house.clock.now()
    two.promote(two.version(NAME, "1.1.0"))
    late = live.upstream.records.known(NAME)
    wait(1)
    two.promote(two.publish(version("1.2.0")))
    live.learn(late, began)
    core.close()
    said = live.last_known(NAME), house.open().prompts.live_versions.kept.get(NAME)
    assert [found and found.number for found in (said[0], said[1] and said[1].version)] == ["1.2.0"] * 2


def test_an_unchanged_version_is_written_once_a_minute(known: Reader, wait: Wait) -> None:
    first = known.live.kept.get(NAME)
    for _ in range(58):
        wait(1)
        known.live.get(NAME)
    known.settle()
    second = known.live.kept.get(NAME)
    wait(2)
    known.live.get(NAME)
    known.settle()
    third = known.live.kept.get(NAME)
    assert first is not None
    assert second is not None
    assert third is not None
    assert (second.confirmed - first.confirmed, third.confirmed - first.confirmed) == (
        timedelta(),
        timedelta(seconds=60),
    )


def test_every_prompt_that_was_read_is_listed(known: Reader, two: ActingPrompts) -> None:
    two.publish(evolve(FIRST, name="other"))
    known.live.get("other")
    known.settle()
    assert known.live.kept.names() == (NAME, "other")


def test_what_is_fresh_in_memory_is_not_measured(known: Reader) -> None:
    known.measured.clear()
    known.live.get(NAME)
    assert known.measured == []


def test_reads_and_looks_are_measured_with_few_labels(known: Reader, wait: Wait) -> None:
    known.measured.clear()
    known.ledger.failure = AWAY
    wait(1)
    known.live.get(NAME)
    assert [(m.organization, m.name, dict(m.labels)) for m in known.measured] == [
        ("acme", "jackfield.live.looks", {"upstream": "ledger", "outcome": "failed"}),
        ("acme", "jackfield.live.reads", {"source": "memory", "freshness": "stale"}),
    ]


def test_after_closing_nothing_is_looked_up(known: Reader, wait: Wait) -> None:
    known.live.close()
    wait(1)
    with pytest.raises(Unavailable, match="the core is closed"):
        known.live.get(NAME)


def test_two_live_versions_are_equal_if_the_same_is_live(known: Reader, wait: Wait) -> None:
    before = known.live.get(NAME)
    wait(3)
    assert known.live.get(NAME) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_of_a_fork_is_told_to_open_its_own(two: ActingPrompts, core: Core, wait: Wait) -> None:
    two.live(NAME)
    wait(1)
    child = os.fork()
    if not child:
        try:
            core.prompts.live(NAME)
        except OpenedBeforeFork:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_of_a_fork_that_changes_something_does_not_wait_for_the_parents_lock(
    two: ActingPrompts, core: Core
) -> None:
    live = core.prompts.live_versions
    with live._lock:  # as a reader holds it for a moment at every look
        child = os.fork()
        if not child:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(20)
            try:
                two.publish(version("9.0.0"))
            except OpenedBeforeFork:
                os._exit(0)
            finally:
                os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("cache", ["none", "memory", "disk"])
def test_each_cache_can_be_chosen(house: House, cache: str) -> None:
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("acme"),
        folder=house.folder,
        live=LiveRules(cache=cache),
    )
    with build(settings, Parts(clock=house.clock, send=house.line)) as core:
        core.acting_as("mina", reason="-").prompts.publish(FIRST)
    assert (house.folder / "cache").exists() is (cache == "disk")


def test_a_cache_that_nobody_gives_is_refused(house: House) -> None:
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("acme"),
        folder=house.folder,
        live=LiveRules(cache="redis"),
    )
    with pytest.raises(InvalidInput, match=r"live\.cache"):
        build(settings, Parts(clock=house.clock, send=house.line))
