"""From what is installed to a plugin that can be called, or to words that say why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, NoReturn

import pytest
from attrs import define, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.reviews import Candidate, Finding
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.plugging.plugged import Plugged, open_plugins
from jackfield.entrypoints.settings import OwnPlugins
from jackfield.plugin import PluginReport, PluginState, hookimpl
from jackfield.plugins.host import Host
from jackfield.plugins.sources import Source
from jackfield.testing import OpenCore
from tests.plugins.harm import SECRET, Good


@frozen(kw_only=True)
class RulesSettings:
    """Settings with one of everything."""

    words: tuple[str, ...] = ()
    strict: bool = False
    key: Secret | None = None


@define
class Rules:
    """A plugin with settings."""

    Settings: ClassVar[type[RulesSettings]] = RulesSettings

    settings: RulesSettings

    @hookimpl
    def jackfield_review(self, version: Candidate) -> list[Finding]:
        return [Finding(message=word) for word in self.settings.words]


@frozen(kw_only=True)
class NeedySettings:
    """Settings that cannot be left out."""

    address: str


@define
class Needy:
    """A plugin that is nothing without its settings."""

    Settings: ClassVar[type[NeedySettings]] = NeedySettings

    settings: NeedySettings


def _host(
    plugins: Mapping[str, object],
    tables: Mapping[str, Mapping[str, object]] | None = None,
    *,
    allow: tuple[str, ...] | None = None,
    only_built_in: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Host:
    sources = tuple(
        Source(name=n, load=_giving(p), distribution=f"dist-{n}", version="1.2") for n, p in plugins.items()
    )
    own = OwnPlugins(tables=tables or {}, allow=allow, only_built_in=only_built_in, source="jackfield.toml")
    return open_plugins(own, plugged=Plugged(sources=sources, alone=True, environ=environ or {}))


def _giving(plugin: object) -> Callable[[], object]:
    return lambda: plugin


def _report(plugin: object, **more: Any) -> PluginReport:
    return _host({"mine": plugin}, **more).reports()[0]


def test_a_class_is_made_with_its_settings() -> None:
    host = _host({"rules": Rules}, {"rules": {"words": ["free"], "strict": True}})
    assert host.plugins[0].whole == Rules(RulesSettings(words=("free",), strict=True))


def test_a_class_with_settings_needs_no_table() -> None:
    assert _host({"rules": Rules}).plugins[0].whole == Rules(RulesSettings())


def test_an_object_is_taken_as_it_is() -> None:
    good = Good("mine")
    assert _host({"mine": good}).plugins[0].whole is good


def test_a_report_says_where_it_comes_from_and_what_it_hears() -> None:
    report = _report(Rules)
    assert (report.name, report.distribution, report.version, report.hooks, report.state) == (
        "mine",
        "dist-mine",
        "1.2",
        ("jackfield_review",),
        PluginState.LOADED,
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"wrods": ["a"]}, "wrods: there is no such field"),
        ({"words": "a"}, "words: it is not a list"),
        ({"words": [1]}, r"words\[0\]: it is not a text"),
        ({"strict": "yes"}, "strict: it is not true or false"),
        ({"key": SECRET}, "plugins.rules.key: a secret is not written into the settings file"),
        ({"key_env": "NOT_SET"}, "plugins.rules.key_env: it does not name an environment variable"),
        ({"key_env": 3}, "plugins.rules.key_env: it does not name an environment variable"),
    ],
)
def test_settings_that_do_not_fit_are_an_error_with_their_place(table: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        _host({"rules": Rules}, {"rules": table})
    assert "jackfield.toml" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_secret_comes_from_the_environment_variable_that_is_named() -> None:
    host = _host({"rules": Rules}, {"rules": {"key_env": "RULES_KEY"}}, environ={"RULES_KEY": SECRET})
    assert host.plugins[0].whole == Rules(RulesSettings(key=Secret(SECRET)))
    assert SECRET not in repr(host.plugins[0].whole)


def test_settings_of_a_plugin_that_is_not_installed_are_an_error() -> None:
    said = r"plugins\.rulez: .* not installed; install it, .* rules.*; JACKFIELD_NO_PLUGINS=1 lets"
    with pytest.raises(InvalidInput, match=said):
        _host({"rules": Rules}, {"rulez": {}})


def test_settings_of_a_plugin_that_is_not_allowed_are_an_error() -> None:
    with pytest.raises(
        InvalidInput, match=r"plugins\.rules: .* not allowed; add 'rules' to \[plugins\] allow"
    ):
        _host({"rules": Rules}, {"rules": {}}, allow=("other",))


def test_settings_of_a_plugin_that_takes_none_are_an_error() -> None:
    with pytest.raises(InvalidInput, match=r"plugins\.mine: this plugin takes no settings"):
        _host({"mine": Good("mine")}, {"mine": {}})


def test_a_plugin_that_lacks_its_settings_is_out_and_harms_nobody() -> None:
    report = _report(Needy)
    assert report.state is PluginState.FAILED
    assert "address: it is missing" in report.trouble


def test_only_allowed_plugins_are_loaded() -> None:
    host = _host({"a": Good("a"), "b": Good("b")}, allow=("b",))
    assert [r.state for r in host.reports()] == [PluginState.NOT_ALLOWED, PluginState.LOADED]


def test_nothing_of_a_plugin_that_is_not_allowed_is_imported() -> None:
    def imported() -> NoReturn:
        raise AssertionError("it was imported")

    source = Source(name="a", load=imported)
    host = open_plugins(OwnPlugins(allow=()), plugged=Plugged(sources=(source,), alone=True))
    assert (host.reports()[0].state, host.reports()[0].errors) == (PluginState.NOT_ALLOWED, 0)


def test_the_environment_can_leave_all_but_the_built_in_ones_out() -> None:
    host = _host({"a": Good("a")}, {"a": {}}, only_built_in=True)
    assert host.reports()[0].state is PluginState.NOT_ALLOWED


def test_two_distributions_with_one_name_are_both_named_and_both_out() -> None:
    sources = tuple(
        Source(name="a", load=lambda: Good("a"), distribution=d, version="1") for d in ("one", "two")
    )
    host = open_plugins(OwnPlugins(), plugged=Plugged(sources=sources, alone=True))
    troubles = {(r.state, r.trouble) for r in host.reports()}
    assert troubles == {(PluginState.FAILED, "its name is given by one 1 and two 1: uninstall one of them")}


def test_a_built_in_plugin_keeps_its_name() -> None:
    source = Source(name="tokens", load=lambda: Good("tokens"), distribution="other", version="1")
    host = open_plugins(OwnPlugins(), plugged=Plugged(sources=(source,)))
    states = [(r.distribution, r.state) for r in host.reports() if r.name == "tokens"]
    assert states == [("jackfield", PluginState.LOADED), ("other", PluginState.FAILED)]


class Misspelt:
    @hookimpl
    def jackfield_mesure(self, measurement: Measurement) -> None: ...


class Unmarked:
    def jackfield_measure(self, measurement: Measurement) -> None: ...


class OtherParameters:
    @hookimpl
    def jackfield_measure(self, measurement: Measurement, more: int) -> None: ...


class WithDefaults:
    @hookimpl
    def jackfield_measure(self, measurement: Measurement | None = None) -> None: ...


class Asynchronous:
    @hookimpl
    async def jackfield_measure(self, measurement: Measurement) -> None: ...


class Wrapping:
    @hookimpl(wrapper=True)
    def jackfield_review(self, version: Candidate) -> Iterator[None]:
        yield


class OddSettings:
    Settings = dict


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        (Misspelt, "there is no hook jackfield_mesure; did you mean jackfield_measure?"),
        (Unmarked, "jackfield_measure is not marked with @hookimpl"),
        (OtherParameters, "jackfield_measure takes other parameters"),
        (WithDefaults, "jackfield_measure gives its parameters defaults"),
        (Asynchronous, "jackfield_measure is asynchronous"),
        (Wrapping, "jackfield_review is a wrapper"),
        (OddSettings, "its Settings is no attrs class"),
    ],
)
def test_a_plugin_that_is_written_wrongly_is_told_what_is_wrong(plugin: type, said: str) -> None:
    report = _report(plugin)
    assert report.state is PluginState.FAILED
    assert said in report.trouble


def test_parameters_that_are_not_needed_may_be_left_out() -> None:
    class Brief:
        @hookimpl
        def jackfield_measure(self) -> None: ...

    assert _report(Brief).state is PluginState.LOADED


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"forbidden": ["free"]},
            "settings['forbidden']: it is a Mapping, not a value of type list; give the table",
        ),
        (RulesSettings(), "settings: it is a Mapping, not a value of type RulesSettings; give the table"),
    ],
)
def test_settings_of_the_testing_door_are_tables_by_name(
    open_core: OpenCore, settings: Any, said: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        open_core(plugins={"rules": Rules}, settings=settings)
    assert str(caught.value).startswith(said)
