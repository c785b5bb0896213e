"""Finds where a value is in JSON or YAML text: trees of places, without the values. Pure.

Steps (names and indexes) lead to a place, which is a pair of offsets into the text. A string may
hold JSON, as ``spec.definitionText`` does: steps lead on into it, and the offsets are still those
of the whole text. PyYAML is imported late: verbs that only look at executions never need it.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from asw.asl.values import to_text

if TYPE_CHECKING:
    import yaml

Steps: TypeAlias = Sequence[str | int]

_MERGE: Final = "tag:yaml.org,2002:merge"
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\.|.", re.DOTALL)
_INK: Final = re.compile(r"\S")
_PLAIN: Final = re.compile(r"[\w~.:+-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Extent:
    """From one offset up to another."""

    start: int
    end: int


@dataclass(slots=True)
class Node:
    """The place of a value, and of its parts.

    ``keys`` are the places of its members' names. ``ink`` maps the characters of a string's value
    to offsets in the text, if known.
    """

    extent: Extent
    members: dict[str, "Node"] = field(default_factory=dict)
    keys: dict[str, Extent] = field(default_factory=dict)
    twins: list[tuple[str, Extent]] = field(default_factory=list)
    items: list["Node"] = field(default_factory=list)
    is_container: bool = False
    value: str | None = None
    ink: "Ink | None" = None
    inner: "Node | None" = None


@dataclass(frozen=True, slots=True)
class Ink:
    """Offsets of non-blank characters, in a string's value and in its spelling, one to one.

    If the text has escapes, white space counts too, and the last offset is the closing quote's.
    """

    of_value: Sequence[int]
    of_text: Sequence[int]

    def offset(self, at: int) -> int:
        """The offset in the text of the value's character, or of the last one before it."""
        return self.of_text[self._index(at)]

    def end(self, at: int) -> int:
        """The end, in the text, of the spelling of the value's character."""
        index = self._index(at)
        has_escapes = len(self.of_text) > len(self.of_value)
        return self.of_text[index + 1] if has_escapes else self.of_text[index] + 1

    def _index(self, at: int) -> int:
        return max(bisect_right(self.of_value, at) - 1, 0)


@dataclass(frozen=True, slots=True)
class Located:
    """What the steps led to: the place of the value, and of its key if it has one.

    ``is_whole`` tells whether all steps were taken; if not, it is the last value on the way.
    """

    node: Node
    key: Extent | None
    is_whole: bool


def find(node: Node, steps: Steps) -> Located:
    """The place to which the steps lead from the node."""
    key: Extent | None = None
    for step in steps:
        below = _below(node, step)
        if below is None:
            return Located(node, key, is_whole=False)
        key, node = below
    return Located(node, key, is_whole=True)


def _below(node: Node, step: str | int) -> tuple[Extent | None, Node] | None:
    if not node.is_container and node.value is not None:
        node = _inner(node)
    if isinstance(step, int) or (node.items and step.isdecimal()):
        index = int(step)
        return (None, node.items[index]) if 0 <= index < len(node.items) else None
    if step in node.members:
        return node.keys[step], node.members[step]
    return None


def _inner(node: Node) -> Node:
    """The JSON inside a string, as places of the whole text."""
    if node.inner is None:
        inner = None if node.value is None or node.ink is None else json_tree(node.value)
        if inner is not None and node.ink is not None:
            _shift(inner, node.ink)
        node.inner = inner or node
    return node.inner


def _shift(node: Node, ink: Ink) -> None:
    waiting = [node]
    while waiting:
        here = waiting.pop()
        here.extent = _shifted(here.extent, ink)
        here.keys = {name: _shifted(key, ink) for name, key in here.keys.items()}
        here.ink = None
        waiting += [*here.members.values(), *here.items]


def _shifted(extent: Extent, ink: Ink) -> Extent:
    return Extent(ink.offset(extent.start), ink.end(max(extent.end - 1, extent.start)))


def json_tree(text: str) -> Node | None:
    """The places of a JSON text, as far as it can be read; None if it has no value."""
    tokens = [(found[0], found.start()) for found in _TOKEN.finditer(text)]
    root: Node | None = None
    open_nodes: list[Node] = []
    key: tuple[str, Extent] | None = None
    for at, (piece, start) in enumerate(tokens):
        if piece in ",:":
            continue
        extent = Extent(start, start + len(piece))
        if piece in "}]":
            if not open_nodes:
                return root
            closed = open_nodes.pop()
            closed.extent = Extent(closed.extent.start, extent.end)
            continue
        is_key = at + 1 < len(tokens) and tokens[at + 1][0] == ":" and piece[0] == '"'
        if is_key and open_nodes:
            key = (_unquoted(piece), extent)
            continue
        node = Node(extent, is_container=piece in "{[")
        if piece[0] == '"':
            node.value = _unquoted(piece)
            node.ink = _ink_of_quoted(node.value, piece, start)
        if open_nodes:
            _add(open_nodes[-1], key, node)
        elif root is None:
            root = node
        key = None
        if node.is_container:
            open_nodes.append(node)
    return root


