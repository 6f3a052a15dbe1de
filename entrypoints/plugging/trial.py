"""Trying one plugin out, in a process of its own that is ended if it hangs."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.settings import OwnPlugins, rules
from jackfield.plugins.loading import HOOKS
from jackfield.plugins.sources import Source, built_in, installed, named, part_of

LIMIT_SECONDS: Final = 60


@frozen(kw_only=True)
class Tried:
    """One thing that was tried, and what was wrong with it."""

    what: str
    fine: bool
    trouble: str = ""


def try_out(name: str, *, limit_seconds: float = LIMIT_SECONDS) -> tuple[Tried, ...]:
    """Return what came of loading the plugin and of each hook; raise `InvalidInput` if there is no plugin."""
    find(name)
    with tempfile.TemporaryDirectory(prefix="jackfield-check-") as folder:
        answers = Path(folder) / "answers"
        command = [sys.executable, "-m", "jackfield.entrypoints.plugging.trial", name, str(answers)]
        hangs, printed = False, b""
        try:
            printed = subprocess.run(  # noqa: S603  # ourselves, with a name that was looked up
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=limit_seconds,
                check=False,
            ).stdout
        except subprocess.TimeoutExpired as error:
            hangs, printed = True, error.stdout or b""
        return (*_answers(answers, hangs=hangs, limit_seconds=limit_seconds), *_quiet(printed))


def _quiet(printed: bytes) -> Iterator[Tried]:
    """Standard output is for the answers of commands, which programs read."""
    if printed:
        trouble = "it writes to standard output; write to sys.stderr instead, or log"
        yield Tried(what="is quiet", fine=False, trouble=trouble)


def _answers(path: Path, *, hangs: bool, limit_seconds: float) -> Iterator[Tried]:
    """What the child wrote before it ended, and that it ended early if it did."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in lines:
        if line != _END:
            yield Tried(**json.loads(line))
    if hangs:
        yield Tried(what="ends", fine=False, trouble=f"it was stopped after {limit_seconds:g} s")
    elif _END not in lines:
        yield Tried(what="ends", fine=False, trouble="it ended the process")


_END: Final = "end"


def find(name: str) -> Source:
    """Return the plugin of that name, or at that place; raise `InvalidInput` if there is none.

    `NAME=PLACE` gives what is at a place a name, as an entry point does: its settings are found by it.
    """
    wanted, equals, place = name.partition("=")
    return evolve(_found(place.strip()), name=wanted.strip()) if equals else _found(name)


def _found(name: str) -> Source:
    known = {source.name: source for source in (*installed(), *built_in())}
    path, _, inside = name.partition(":") if name.endswith(".py") or ".py:" in name else ("", "", "")
    if name in known:
        return known[name]
    if path and not os.path.isfile(path):  # noqa: PTH113  # it never raises
        raise InvalidInput(
            "there is no such file",
            place=path[:200],
            remedy=f"name one that is there, or a plugin of these: {', '.join(sorted(known))}",
        )
    if path:
        return _in_file(Path(path), inside)
    if _is_there(name):
        return named(name)
    raise InvalidInput(
        f"there is no plugin {name[:80]!r}; there are {', '.join(sorted(known))}",
        place="plugins check",
        remedy="install it, or name MODULE:CLASS or FILE.py:CLASS",
    )


def _is_there(name: str) -> bool:
    """Whether the module's outermost package can be found; nothing is imported."""
    from importlib.util import find_spec

    if not all(part.isidentifier() for part in name.replace(":", ".").split(".")):
        return False
    sys.path.insert(0, str(Path.cwd()))
    return find_spec(name.partition(":")[0].partition(".")[0]) is not None


def _in_file(path: Path, inside: str) -> Source:
    def load() -> object:
        spec = spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise ImportError(path.name)
        module = module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        return part_of(module, inside, path.name) if inside else module

    return Source(name=(inside or path.stem).lower(), load=load, distribution=path.name)


def _tried(source: Source, own: OwnPlugins) -> Iterator[Tried]:
    from jackfield.entrypoints.plugging.plugged import Plugged, open_plugins
    from jackfield.plugins.samples import tried
    from jackfield.plugins.standing import PluginState

    tables = {name: table for name, table in own.tables.items() if name == source.name}
    alone = evolve(own, allow=(source.name,), only_built_in=False, tables=tables)
    try:
        host = open_plugins(alone, plugged=Plugged(sources=(source,), alone=True))
    except InvalidInput as error:
        yield Tried(what="settings", fine=False, trouble=" ".join(str(error).split()))
        return
    plugin = host.plugins[0]
    loaded = plugin.state is PluginState.LOADED
    yield Tried(what="loads", fine=loaded, trouble=plugin.trouble)
    if not loaded:
        return
    if not plugin.hooks:
        yield Tried(what="hooks", fine=False, trouble=_hookless(source, plugin.whole))
    for hook, trouble in tried(host, plugin):
        yield Tried(what=hook, fine=not trouble, trouble=trouble)
    before = plugin.report().errors
    host.close()
    fine = plugin.report().errors == before
    yield Tried(what="closes", fine=fine, trouble="" if fine else plugin.trouble)


def _hookless(source: Source, whole: object) -> str:
    """Say why nothing was found: the hooks of a module's classes are found by the class alone."""
    own = vars(whole).items() if inspect.ismodule(whole) else ()
    classes = [name for name, found in own if inspect.isclass(found) and _has_hooks(found)]
    if not classes:
        return "it has none; mark them with @hookimpl"
    place = source.distribution or getattr(whole, "__name__", source.name)
    return f"the module has none, but a class of it has: name the class: {place}:{classes[0]}"


def _has_hooks(kind: type) -> bool:
    return any(name in HOOKS for name in dir(kind))


def main(name: str, answers: str) -> None:
    """Try the plugin and write a line of JSON for each thing tried, then end at once."""
    with Path(answers).open("w", encoding="utf-8", buffering=1) as file:
        for each in _tried(find(name), rules().plugins):
            line = json.dumps({"what": each.what, "fine": each.fine, "trouble": each.trouble})
            file.write(f"{line}\n")
        file.write(f"{_END}\n")
    os._exit(0)  # threads that hang would keep the process


if __name__ == "__main__":
    main(*sys.argv[1:])
