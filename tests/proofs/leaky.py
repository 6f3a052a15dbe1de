"""A plugin that says its secrets in every error, and one that keeps all that it hears; both as installed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_LEAKY: Final = '''\
import os
from attrs import frozen
import click
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.plugin import CacheProvider, Finding, LedgerProvider
from jackfield.plugin import Secret, TokenCounterProvider, common, hookimpl

@frozen(kw_only=True)
class Settings:
    key: Secret

def failure(text):
    """An error in its own words, or in ours."""
    if os.environ["LEAKY_WAY"] == "foreign":
        return RuntimeError(f"the key {text} is refused")
    try:
        raise ValueError(text)
    except ValueError as error:
        ours = Unavailable(f"the key {text} is refused", place=f"at {text}", remedy=f"not {text}")
        ours.__cause__ = error
        return ours

class Leaky:
    Settings = Settings
    def __init__(self, settings):
        self.key = settings.key.reveal()
        if os.environ["LEAKY_WAY"] == "at once":
            raise InvalidInput(f"the key {self.key} is refused")
    def fail(self, *_):
        raise failure(self.key)
    def leak(self):
        if os.environ["LEAKY_WAY"] == "planted":
            with open("planted", "w") as file:
                file.write(self.key)
            click.echo(self.key)
        else:
            self.fail()
    def open(self, address):
        raise failure(address)
    @hookimpl
    def jackfield_measure(self, measurement):
        self.fail()
    @hookimpl
    def jackfield_progress(self, progress):
        self.fail()
    @hookimpl
    def jackfield_review(self, version):
        if os.environ["LEAKY_WAY"] == "found":
            return [Finding(message=f"the key {self.key} is refused", severity="warning")]
        self.fail()
    @hookimpl
    def jackfield_commands(self):
        return [common(click.Command("leak", callback=self.leak))]
    @hookimpl
    def jackfield_token_counters(self):
        return [TokenCounterProvider(name="leaky", make=self.fail)]
    @hookimpl
    def jackfield_caches(self):
        return [CacheProvider(name="leaky", open=self.fail)]
    @hookimpl
    def jackfield_ledgers(self):
        return [LedgerProvider(name="leaky", open=self.open, leases=self.open)]
    def close(self):
        self.fail()
'''
_LISTENER: Final = """\
from jackfield.plugin import hookimpl
HEARD = []
class Listener:
    @hookimpl
    def jackfield_measure(self, measurement):
        HEARD.append(repr(measurement))
    @hookimpl
    def jackfield_progress(self, progress):
        HEARD.append(repr(progress))
"""


def install(site: Path) -> None:
    """Lay both out as pip leaves them: a module, and its entry point."""
    for name, kind, source in (("leaky", "Leaky", _LEAKY), ("listener", "Listener", _LISTENER)):
        info = site / f"canary_{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"canary_{name}.py").write_text(source, encoding="utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: canary-{name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[jackfield]\n{name} = canary_{name}:{kind}\n")
