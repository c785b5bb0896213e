"""Texts that users wrote, in files or on standard input, and positions in them.

Positions are computed on demand, because that takes longer than reading; only then is PyYAML
imported.
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
"""Bytes of the largest file that is read: a larger one is no manifest, and would fill memory."""

_MARKS: Final[Mapping[bytes, str]] = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Byte order marks, longer ones before their own prefixes."""

Part: TypeAlias = Literal["key", "value", "best"]
"""What a position points at: ``best`` is the value, or the key of a value that spans lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A range of text: lines and columns count characters from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True)
class Source:
    """A text, and its name in messages."""

    name: str
    text: str
    is_json: bool = False

    def locate(self, document: int, steps: Steps, part: Part = "best") -> Position | None:
        """The position to which the steps lead from the top of a document, as far as they lead.

        None if the text has no such document, or cannot be read.
        """
        tree = self._tree(document)
        return None if tree is None else self.position(_extent(find(tree, steps), part))

    def locate_within(self, document: int, steps: Steps, offset: int) -> Position | None:
        """The position of the character at this offset in the string to which the steps lead."""
        tree = self._tree(document)
        if tree is None:
            return None
        found = find(tree, steps)
        if not found.is_whole or found.node.ink is None:
            return self.position(_extent(found, "best"))
        start = found.node.ink.offset(offset)
        return self.position(Extent(start, start + 1))

    def twins(self) -> list[tuple[str, Position]]:
        """Names that an object of the JSON text repeats, and where."""
        found = []
        waiting = [tree] if (tree := self._tree(0)) is not None else []
        while waiting:
            node = waiting.pop()
            found += [(name, self.position(extent)) for name, extent in node.twins]
            waiting += [*node.members.values(), *node.items]
        return sorted(found, key=lambda it: (it[1].line, it[1].column))

    def at_offset(self, offset: int) -> Position:
        """The position of one character."""
        return self.position(Extent(offset, offset + 1))

    def position(self, extent: Extent) -> Position:
        """The position of an extent, without white space at its end."""
        end = extent.start + len(self.text[extent.start : extent.end].rstrip())
        line, column = self._line_of(extent.start)
        end_line, end_column = self._line_of(max(end, min(extent.start + 1, extent.end)))
        return Position(line=line, column=column, end_line=end_line, end_column=end_column)

    def at_line(self, number: int) -> Position:
        """The whole line; lines count from 1."""
        end = len(self.line(number)) + 1
        return Position(line=number, column=1, end_line=number, end_column=end)

    def line(self, number: int) -> str:
        """The line of this number, without its line end; empty if there is none."""
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
        import yaml  # noqa: PLC0415

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        trees: list[Node | None] = []
        try:
            for node in yaml.compose_all(self.text, Loader=loader):
                trees.append(None if node is None else yaml_tree(node, self.text))  # noqa: PERF401 -- keeps those before a fault
        except (yaml.YAMLError, RecursionError):
            pass
        return trees


def _extent(found: Located, part: Part) -> Extent:
    """What to point at: an object of many lines is shown by its key."""
    node, key = found.node, found.key
    if key is None or part == "value":
        return _opening(node)
    if part == "key" or node.is_container or not found.is_whole:
        return key
    return _opening(node)


def _opening(node: Node) -> Extent:
    """The extent of a value; only its first character if it has parts."""
    start = node.extent.start
    return Extent(start, start + 1) if node.is_container else node.extent


def name_of(path: Path) -> str:
    """The name of the path in messages."""
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
                t("it has {size} bytes; the limit is {most}", size=size, most=LARGEST_FILE),
                remedy=t("name files of manifests or definitions only"),
            )
        return path.read_bytes()
    except IsADirectoryError:
        raise Failure(t("this is a folder, not a file"), remedy=t("name a file")) from None
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
    """Judged by the suffix, or else by the first character of the text."""
    if path.suffix in (".yaml", ".yml"):
        return False
    return path.suffix == ".json" or text.lstrip()[:1] in ("{", "[")