def _add(parent: Node, key: tuple[str, Extent] | None, node: Node) -> None:
    if key is None:
        parent.items.append(node)
        return
    name, extent = key
    if name in parent.members:
        parent.twins.append((name, extent))
    parent.members[name], parent.keys[name] = node, extent


def _unquoted(token: str) -> str:
    if "\\" not in token:
        return token.strip('"')
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token.strip('"')


def _ink_of_quoted(value: str, token: str, start: int) -> Ink | None:
    """Character by character: an escape stands for one character of the value."""
    if not _may_be_json(value):
        return None
    offsets = [start + 1 + found.start() for found in _ESCAPE.finditer(token[1:-1])]
    if len(offsets) != len(value):
        return None
    return Ink(range(len(offsets)), [*offsets, start + len(token) - 1])


def _may_be_json(value: str) -> bool:
    """Whether places inside the string may be asked for; other long strings are code."""
    return value.lstrip()[:1] in ("{", "[")


def yaml_tree(node: "yaml.Node", text: str) -> Node:
    """The places of a YAML document."""
    return _YamlTree(text).of(node)


class _YamlTree:
    """Makes each node once: anchors are shared, and may even contain themselves."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._made: dict[int, Node] = {}

    def of(self, source: "yaml.Node") -> Node:
        made = self._made.get(id(source))
        if made is None:
            made = Node(_extent(source))
            self._made[id(source)] = made
            self._fill(made, source)
        return made

    def _fill(self, node: Node, source: "yaml.Node") -> None:
        value: Any = source.value
        kind = getattr(source, "id", "scalar")
        if kind == "sequence":
            node.is_container = True
            node.items = [self.of(item) for item in value]
        elif kind == "mapping":
            node.is_container = True
            for key, member in value:
                if key.tag == _MERGE:
                    self._merge(node, member)
            for key, member in value:
                if key.tag != _MERGE:
                    name = _name_of(key)
                    node.members[name], node.keys[name] = self.of(member), _extent(key)
        else:
            node.value = value
            node.ink = _ink(value, source, self._text)

    def _merge(self, node: Node, source: "yaml.Node") -> None:
        value: Any = source.value
        is_many = self.of(source).is_container and not self.of(source).members
        for merged in reversed(value) if is_many else [source]:
            other = self.of(merged)
            node.members.update(other.members)
            node.keys.update(other.keys)


def _name_of(key: "yaml.Node") -> str:
    """The name of the key as read: ``on`` is ``true`` as a name too."""
    word = str(key.value)
    if key.tag == "tag:yaml.org,2002:str":
        return word
    return read_as(word) or word


def read_as(word: str) -> str | None:
    """How YAML reads a word without quotes, as JSON text; None if it stays text."""
    if not _PLAIN.fullmatch(word):
        return None
    import yaml  # noqa: PLC0415

    try:
        value = yaml.safe_load(word)
    except (yaml.YAMLError, ValueError):
        return None
    return to_text(value) if value is None or isinstance(value, bool | int) else None


def _extent(source: "yaml.Node") -> Extent:
    return Extent(source.start_mark.index, source.end_mark.index)


def _ink(value: str, source: "yaml.Node", text: str) -> Ink | None:
    """Apart from quotes and escapes, spelling and value differ only in white space."""
    start, end = source.start_mark.index, source.end_mark.index
    style: str | None = getattr(source, "style", None)
    if not _may_be_json(value):
        return None
    if style == '"':
        return _ink_of_quoted(value, text[start:end], start)
    if style in ("|", ">"):
        start = text.find("\n", start) + 1
    of_value = list(_ink_offsets(value, 0))
    of_text = list(_ink_offsets(text[start:end], start))
    if style == "'":
        return Ink(of_value, of_text[1:-1]) if len(of_text) == len(of_value) + 2 else None
    return Ink(of_value, of_text[: len(of_value)]) if len(of_text) >= len(of_value) > 0 else None


def _ink_offsets(text: str, start: int) -> Iterator[int]:
    return (start + found.start() for found in _INK.finditer(text))
