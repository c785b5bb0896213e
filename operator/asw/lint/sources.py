"""Texts that users wrote, and where in them something stands: files, standard input.

Places are worked out only when there is something to tell, since that takes longer than reading.
"""

import codecs
import sys
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, TypeAlias

from asw.failures import Failure
from asw.lint.locating import Extent, Located, Node, Steps, find, json_tree, yaml_tree
from asw.messages import t

STDIN: Final = Path("-")
"""Stands for standard input among paths."""
LARGEST_FILE: Final = 64 * 1024 * 1024
"""Bytes of a file that is read: more is no file of manifests, and would fill the memory."""

_MARKS: Final[Mapping[bytes, str]] = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Byte order marks, longer ones before those that they begin with."""

Part: TypeAlias = Literal["key", "value", "best"]
"""What is pointed at: ``best`` is the value, or the key of one that spans lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where something stands: lines and columns from 1, in characters; the end is behind it."""

    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True)
class Source:
    """A text under the name that messages have for it."""

    name: str
    text: str
    is_json: bool = False

    def locate(self, document: int, steps: Steps, part: Part = "best") -> Position | None:
        """Where the steps lead from the top of a document; as far as they lead.

        None where the text has no such document, or cannot be read.
        """
        tree = self._tree(document)
        return None if tree is None else self.position(_extent(find(tree, steps), part))

    def locate_within(self, document: int, steps: Steps, offset: int) -> Position | None:
        """Where the character at the offset of the string stands, which the steps lead to."""
        tree = self._tree(document)
        if tree is None:
            return None
        found = find(tree, steps)
        if not found.is_whole or found.node.ink is None:
            return self.position(_extent(found, "best"))
        start = found.node.ink.offset(offset)
        return self.position(Extent(start, start + 1))

    def twins(self) -> list[tuple[str, Position]]:
        """Names that objects of the JSON text have more than once, and where they come again."""
        found = []
        waiting = [tree] if (tree := self._tree(0)) is not None else []
        while waiting:
            node = waiting.pop()
            found += [(name, self.position(extent)) for name, extent in node.twins]
            waiting += [*node.members.values(), *node.items]
        return sorted(found, key=lambda it: (it[1].line, it[1].column))

    def at_offset(self, offset: int) -> Position:
        """The place of one character."""
        return self.position(Extent(offset, offset + 1))

    def position(self, extent: Extent) -> Position:
        """The place of an extent; white space at its end does not count."""
        end = extent.start + len(self.text[extent.start : extent.end].rstrip())
        line, column = self._line_of(extent.start)
        end_line, end_column = self._line_of(max(end, min(extent.start + 1, extent.end)))
        return Position(line=line, column=column, end_line=end_line, end_column=end_column)

    def at_line(self, number: int) -> Position:
        """The whole line; lines count from 1."""
        end = len(self.line(number)) + 1
        return Position(line=number, column=1, end_line=number, end_column=end)

    def line(self, number: int) -> str:
        """A line by its number, without its end; empty where there is none."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def _line_of(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    @cached_property
    def _starts(self) -> list[int]:
        """The offset of every line."""
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def _tree(self, document: int) -> Node | None:
        return self._trees[document] if document < len(self._trees) else None

    @cached_property
    def _trees(self) -> list[Node | None]:
        if self.is_json:
            return [json_tree(self.text)]
        import yaml  # noqa: PLC0415 -- only where something is told

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        trees: list[Node | None] = []
        try:
            for node in yaml.compose_all(self.text, Loader=loader):
                trees.append(None if node is None else yaml_tree(node, self.text))  # noqa: PERF401 -- those before a fault stay
        except (yaml.YAMLError, RecursionError):
            pass
        return trees


def _extent(found: Located, part: Part) -> Extent:
    """What to point at: an object of many lines is known by its key."""
    node, key = found.node, found.key
    if key is None or part == "value":
        return _opening(node)
    if part == "key" or node.is_container or not found.is_whole:
        return key
    return _opening(node)


def _opening(node: Node) -> Extent:
    """A value, or where one with parts begins."""
    start = node.extent.start
    return Extent(start, start + 1) if node.is_container else node.extent


def name_of(path: Path) -> str:
    """What messages call it."""
    return "<stdin>" if path == STDIN else str(path)


def read_source(path: Path) -> Source:
    """The text of a file, or of standard input. Raises Failure with the reason and a remedy."""
    name = name_of(path)
    text = decode(_bytes(path))
    return Source(name, text, is_json=_is_json(path, text))


def _bytes(path: Path) -> bytes:
    if path == STDIN:
        return sys.stdin.buffer.read()
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise Failure(
                t("it has {size} bytes; {most} are read at most", size=size, most=LARGEST_FILE),
                remedy=t("name files of manifests or definitions only"),
            )
        return path.read_bytes()
    except IsADirectoryError:
        raise Failure(t("a folder, no file"), remedy=t("name a file")) from None
    except PermissionError:
        raise Failure(t("no permission to read it"), remedy=t("check its mode: ls -l")) from None
    except FileNotFoundError:
        raise Failure(t("no such file or folder"), remedy=t("check the path")) from None
    except OSError as error:
        raise Failure(t("cannot be read: {reason}", reason=error.strerror or error)) from error


def decode(data: bytes) -> str:
    """The text of the bytes: UTF-8, or what a byte order mark says. Raises Failure."""
    encoding, skipped = "utf-8", 0
    for mark, marked in _MARKS.items():
        if data.startswith(mark):
            encoding, skipped = marked, len(mark)
            break
    try:
        text = data[skipped:].decode(encoding)
    except UnicodeDecodeError:
        raise Failure(
            t("not UTF-8 text"), remedy=t("save it as UTF-8, or leave it out if it is binary")
        ) from None
    if "\0" in text:
        raise Failure(
            t("not text: it has NUL bytes"), remedy=t("save it as UTF-8, or leave it out")
        )
    return text


def _is_json(path: Path, text: str) -> bool:
    """By the suffix; where that says nothing, by how the text begins."""
    if path.suffix in (".yaml", ".yml"):
        return False
    return path.suffix == ".json" or text.lstrip()[:1] in ("{", "[")
