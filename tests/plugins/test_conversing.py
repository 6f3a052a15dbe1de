"""What plugins say about conversations: examples, summaries, and what must not be kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pytest
from attrs import evolve, frozen

from jackfield.domain.model.conversations.messages import LONGEST_SYSTEM
from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.parts.asking import plugged_hooks
from jackfield.plugin import Asking, Message, PluginState, hookimpl
from jackfield.plugins.samples import ASKING, MESSAGES
from jackfield.ports.conversations import unsummarized
from jackfield.testing import OpenCore
from tests.plugins.harm import bad, raises

MAIL: Final = "write to joe@mail.example, order ORD-77"


@frozen
class Says:
    """Answers each hook with what it was made with."""

    what: Any

    @hookimpl
    def jackfield_select_examples(self, asking: Asking) -> Sequence[str] | None:
        return self.what  # type: ignore[no-any-return]  # whatever the test says

    @hookimpl
    def jackfield_summarize(self, messages: tuple[Message, ...], tokens: int) -> str | None:
        return self.what  # type: ignore[no-any-return]  # as above


class Shouts:
    @hookimpl
    def jackfield_redact(self, text: str) -> str:
        return text.upper()


class Same:
    @hookimpl
    def jackfield_redact(self, text: str) -> str:
        return text


def test_the_first_plugin_that_chooses_is_followed(open_core: OpenCore) -> None:
    plugins = {"a": Says(None), "b": Says(["two", "one"]), "c": Says(["three"])}
    host = open_core(plugins=plugins).host
    assert host.select(ASKING) == ("two", "one")


def test_an_empty_choice_is_a_choice(open_core: OpenCore) -> None:
    assert open_core(plugins={"a": Says([]), "b": Says(["one"])}).host.select(ASKING) == ()


@pytest.mark.parametrize("what", ["one", 7, ["one", 7], ["x"] * 101])
def test_what_is_no_list_of_ids_is_counted_and_the_next_one_is_asked(open_core: OpenCore, what: Any) -> None:
    plugins = {"a": Says(what), "b": Says(["one"])}
    core = open_core(plugins=plugins)
    assert core.host.select(ASKING) == ("one",)
    assert [report.errors for report in core.plugins if report.name in plugins] == [1, 0]


@pytest.mark.parametrize("what", [b"x", ["x"], "x" * (LONGEST_SYSTEM + 1)])
def test_what_is_no_summary_is_counted_and_the_next_one_is_asked(open_core: OpenCore, what: Any) -> None:
    plugins = {"a": Says(what), "b": Says(None), "c": Says("they said hello")}
    core = open_core(plugins=plugins)
    assert core.host.summarize(MESSAGES, 300) == "they said hello"
    assert [report.errors for report in core.plugins if report.name in plugins] == [1, 0, 0]


def test_room_for_a_summary_is_made_only_if_somebody_gives_one(open_core: OpenCore) -> None:
    with_one, without = open_core(plugins={"a": Says("x")}), open_core()
    assert plugged_hooks(without.host).summarize is unsummarized
    assert plugged_hooks(with_one.host).summarize(MESSAGES, 300) == "x"


def test_without_another_redactor_the_built_in_one_is_called(open_core: OpenCore) -> None:
    assert open_core().host.redact(MAIL) == "write to [email], order ORD-77"


def test_another_redactor_gets_what_the_built_in_one_left(open_core: OpenCore) -> None:
    assert open_core(plugins={"shouts": Shouts}).host.redact(MAIL) == "WRITE TO [EMAIL], ORDER ORD-77"


def test_no_other_redactor_keeps_what_the_built_in_one_takes_out(open_core: OpenCore) -> None:
    said = "joe@mail.example 4111 1111 1111 1111 Bearer abcdefghijklmnop123456"
    assert open_core(plugins={"same": Same}).host.redact(said) == "[email] [card] [key]"


def test_switched_off_by_name_the_others_are_called_alone(open_core: OpenCore) -> None:
    core = open_core(plugins={"shouts": Shouts}, settings={"redact": {"enabled": False}})
    assert core.host.redact(MAIL) == MAIL.upper()


def test_switched_off_and_without_another_one_nothing_is_kept(open_core: OpenCore) -> None:
    core = open_core(settings={"redact": {"enabled": False}})
    assert core.host.redact(MAIL) == "[not kept: there is no redactor]"
    assert core.host.not_kept == 1


def test_a_text_is_not_kept_if_a_plugin_that_allow_names_is_not_installed(open_core: OpenCore) -> None:
    core = open_core(allow=("ghost", "redact"))
    assert core.host.redact(MAIL) == "[not kept: the redactor ghost failed]"
    (ghost,) = (report for report in core.plugins if report.name == "ghost")
    assert (ghost.state, ghost.dropped) == (PluginState.FAILED, 1)
    assert "it is not installed" in ghost.trouble


def test_with_its_table_both_are_called_and_own_patterns_come_first(open_core: OpenCore) -> None:
    patterns = [{"name": "order", "regex": r"ORD-\d+"}, {"name": "mark", "regex": "email|order"}]
    core = open_core(plugins={"shouts": Shouts}, settings={"redact": {"patterns": patterns}})
    assert core.host.redact(MAIL) == "WRITE TO [EMAIL], [MARK] [ORDER]"


def test_no_pattern_looks_into_a_mark(open_core: OpenCore) -> None:
    patterns = [{"name": "order", "regex": r"ORD-\d+"}, {"name": "word", "regex": "email|order"}]
    core = open_core(settings={"redact": {"patterns": patterns}})
    assert core.host.redact("[email] ORD-1 order") == "[email] [order] [word]"


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ({"name": "x", "regex": "("}, r"patterns\[1\](\.regex)?: its regex is no regular.* at character 1"),
        ({"name": "x", "regex": "a*"}, r"patterns\[1\](\.regex)?: its regex matches the empty text"),
        ({"name": "x", "regex": "a" * 1001}, r"patterns\[1\](\.regex)?: its regex has more than 1000"),
        ({"name": "email", "regex": "a"}, r"patterns\[1\](\.name)?: its name"),
        ({"name": "[x]", "regex": "a"}, r"patterns\[1\](\.name)?: its name"),
        ({"regex": "a"}, r"patterns\[1\]\.name: it is missing"),
    ],
)  # fmt: skip
def test_a_pattern_that_cannot_be_used_is_told_at_opening(
    open_core: OpenCore, pattern: dict[str, str], place: str
) -> None:
    patterns = [{"name": "fine", "regex": "a"}, pattern]
    with pytest.raises(InvalidInput, match=place) as caught:
        open_core(settings={"redact": {"patterns": patterns}})
    assert len(caught.value.problems) == 1


def test_a_text_is_not_kept_if_a_redactor_of_the_settings_could_not_be_loaded(open_core: OpenCore) -> None:
    class Broken:
        def __init__(self) -> None:
            raises()

    core = open_core(plugins={"ours": Broken}, allow=("ours",))
    assert core.host.redact(MAIL) == "[not kept: the redactor ours failed]"
    assert open_core(plugins={"ours": Broken}).host.redact(MAIL) == "write to [email], order ORD-77"


def test_a_name_that_cannot_be_printed_spoils_no_note(open_core: OpenCore) -> None:
    core = open_core(plugins={"a\nb": bad("jackfield_redact", raises)})
    assert core.host.redact(MAIL) == "[not kept: the redactor a?b failed]"


def test_a_plugin_that_was_switched_off_is_not_called_again(open_core: OpenCore) -> None:
    core = open_core(plugins={"a": bad("jackfield_redact", raises)})
    (plugin,) = (each for each in core.host.plugins if each.name == "a")
    plugin.state = PluginState.HUNG
    assert core.host.redact(MAIL) == "[not kept: the redactor a failed]"
    assert (plugin.report().errors, plugin.report().dropped) == (0, 1)


def test_nothing_is_kept_where_nobody_redacts(open_core: OpenCore) -> None:
    host = open_core().host
    bare = evolve(host, plugins=())
    assert bare.redact(MAIL) == "[not kept: there is no redactor]"
