"""Destinations of plugins hear what was done, and are closed with the core."""

from __future__ import annotations

from typing import Any

import pytest

from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.services.deliveries import Passed, Stand
from jackfield.entrypoints.core import Core
from jackfield.plugin import Http, hookimpl
from jackfield.testing import OpenCore, deliver_all
from tests.plugins.destinations.conftest import LONG, Gives, publish_candidate


def _trouble(core: Core, name: str) -> str:
    return next(r.trouble for r in core.plugins if r.name == name)


def test_a_plugin_s_destination_hears_what_was_done(open_core: OpenCore) -> None:
    keeping = KeepingDestination(wants=("*:succeeded",))
    core = open_core(plugins={"crm": Gives([keeping])})
    publish_candidate(core)
    core.deliveries.run(LONG)
    assert [e.event.type for e in keeping.taken] == ["prompt.publish"]


def test_a_destination_is_closed_with_the_core(open_core: OpenCore) -> None:
    keeping = KeepingDestination()
    core = open_core(plugins={"crm": Gives([keeping])})
    core.deliveries.status()
    core.close()
    core.close()
    assert keeping.closed == 1


@pytest.mark.parametrize(
    "things",
    [
        7,
        "text",
        [object()],
        [KeepingDestination("a b")],
        [KeepingDestination("")],
        [KeepingDestination(wants=("[",))],
        [KeepingDestination(wants=None)],  # type: ignore[arg-type]  # that is what is tried
        (KeepingDestination(f"k{n}") for n in range(200)),
    ],
)
def test_junk_is_no_destination(open_core: OpenCore, things: Any) -> None:
    core = open_core(plugins={"junk": Gives(things)})
    (found,) = core.deliveries.status()
    assert (found.name, found.stand) == ("plugin junk", Stand.BROKEN)
    assert _trouble(core, "junk").startswith("jackfield_destinations: ")
    assert found.broken == _trouble(core, "junk")


def test_of_two_with_one_name_neither_is_taken(open_core: OpenCore) -> None:
    plugins = {name: Gives([KeepingDestination("crm")]) for name in ("one", "other", "third")}
    core = open_core(plugins=plugins)
    (found,) = core.deliveries.status()
    trouble = "'crm' is given by one and other and third"
    assert (found.name, found.broken) == ("crm", trouble)
    assert core.deliveries.run(LONG) == (Passed(name="crm", trouble=trouble),)
    assert all("'crm'" in _trouble(core, name) for name in plugins)


@pytest.mark.parametrize("name", ["registry", "jsonl", "genesys-audit", "log-lines"])
def test_an_endpoint_does_not_take_the_name_of_another_destination_of_ours(
    open_core: OpenCore, name: str
) -> None:
    endpoint = {"name": name, "url": "https://crm.example/x"}
    with pytest.raises(InvalidInput, match=rf"endpoints\[0\]\.name: '{name}' is the name of"):
        open_core(settings={"webhooks": {"endpoints": [endpoint]}})


@pytest.mark.parametrize("path", ["~nobody-of-that-name/x", "", "a\x00b"])
def test_a_path_that_names_no_file_is_refused(open_core: OpenCore, path: str) -> None:
    with pytest.raises(InvalidInput, match=r"(?s)plugins\.jsonl: .*path "):
        open_core(settings={"jsonl": {"path": path}})


def test_everything_is_delivered_for_a_test(open_core: OpenCore, clock: Any) -> None:
    from jackfield.domain.model.deliveries.verdicts import Retry

    keeping = KeepingDestination(script=[Retry(reason="no")] * 3)
    core = open_core(plugins={"crm": Gives([keeping])})
    publish_candidate(core)
    assert [each.stand for each in deliver_all(core.deliveries, clock)] == [Stand.CURRENT]


def test_the_line_of_plugins_is_guarded(open_core: OpenCore) -> None:
    given = list[Http]()

    class Takes:
        @hookimpl
        def jackfield_destinations(self, http: Http) -> None:
            given.append(http)

    open_core(plugins={"takes": Takes}).deliveries.status()
    with pytest.raises(InvalidInput):
        given[0]("GET", "https://169.254.169.254/latest/meta-data")
