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
from ruamel.yaml.reader import ReaderError

from jackfield.domain.model.problems import Problem

_TAG: Final = "tag:yaml.org,2002:"
_COLLECTIONS: Final = frozenset({f"{_TAG}map", f"{_TAG}seq"})
_TEXTS: Final = frozenset({"str", "timestamp"})
_FOREIGN: Final = "a tag or value of this kind is not allowed; write plain text"
_WORDS: Final[Mapping[str, object]] = {"null": None, "~": None, "": None, "true": True, "false": False}


@frozen
class Document:
    """Plain data, where each path (such as `variables[0].name`) stands, and what is wrong.

    `void` are the paths whose value cannot be used; `readable` is False if there is no data at all.
    """

    data: object
    positions: Mapping[str, tuple[int, int]]
    problems: tuple[Problem, ...]
    void: frozenset[str] = frozenset()
    readable: bool = True

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
        return _broken(f"this is not YAML: {error.problem}; mend it there", line, column)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        return _broken(f"character U+{error.character:04X} is not allowed; remove it", line, column)
    except (YAMLError, RecursionError, ValueError):
        return _broken("this is not YAML that can be read: it is nested too deeply; flatten it", 0, 0)
    if node is None:
        return Document({}, {"": (1, 1)}, ())
    walk = _Walk()
    data = walk.value(node, "")
    return Document(data, walk.positions, tuple(walk.problems), frozenset(walk.void))


def _broken(message: str, line: int, column: int) -> Document:
    problem = Problem(code="yaml", message=message, line=line, column=column)
    return Document(None, {}, (problem,), readable=False)


@define
class _Walk:
    """One pass over the nodes, collecting positions and problems."""

    positions: dict[str, tuple[int, int]] = field(factory=dict[str, tuple[int, int]])
    problems: list[Problem] = field(factory=list[Problem])
    void: set[str] = field(factory=set[str])
    _seen: set[int] = field(factory=set[int])

    def value(self, node: Node, path: str) -> Any:
        self.positions.setdefault(path, _place(node))
        if id(node) in self._seen:  # an alias: its anchor is reported once, where it stands
            self.void.add(path)
            return None
        self._seen.add(id(node))
        if node.anchor:
            self._problem(
                node, "yaml-anchor", "an anchor is not allowed; write the value out where it is used"
            )
        match node:
            case MappingNode() if node.tag in _COLLECTIONS:
                return dict(self._items(node, path))
            case SequenceNode() if node.tag in _COLLECTIONS:
                return [self.value(item, f"{path}[{n}]") for n, item in enumerate(node.value)]
            case ScalarNode():
                return self._scalar(node, path)
            case _:
                self._useless(node, path, "yaml-tag", _FOREIGN)
                return None

    def _items(self, node: MappingNode, path: str) -> Iterator[tuple[str, Any]]:
        keys = set[str]()
        for key, value in node.value:
            name = _key(key)
            if name is None:
                self._problem(key, "yaml-key", "a key is a plain text; write it so, or in quotes")
                continue
            if name in keys:
                self._problem(key, "key-twice", f"the key {name[:80]!r} stands here twice; drop one")
                continue
            keys.add(name)
            inner = f"{path}.{name[:80]}".lstrip(".")
            self.positions[inner] = _place(key)
            yield name, self.value(value, inner)

    def _scalar(self, node: ScalarNode, path: str) -> object:
        kind = str(node.tag).removeprefix(_TAG)
        text = str(node.value)
        if not _is_utf8(text):
            self._useless(node, path, "lone-surrogate", "half of a surrogate pair, which UTF-8 cannot carry")
            return None
        if kind in _TEXTS:
            return text
        try:
            return _plain(kind, text)
        except (KeyError, ValueError):
            self._useless(node, path, "yaml-tag", _FOREIGN)
            return None

    def _useless(self, node: Node, path: str, code: str, message: str) -> None:
        self.void.add(path)
        self._problem(node, code, message)

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


def _key(node: Node) -> str | None:
    """The key's text; not that of a number, a merge, or what UTF-8 cannot carry."""
    if not isinstance(node, ScalarNode) or str(node.tag).removeprefix(_TAG) not in _TEXTS:
        return None
    text = str(node.value)
    return text if _is_utf8(text) else None


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _place(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
