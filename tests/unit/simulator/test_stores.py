"""The two stores: the same promises, and a file that several processes share."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import FileStore, MemoryStore, Platform, RateLimits, Store
from jackfield.domain.model.errors import InvalidInput, OpenedBeforeFork, Unavailable

Ask = Callable[..., Response]
Connect = Callable[..., Ask]

PROMPTS = "/api/v2/ai/llm/prompts"
WRITER = """
import sys
from pathlib import Path
from jackfield.adapters.simulator import FileStore
store = FileStore(Path(sys.argv[1]))
for _ in range(200):
    with store.transaction() as state:
        held = state.get("numbers", "count") or {"count": 0}
        state.put("numbers", "count", {"count": held["count"] + 1})
store.close()
"""


OPENER = """
import sys
from pathlib import Path
from jackfield.adapters.simulator import FileStore
for path in sys.argv[1:]:
    FileStore(Path(path)).close()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "simulator.db"


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, file: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else FileStore(file)
    yield made
    made.close()


def everything(store: Store, collection: str = "things") -> list[dict[str, Any]]:
    with store.transaction() as state:
        return list(state.page(collection, offset=0, limit=100))


def test_documents_keep_the_order_of_their_first_putting(store: Store) -> None:
    with store.transaction() as state:
        for key in "cab":
            state.put("things", key, {"key": key})
        state.put("things", "c", {"key": "c", "changed": True})
    assert everything(store) == [{"key": "c", "changed": True}, {"key": "a"}, {"key": "b"}]


def test_a_page_is_a_part_of_the_order(store: Store) -> None:
    with store.transaction() as state:
        for key in "abcde":
            state.put("things", key, {"key": key})
        assert state.page("things", offset=1, limit=2) == [{"key": "b"}, {"key": "c"}]


def test_a_transaction_that_fails_changes_nothing(store: Store) -> None:
    with store.transaction() as state:
        state.put("things", "a", {"n": 1})
        state.put("things", "b", {"n": 1})
    with pytest.raises(ZeroDivisionError), store.transaction() as state:  # noqa: PT012  # the block is the transaction
        state.put("things", "a", {"n": 2})
        state.put("things", "c", {"n": 2})
        state.delete("things", "b")
        state.clear()
        _ = 1 / 0
    assert sorted(each["n"] for each in everything(store)) == [1, 1]


def test_an_attempt_that_fails_takes_back_its_own_changes_alone(store: Store) -> None:
    with store.transaction() as state:
        state.put("things", "a", {"n": 1})
        with pytest.raises(ZeroDivisionError), state.attempt():  # noqa: PT012  # the block is the attempt
            state.put("things", "b", {"n": 2})
            _ = 1 / 0
    assert everything(store) == [{"n": 1}]


def test_clearing_one_collection_leaves_the_others(store: Store) -> None:
    with store.transaction() as state:
        state.put("things", "a", {"n": 1})
        state.put("others", "a", {"n": 2})
        state.clear("others")
        assert (state.count("things"), state.count("others")) == (1, 0)


def test_both_stores_answer_alike(file: Path, connect: Connect, definition: dict[str, Any]) -> None:
    answers = [
        talked(connect(Platform(clock=FrozenClock(), store=store)), definition) for store in both(file)
    ]
    assert answers[0] == answers[1]


def both(file: Path) -> Iterator[Store]:
    yield MemoryStore()
    store = FileStore(file)
    yield store
    store.close()


def talked(ask: Ask, definition: dict[str, Any]) -> list[tuple[int, bytes]]:
    made = ask("POST", PROMPTS, definition)
    path = orjson.loads(made.body)["selfUri"]
    others = [
        ask("PUT", path, {**definition, "version": "1.1.0"}),
        ask("POST", PROMPTS, definition),
        ask("GET", PROMPTS),
        ask("PUT", path, {**definition, "modelId": "another"}),
    ]
    return [(answer.status, answer.body) for answer in (made, *others)]


