"""YAML 1.2 as plain data, with the line and column of every part.

Only what JSON can say is admitted: no tags, no anchors, no keys that are not texts, no key twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import define, field, frozen
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from jackfield.domain.model.problems import Problem

_TAG: Final = "tag:yaml.org,2002:"
_TEXTS: Final = frozenset({"str", "timestamp"})
_WORDS: Final[Mapping[str, object]] = {"null": None, "~": None, "": None, "true": True, "false": False}


@frozen
class Document:
    """Plain data, where each path (such as `variables[0].name`) stands, and what is wrong."""

    data: object
    positions: Mapping[str, tuple[int, int]]
    problems: tuple[Problem, ...]

    def position(self, path: str) -> tuple[int, int]:
        """Return the line and column of *path*, or of the nearest part that holds it; (0, 0) if none does."""
        while path and path not in self.positions:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.positions.get(path, (0, 0))


def parse(text: str) -> Document:
    """Read *text* as one document; it never raises: what is wrong is in `problems`, lines from 1."""
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        return _broken(f"this is not YAML: {error.problem}", line, column)
    except (YAMLError, RecursionError, ValueError):
        return _broken("this is not YAML that can be read: odd characters, or nested too deeply", 0, 0)
    walk = _Walk()
    data = {} if node is None else walk.value(node, "")
    return Document(data, walk.positions, tuple(walk.problems))


def _broken(message: str, line: int, column: int) -> Document:
    return Document(None, {}, (Problem(code="yaml", message=message, line=line, column=column),))


@define
class _Walk:
    """One pass over the nodes, collecting positions and problems."""

    positions: dict[str, tuple[int, int]] = field(factory=dict[str, tuple[int, int]])
    problems: list[Problem] = field(factory=list[Problem])
    _seen: set[int] = field(factory=set[int])

    def value(self, node: Node, path: str) -> Any:
        self.positions.setdefault(path, _place(node))
        if id(node) in self._seen:
            return self._problem(node, "yaml-alias", "an alias is not allowed here; write the value out")
        self._seen.add(id(node))
        match node:
            case MappingNode():
                return dict(self._items(node, path))
            case SequenceNode():
                return [self.value(item, f"{path}[{n}]") for n, item in enumerate(node.value)]
            case ScalarNode():
                return self._scalar(node)
            case _:
                return self._problem(node, "yaml-tag", "this kind of node is not allowed here")

    def _items(self, node: MappingNode, path: str) -> Iterator[tuple[str, Any]]:
        keys = set[str]()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else "?"
            if name in keys:
                self._problem(key, "key-twice", f"the key {name[:80]!r} stands here twice; drop one")
                continue
            keys.add(name)
            inner = f"{path}.{name[:80]}".lstrip(".")
            self.positions[inner] = _place(key)
            yield name, self.value(value, inner)

    def _scalar(self, node: ScalarNode) -> object:
        kind = str(node.tag).removeprefix(_TAG)
        text = str(node.value)
        if kind in _TEXTS:
            return text
        try:
            return _plain(kind, text)
        except (KeyError, ValueError):
            self._problem(node, "yaml-tag", "a tag or value of this kind is not allowed; write plain text")
            return None

    def _problem(self, node: Node, code: str, message: str) -> None:
        line, column = _place(node)
        self.problems.append(Problem(code=code, message=message, line=line, column=column))


def _plain(kind: str, text: str) -> object:
    """Return a scalar of YAML 1.2's core schema."""
    match kind:
        case "int":
            return int(text, 0) if text.lower().startswith(("0o", "0x")) else int(text)
        case "float":
            return float(text.replace(".inf", "inf").replace(".nan", "nan"))
        case "bool" | "null":
            return _WORDS[text.lower()]
        case _:
            raise KeyError(kind)


def _place(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
