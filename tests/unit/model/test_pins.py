"""Pins: what was written is read back, and nothing else is believed."""

from __future__ import annotations

import base64
import hmac
import re
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.pins import LONGEST, Pin, PinFault, Seal, read_pin, signer, write_pin
from jackfield.domain.model.subjects import Organization

KEY = bytes(range(32))
SEAL = Seal(organization=Organization("acme"), current=KEY)
PIN = Pin(
    prompt="refund", version="2.0.0", since=1_795_271_221, rollout="r1", arm=Arm.TREATMENT, bucket=312,
    step=1, unit="738c15cbd74d488290b1fd40",
)  # fmt: skip
TEXT = write_pin(PIN, SEAL)
NAMES = st.text(max_size=60, alphabet=st.characters(exclude_characters="\0"))
PINS = st.builds(
    Pin,
    prompt=NAMES,
    version=NAMES,
    since=st.integers(min_value=0, max_value=253_402_300_799),
    rollout=NAMES,
    arm=st.sampled_from([None, *Arm]),
    bucket=st.none() | st.integers(min_value=0, max_value=9_999),
    step=st.none() | st.integers(min_value=0, max_value=49),
    unit=NAMES,
)


def signed(payload: str, key: bytes = KEY) -> str:
    """A pin as a peer with the key would make it, whatever it says."""
    head = "jf1." + base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")
    mac = hmac.new(key, head.encode(), sha256).digest()[:16]
    return f"{head}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


@given(PINS)
def test_a_pin_is_read_back_as_it_was_written(pin: Pin) -> None:
    assert read_pin(write_pin(pin, SEAL), SEAL, prompt=pin.prompt) == pin


def test_golden_vector_of_a_pin() -> None:
    said = "822b33ad87c148a0|refund|2.0.0|1795271221|r1|treatment|312|1|738c15cbd74d488290b1fd40"
    assert (sha256(b"acme").hexdigest()[:16], TEXT) == ("822b33ad87c148a0", signed(said.replace("|", "\0")))


@given(PINS)
def test_a_pin_can_stand_in_a_url_and_in_attributes(pin: Pin) -> None:
    text = write_pin(pin, SEAL)
    assert re.fullmatch(rf"[A-Za-z0-9_.-]{{1,{LONGEST}}}", text) is not None


@pytest.mark.parametrize("name", ["customer-1", "acme"])
def test_a_pin_tells_neither_the_unit_nor_the_organization(name: str) -> None:
    payload = TEXT.split(".")[1]
    assert name.encode() not in base64.urlsafe_b64decode(payload + "==")


@given(st.integers(min_value=0, max_value=len(TEXT) - 1), st.characters())
@example(len(TEXT) - 1, "A")
@example(len(TEXT) - 1, "=")
def test_a_pin_with_another_character_is_not_believed(index: int, character: str) -> None:
    changed = TEXT[:index] + character + TEXT[index + 1 :]
    assert changed == TEXT or isinstance(read_pin(changed, SEAL, prompt="refund"), PinFault)


def test_none_of_20000_mutations_is_believed() -> None:
    mutations = {TEXT[:n] + chr(c) + TEXT[n + 1 :] for n in range(len(TEXT)) for c in range(160)} - {TEXT}
    mutations |= {TEXT[:n] for n in range(len(TEXT))} | {TEXT + chr(c) for c in range(160)}
    believed = [text for text in mutations if not isinstance(read_pin(text, SEAL, prompt="refund"), PinFault)]
    assert (len(mutations) > 20_000, believed) == (True, [])


@pytest.mark.parametrize(
    "text", ["", "x", "jf2" + TEXT[3:], "JF1" + TEXT[3:], TEXT[1:], f" {TEXT}", "j" * 2_000, TEXT * 20]
)
def test_what_is_no_pin_has_an_unknown_format(text: str) -> None:
    assert read_pin(text, SEAL, prompt="refund") is PinFault.UNKNOWN_FORMAT


@pytest.mark.parametrize("text", [None, 7, b"jf1.", ["jf1."], object()])
def test_what_is_no_text_has_an_unknown_format(text: object) -> None:
    assert read_pin(text, SEAL, prompt="refund") is PinFault.UNKNOWN_FORMAT