def test_a_file_keeps_what_was_made(file: Path, connect: Connect, definition: dict[str, Any]) -> None:
    first = Platform(clock=FrozenClock(), store=FileStore(file))
    made = orjson.loads(connect(first)("POST", PROMPTS, definition).body)
    first.close()
    second = Platform(clock=FrozenClock(), store=FileStore(file))
    assert orjson.loads(connect(second)("GET", made["selfUri"]).body) == made
    second.close()


def test_a_token_outlives_the_platform_that_gave_it(file: Path) -> None:
    first, second = (Platform(clock=FrozenClock(), store=FileStore(file)) for _ in range(2))
    url = "https://x/oauth/token?grant_type=client_credentials"
    granted = first.send(Request(method="POST", url=url, headers={"authorization": "Basic YTpi"}))
    first.close()
    bearer = {"authorization": f"Bearer {orjson.loads(granted.body)['access_token']}"}
    read = second.send(Request(method="GET", url=f"https://x{PROMPTS}", headers=bearer))
    second.close()
    assert read.status == 200


def test_identifiers_stay_unique_over_openings(
    file: Path, connect: Connect, definition: dict[str, Any]
) -> None:
    ids: list[str] = []
    for number in range(3):
        platform = Platform(clock=FrozenClock(), store=FileStore(file), seed=1)
        made = connect(platform)("POST", PROMPTS, {**definition, "name": f"prompt-{number}"})
        ids.append(orjson.loads(made.body)["id"])
        platform.close()
    assert len(set(ids)) == 3


def test_rate_limits_are_shared_by_the_platforms_of_a_file(file: Path, connect: Connect) -> None:
    limits = RateLimits(ai_configuration=3)
    platforms = [Platform(clock=FrozenClock(), store=FileStore(file), limits=limits) for _ in range(2)]
    asks = [connect(platform) for platform in platforms]
    statuses = [asks[number % 2]("GET", PROMPTS).status for number in range(4)]
    for platform in platforms:
        platform.close()
    assert statuses == [200, 200, 200, 429]


def test_processes_share_a_file_without_losing_a_change(file: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(file)]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    errors = [writer.communicate(timeout=60)[1] for writer in writers]
    store = FileStore(file)
    counted = everything(store, "numbers")
    store.close()
    assert (errors, counted) == ([b""] * 3, [{"count": 600}])


def test_processes_may_make_the_file_at_the_same_time(tmp_path: Path) -> None:
    files = [tmp_path / f"simulator-{number}.db" for number in range(5)]
    command = [sys.executable, "-c", OPENER, *map(str, files)]
    openers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [opener.communicate(timeout=60)[1] for opener in openers] == [b""] * 4


def test_the_file_is_its_owners_alone(file: Path) -> None:
    FileStore(file).close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_is_no_database_is_refused(file: Path) -> None:
    file.write_bytes(b"my diary\n" * 200)
    with pytest.raises(InvalidInput, match="not the state of a simulator; name another file") as refused:
        FileStore(file)
    assert (refused.value.place, file.read_bytes()) == (str(file), b"my diary\n" * 200)


def test_another_programs_database_is_refused_and_left_as_it_is(file: Path) -> None:
    other = apsw.Connection(str(file))
    other.execute("CREATE TABLE diary (day TEXT)")
    other.close()
    before = file.read_bytes()
    with pytest.raises(InvalidInput, match="not the state of a simulator"):
        FileStore(file)
    assert file.read_bytes() == before


def test_a_newer_schema_is_refused(file: Path) -> None:
    FileStore(file).close()
    newer = apsw.Connection(str(file))
    newer.pragma("user_version", 99)
    newer.close()
    with pytest.raises(InvalidInput, match="of a newer Jackfield; upgrade Jackfield"):
        FileStore(file)


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file or directory"):
        FileStore(tmp_path / "none" / "simulator.db")


def test_a_file_that_is_closed_is_unavailable(file: Path) -> None:
    store = FileStore(file)
    store.close()
    with pytest.raises(Unavailable), store.transaction():
        pass


def test_a_store_that_is_opened_before_a_fork_refuses_the_child(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(file)
    child = os.getpid() + 1
    monkeypatch.setattr("os.getpid", lambda: child)
    with pytest.raises(OpenedBeforeFork), store.transaction():
        pass
    monkeypatch.undo()
    store.close()
