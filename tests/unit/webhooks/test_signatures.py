"""Our signatures are those of Standard Webhooks."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import ID, SIGNATURE, TIMESTAMP, key_of, signed, verify

TEXT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"name":"Größe 🚀"}'.encode()
NOW = datetime(2026, 11, 21, 9, 30, 0, 900_000, tzinfo=UTC)


def test_the_vector_of_the_specification() -> None:
    time = datetime.fromtimestamp(1_614_265_330, UTC)
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", time, b'{"test": 2432232314}', [Secret(TEXT)])
    assert headers[SIGNATURE] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_library_accepts_ours() -> None:
    now = datetime.now(UTC)
    headers = signed("evt-1", now, BODY, [Secret(TEXT)])
    assert standardwebhooks.Webhook(TEXT).verify(BODY, headers) == {"name": "Größe 🚀"}


def test_we_accept_the_library_s() -> None:
    signature = standardwebhooks.Webhook(TEXT).sign("evt-1", NOW, BODY.decode())
    headers = {ID: "evt-1", TIMESTAMP: str(int(NOW.timestamp())), SIGNATURE: signature}
    assert verify(headers, BODY, [Secret(TEXT)], NOW) == "evt-1"


def test_with_two_secrets_a_receiver_may_have_either() -> None:
    now, other = datetime.now(UTC), "whsec_" + base64.b64encode(b"another secret").decode()
    headers = signed("evt-1", now, BODY, [Secret(TEXT), Secret(other)])
    for text in (TEXT, other):
        assert standardwebhooks.Webhook(text).verify(BODY, headers, json_parse=False) is None
        assert verify(headers, BODY, [Secret(text)], now) == "evt-1"


def test_a_receiver_that_has_two_secrets_takes_either() -> None:
    headers = signed("evt-1", NOW, BODY, [Secret("old")])
    assert verify(headers, BODY, [Secret("new"), Secret("old")], NOW) == "evt-1"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_are_admitted(seconds: int) -> None:
    headers = signed("evt-1", NOW.replace(microsecond=0), BODY, [Secret("s")])
    assert verify(headers, BODY, [Secret("s")], NOW.replace(microsecond=0) + timedelta(seconds=seconds))


def test_without_a_secret_nothing_is_signed() -> None:
    assert set(signed("evt-1", NOW, BODY, [])) == {ID, TIMESTAMP}


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(InvalidInput):
        verify(signed("evt-1", NOW, BODY, [Secret("s")]), BODY, [], NOW)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_%%%", "whsec_é"])
def test_a_secret_that_cannot_sign_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="webhook secret"):
        key_of(Secret(text))


def test_a_secret_without_the_prefix_is_its_own_bytes() -> None:
    assert key_of(Secret("plain")) == b"plain"
