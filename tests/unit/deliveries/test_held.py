"""What waits behind the first entry of its subject is counted too."""

from __future__ import annotations

import pytest

from jackfield.domain.model.deliveries.verdicts import Rejected
from jackfield.domain.services.deliveries import DestinationStatus, standing
from jackfield.entrypoints.cli.delivering import counts_text
from jackfield.entrypoints.cli.views import destination_view
from tests.unit.deliveries.conftest import NO, House


def stands(house: House) -> DestinationStatus:
    """How the one destination stands."""
    (found,) = house.deliveries().status()
    return found


def test_entries_behind_the_first_of_a_subject_are_held(house: House) -> None:
    house.keeping.script = [NO] * 8
    house.happen(*["c"] * 5, "d")
    house.run()
    house.happen("c")
    found = stands(house)
    assert found.pending == {"waiting": 2, "held": 4, "new": 1, "dead": 0}
    assert counts_text(found) == "2 waiting, 4 held, 1 new"
    assert destination_view(found)["held"] == 4


def test_what_is_dead_holds_nothing(house: House) -> None:
    house.keeping.script = [Rejected(reason="no")]
    house.happen("c", "c")
    house.run()
    assert stands(house).pending == {"waiting": 0, "held": 0, "new": 0, "dead": 1}


def test_of_very_many_no_more_are_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "MOST_COUNTED", 3)
    house.keeping.script = [NO]
    house.happen(*["c"] * 9)
    house.run()
    assert stands(house).held == 3
