"""`jackfield deliveries`, and what commands deliver before they exit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import standardwebhooks

from tests.e2e.command.conftest import House
from tests.e2e.command.hearing import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def told(house: House, receiver: Receiver) -> House:
    """A house whose promotions a registry hears of."""
    house.settings(f'[plugins.registry]\nurl = "{receiver.url}"\n')
    return house


def _records(house: House) -> list[Any]:
    found: list[Any] = house("audit", "list", "--records").json["records"]
    return found


def test_a_command_delivers_before_it_exits(told: House, receiver: Receiver) -> None:
    told.publish("1.0.0")
    assert [(r["version"], r["status"]) for r in receiver.heard] == [("1.0.0", "PROMOTED")]


def test_a_record_is_synchronized_only_when_it_is_delivered(told: House, receiver: Receiver) -> None:
    receiver.status = 500
    told.publish("1.0.0")
    before = [r["webhookSynced"] for r in _records(told)]
    receiver.status = 200
    assert told("deliveries", "retry", "registry").code == 0
    assert (before, [r["webhookSynced"] for r in _records(told)]) == ([False], [True])
    assert [r["auditId"] for r in _records(told)] == [r["auditId"] for r in receiver.heard]


def test_a_receiver_that_fails_fails_no_command(told: House, receiver: Receiver) -> None:
    receiver.status = 503
    done = told("publish", told.write("1.0.0", "kindly"))
    assert (done.code, done.err) == (
        0,
        "not delivered: registry (1 waiting: the receiver answered 503); see 'jackfield deliveries'\n",
    )


def test_apply_delivers_too(told: House, receiver: Receiver) -> None:
    told.write("1.0.0", "kindly")
    assert told("apply", ".").code == 0
    assert len(receiver.heard) == 1


def test_the_audit_log_says_what_became_of_each_entry(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.publish("1.0.0")
    entries = told("audit", "list", "--format", "json").json["entries"]
    assert [e["deliveries"] for e in entries] == [{}, {"registry": "dead"}, {}]
    assert "registry: dead" in told("audit", "list").out


def test_an_exported_line_says_nothing_of_deliveries(told: House) -> None:
    told.publish("1.0.0")
    assert "deliveries" not in json.loads(told("audit", "export").out.splitlines()[0])


def test_dead_letters_are_listed_and_discarded(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.publish("1.0.0")
    (found,) = told("deliveries", "--format", "json").json["destinations"]
    assert [(d["entry"], d["subject"], d["trouble"]) for d in found["dead"]] == [
        (2, "greeting", "the receiver answered 422")
    ]
    assert told("deliveries", "discard", "registry", "--entry", "2").out == "registry: 1 discarded\n"
    said = "registry: nothing is dead; --everything also takes what waits\n"
    assert told("deliveries", "discard", "registry").out == said


def test_everything_can_be_discarded(told: House, receiver: Receiver) -> None:
    receiver.status = 500
    told.publish("1.0.0", "1.1.0")
    assert told("deliveries", "discard", "registry", "--everything").code == 0
    receiver.status = 200
    told("deliveries", "run")
    assert receiver.heard == []


def test_what_is_changed_by_hand_is_in_the_log_with_who_and_why(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.publish("1.0.0")
    told("deliveries", "retry", "registry", "--actor", "tom", "--reason", "INC-7")
    entries = told("audit", "list", "--format", "json").json["entries"]
    assert [(e["type"], e["actor"], e["reason"]) for e in entries if e["kind"] == "destination"] == [
        ("delivery.dead_letter", "jackfield", "it could not be delivered"),
        ("delivery.retry", "tom", "INC-7"),
    ]


def test_a_run_says_that_a_later_try_is_waited_for(told: House, receiver: Receiver) -> None:
    receiver.status = 503
    told.publish("1.0.0")
    done = told("deliveries", "run")
    assert (done.code, done.out.startswith("registry: nothing is due: 1 waiting, next try 20")) == (0, True)


def test_a_run_and_the_lists_say_that_one_is_disabled(told: House, receiver: Receiver) -> None:
    receiver.status = 410
    told.publish("1.0.0")
    done, gone = told("deliveries", "run"), "the receiver answered 410: it is gone"
    assert (done.code, done.out) == (0, f"registry: disabled: {gone}; 1 waiting left\n")
    (found,) = told("deliveries", "--format", "json").json["destinations"]
    assert (found["next_try"], found["waiting"][0]["attempts"]) == (None, 1)
    row = told("deliveries", "list", "registry").out.splitlines()[-1].split()
    assert row[:6] == ["2", "prompt", "greeting", "disabled", "1", "-"]


def test_what_a_run_itself_adds_to_the_log_is_told_in_it(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.settings(f'[plugins.registry]\nurl = "{receiver.url}"\n[plugins.jsonl]\npath = "audit.jsonl"\n')
    done = told("publish", told.write("1.0.0", "kindly"))
    types = [json.loads(line)["type"] for line in (told.folder / "audit.jsonl").read_text().splitlines()]
    assert (types[-1], "jsonl" in done.err) == ("delivery.dead_letter", False)


def test_a_receiver_that_is_gone_disables_its_destination(told: House, receiver: Receiver) -> None:
    receiver.status = 410
    told.publish("1.0.0")
    (found,) = told("deliveries", "--format", "json").json["destinations"]
    assert (found["state"], found["disabled"]) == ("disabled", "the receiver answered 410: it is gone")


@pytest.mark.parametrize("verb", ["retry", "discard", "list"])
def test_a_name_that_nobody_has_is_said_with_those_that_there_are(
    told: House, receiver: Receiver, verb: str
) -> None:
    receiver.status = 503
    told.publish("1.0.0")
    done = told("deliveries", verb, "nobody")
    assert (done.code, done.out, done.err) == (
        3,
        "",
        "error: destination 'nobody': there is no such destination; there are registry\n",
    )


@pytest.mark.parametrize("verb", ["retry", "discard"])
def test_an_entry_that_is_not_left_is_said_with_where_to_look(told: House, verb: str) -> None:
    done = told("deliveries", verb, "registry", "--entry", "99")
    assert (done.code, done.out) == (3, "")
    assert "'jackfield deliveries list registry'" in done.err


def test_what_is_left_of_one_is_listed_by_its_entries(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.publish("1.0.0")
    receiver.status = 503
    told.publish("1.1.0")
    (_, _, dead_or_waiting, other) = told("deliveries", "list", "registry").out.splitlines()
    assert dead_or_waiting.split()[:5] == ["5", "prompt", "greeting", "waiting", "1"]
    assert other.split()[:5] == ["2", "prompt", "greeting", "dead", "1"]
    assert other.endswith("the receiver answered 422")


def test_of_one_with_nothing_left_that_is_said(told: House) -> None:
    told.publish("1.0.0")
    assert told("deliveries", "list", "registry").out == "registry: nothing waits, and nothing is dead\n"


def test_what_is_left_is_counted_by_kind(told: House, receiver: Receiver) -> None:
    receiver.status = 503
    told.publish("1.0.0")
    row = told("deliveries").out.splitlines()[-1]
    assert row.split()[:5] == ["registry", "waiting", "0", "1", "waiting"]


def test_discarding_everything_twice_is_told_once(told: House, receiver: Receiver) -> None:
    receiver.status = 503
    told.publish("1.0.0")
    said = [told("deliveries", "discard", "registry", "--everything").out for _ in range(2)]
    assert said == ["registry: 1 discarded\n", "registry: nothing is left\n"]
    assert [kind for kind, _ in told.audited() if kind == "delivery.discard"] == ["delivery.discard"]


def test_a_run_without_destinations_says_how_to_get_one(house: House) -> None:
    assert "[plugins.webhooks]" in house("deliveries", "run").out


def test_a_target_without_destinations_says_how_to_get_one(house: House) -> None:
    assert "[plugins.webhooks]" in house("deliveries").out


def test_one_run_at_a_time_and_what_it_did(told: House, receiver: Receiver) -> None:
    receiver.status = 500
    told.publish("1.0.0")
    (passed,) = told("deliveries", "run", "--format", "json").json["destinations"]
    trouble = passed.pop("trouble")
    assert trouble.startswith("nothing is due: 1 waiting, next try 20")
    assert passed == {
        "name": "registry",
        "delivered": 0,
        "failed": 0,
        "died": 0,
        "busy": False,
    }


def test_no_deadline_delivers_nothing(house: House, receiver: Receiver) -> None:
    house.settings(f'[deliveries]\ndeadline_s = 0\n[plugins.registry]\nurl = "{receiver.url}"\n')
    house.publish("1.0.0")
    before = len(receiver.heard)
    house("deliveries", "run")
    assert (before, len(receiver.heard)) == (0, 1)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://169.254.169.254/latest", "the host's address is not a public one"),
        ("http://registry.example/x", "only https is called"),
        ("https://tom:canary@registry.example/x", "a URL is https://HOST/PATH"),
    ],
)
@pytest.mark.parametrize("table", ["[plugins.registry]", '[[plugins.webhooks.endpoints]]\nname = "crm"'])
def test_a_url_that_can_never_be_called_is_refused_before_anything_is_done(
    house: House, table: str, url: str, said: str
) -> None:
    house.settings(f'{table}\nurl = "{url}"\n')
    done = house("publish", house.write("1.0.0", "kindly"))
    key = "plugins.registry.url" if "registry]" in table else "plugins.webhooks.endpoints[0].url"
    assert done.code == 1
    assert f"jackfield.toml, {key}: {said}" in done.err
    assert "canary" not in done.all
    house.settings("[deliveries]\n")
    assert house.audited() == []


def test_a_host_that_only_its_resolver_knows_to_be_inside_is_not_called(house: House) -> None:
    house.settings('[plugins.registry]\nurl = "https://ip6-localhost/x"\n')
    house.publish("1.0.0")
    (found,) = house("deliveries", "--format", "json").json["destinations"]
    assert found["waiting"][0]["trouble"] in (
        "the host's address is not a public one",
        "the host's name cannot be resolved",
    )


SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_Y2FuYXJ5LXNlY3JldC1vZi0yNC1i")


@pytest.mark.parametrize("secret", SECRETS)
def test_what_comes_is_signed_as_the_standard_s_own_library_reads_it(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("NEW", SECRETS[0])
    monkeypatch.setenv("OLD", SECRETS[1])
    house.settings(
        f'[plugins.registry]\nurl = "{receiver.url}"\nsecret_env = "NEW"\nprevious_secret_env = "OLD"\n'
    )
    house.publish("1.0.0")
    ((headers, body),) = receiver.raw
    assert standardwebhooks.Webhook(secret).verify(body, headers) == receiver.heard[0]


def test_what_was_changed_on_its_way_is_refused_by_it(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEW", SECRETS[0])
    house.settings(f'[plugins.registry]\nurl = "{receiver.url}"\nsecret_env = "NEW"\n')
    house.publish("1.0.0")
    ((headers, body),) = receiver.raw
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRETS[0]).verify(body.replace(b"PROMOTED", b"FAILED"), headers)


def test_the_log_still_verifies(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.publish("1.0.0")
    told("deliveries", "discard", "registry")
    assert told("audit", "verify").code == 0


@pytest.mark.parametrize(
    "line", ['allow = ["a/b"]', "lanes = 0", "deadline_s = -1", "deadline_s = nan", "typo = 1"]
)
def test_settings_that_do_not_fit_are_refused(house: House, line: str) -> None:
    house.settings(f"[deliveries]\n{line}\n")
    assert house("deliveries").code == 1