@pytest.mark.parametrize(
    "text",
    ["jf1.", "jf1..", "jf1.é.é", "jf1.\ud800", f"{TEXT}=", f"{TEXT}.", TEXT[:-1], signed("x", b"k" * 32)],
)
def test_what_another_key_signed_or_nobody_is_forged(text: str) -> None:
    assert read_pin(text, SEAL, prompt="refund") is PinFault.FORGED


def test_a_pin_of_another_organization_is_foreign_though_the_key_is_the_same() -> None:
    other = Seal(organization=Organization("umbrella"), current=KEY)
    assert read_pin(TEXT, other, prompt="refund") is PinFault.FOREIGN_ORGANIZATION


def test_a_pin_of_another_prompt_is_not_for_this_one() -> None:
    assert read_pin(TEXT, SEAL, prompt="greeting") is PinFault.OTHER_PROMPT


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "one part",
        "822b33ad87c148a0|refund|2.0.0|soon|r1|treatment|312|1|u",
        "822b33ad87c148a0|refund|2.0.0|1|r1|third arm|312|1|u",
        "822b33ad87c148a0|refund|2.0.0|-1|r1|control|312|1|u",
        "822b33ad87c148a0|refund|2.0.0|253402300800|r1|control|312|1|u",
        "822b33ad87c148a0|refund|2.0.0|1|r1|control|x|1|u",
        "822b33ad87c148a0|refund|2.0.0|1|r1|control|312|1|u|and a part of a newer release",
    ],
)
def test_an_authentic_pin_of_a_newer_release_has_an_unknown_format(payload: str) -> None:
    assert read_pin(signed(payload.replace("|", "\0")), SEAL, prompt="refund") is PinFault.UNKNOWN_FORMAT


@given(st.binary(max_size=200))
def test_whatever_a_peer_with_the_key_signs_is_a_pin_or_a_fault(payload: bytes) -> None:
    head = "jf1." + base64.urlsafe_b64encode(payload).decode().rstrip("=")
    mac = base64.urlsafe_b64encode(hmac.new(KEY, head.encode(), sha256).digest()[:16]).decode().rstrip("=")
    assert isinstance(read_pin(f"{head}.{mac}", SEAL, prompt="refund"), Pin | PinFault)


@given(st.text() | st.text().map(lambda text: f"jf1.{text}") | st.text(alphabet="jf1.-_=Aé\ud800"))
def test_no_text_is_believed_and_none_raises(text: str) -> None:
    assert isinstance(read_pin(text, SEAL, prompt="refund"), PinFault)


def test_a_retired_key_is_believed_and_signs_nothing() -> None:
    rotated = Seal(organization=Organization("acme"), current=b"n" * 32, retired=(KEY,))
    assert read_pin(TEXT, rotated, prompt="refund") == PIN
    assert read_pin(write_pin(PIN, rotated), SEAL, prompt="refund") is PinFault.FORGED


@pytest.mark.parametrize("key", [b"", b"k" * 31, "k" * 32, None, bytearray(32)])
def test_a_short_key_is_refused(key: object) -> None:
    with pytest.raises(InvalidInput, match="at least 32 bytes"):
        Seal(organization=Organization("acme"), current=key)  # type: ignore[arg-type]  # the wrong one is the test


def test_a_short_retired_key_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at least 32 bytes"):
        Seal(organization=Organization("acme"), current=KEY, retired=(b"short",))


def test_a_seal_does_not_show_its_keys() -> None:
    shown = repr(Seal(organization=Organization("acme"), current=b"s" * 32, retired=(b"t" * 32,)))
    assert ("sss" in shown, "ttt" in shown) == (False, False)


@pytest.mark.parametrize(
    "pin", [Pin(prompt="a\0b", version="1", since=0), Pin(prompt="p" * 1_000, version="1", since=0)]
)
def test_a_pin_that_could_not_be_read_back_is_refused(pin: Pin) -> None:
    with pytest.raises(InvalidInput, match="no NUL and at most 1,024"):
        write_pin(pin, SEAL)


@given(st.binary(min_size=32, max_size=200), st.binary(max_size=300))
def test_what_signs_is_hmac_sha256_as_the_library_has_it(key: bytes, message: bytes) -> None:
    mac = base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")[:16]).rstrip(b"=")
    assert signer(key)(message) == mac
