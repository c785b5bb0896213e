"""Writes fields into the ``expect`` of a case in the text of a YAML file. Pure.

Only the lines of that ``expect`` change. All other comments, order, quotes and line ends stay. A
round trip by ruamel.yaml changes more: it refolds texts, moves JSON inside YAML, and writes
``[{"a": 1}]`` as ``["a": 1]``.
"""

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import yaml

from asw.asl.values import Json, to_text

LONGEST_LINE: Final = 76
"""Characters of the longest value that is written on one line."""
_STEP: Final = 2
_Pair: TypeAlias = tuple[Any, Any]


class NotEditable(Exception):
    """The case cannot be changed without changing something else."""


@dataclass(frozen=True, slots=True)
class Change:
    """Fields to write into the ``expect`` of a case, and fields to remove."""

    fields: Mapping[str, Json]
    gone: Collection[str] = ()

    def applied(self, case: Mapping[str, Json]) -> dict[str, Json]:
        """The case with its changed ``expect``."""
        expect = case.get("expect") or {}
        kept = {name: value for name, value in expect.items() if name not in self.gone}
        return {**case, "expect": {**kept, **self.fields}}


def edited(text: str, document: int, changes: Mapping[int, Change]) -> str:
    """The text with the cases changed, by their number. Raises NotEditable."""
    tree = list(yaml.compose_all(text, Loader=yaml.SafeLoader))[document]
    cases = next(value for key, value in tree.value if key.value == "cases")
    edits = [_edit(text, cases.value[index], change) for index, change in changes.items()]
    line_end = "\r\n" if "\r\n" in text else "\n"
    made = text
    for start, end, replacement in sorted(edits, reverse=True):
        made = made[:start] + replacement.replace("\n", line_end) + made[end:]
    if not _says(made, _wanted(text, document, changes)):
        raise NotEditable
    return made


def _wanted(text: str, document: int, changes: Mapping[int, Change]) -> list[Any]:
    """The contents that the text must have afterwards."""
    contents = deepcopy(list(yaml.safe_load_all(text)))
    cases = contents[document]["cases"]
    for index, change in changes.items():
        cases[index] = change.applied(cases[index])
    return contents


def _says(text: str, wanted: list[Any]) -> bool:
    try:
        return list(yaml.safe_load_all(text)) == wanted
    except yaml.YAMLError:
        return False


def _edit(text: str, case: Any, change: Change) -> tuple[int, int, str]:
    """The part of the text to replace, and its replacement."""
    pairs: list[_Pair] = case.value
    own = next((pair for pair in pairs if pair[0].value == "expect"), None)
    if own is None:
        return _added(text, case, change)
    key, expect = own
    start, end = key.end_mark.index, _end(text, expect)
    if not start <= expect.start_mark.index <= end:
        raise NotEditable
    if isinstance(expect, yaml.MappingNode) and expect.value and not expect.flow_style:
        return _changed_block(text, expect, change)
    kept = {} if not isinstance(expect, yaml.MappingNode) else expect.value
    parts = [_written(text, pair) for pair in kept if _stays(pair, change)]
    parts += [f"{name}: {_flow(value)}" for name, value in change.fields.items()]
    joined = f"{{{', '.join(parts)}}}"
    if case.flow_style or (len(joined) <= LONGEST_LINE and expect.value):
        return start, end, f": {joined}"
    indent = key.start_mark.column + _STEP
    lines = [*_kept_lines(text, kept, change, indent), *_lines(change.fields, indent)]
    return start, end, ":\n" + "\n".join(lines)


def _kept_lines(text: str, pairs: Collection[_Pair], change: Change, indent: int) -> Iterator[str]:
    for pair in pairs:
        if _stays(pair, change):
            yield " " * indent + _written(text, pair)


def _stays(pair: _Pair, change: Change) -> bool:
    return pair[0].value not in change.fields and pair[0].value not in change.gone


def _written(text: str, pair: _Pair) -> str:
    return text[pair[0].start_mark.index : _end(text, pair[1])]


def _added(text: str, case: Any, change: Change) -> tuple[int, int, str]:
    """Add an ``expect`` at the end of a case that has none."""
    if case.flow_style:
        at = case.end_mark.index - 1
        before = text[:at].rstrip()
        comma = "" if before.endswith((",", "{")) else ","
        return len(before), at, f"{comma} expect: {_flow(dict(change.fields))}"
    indent = case.value[0][0].start_mark.column
    at = _line_end(text, _end(text, case))
    lines = [" " * indent + "expect:", *_lines(change.fields, indent + _STEP)]
    return at, at, "\n" + "\n".join(lines)


def _changed_block(text: str, expect: Any, change: Change) -> tuple[int, int, str]:
    """Replace field by field, keeping the comments between them."""
    pairs: list[_Pair] = expect.value
    indent = pairs[0][0].start_mark.column
    left = dict(change.fields)
    start = at = text.rfind("\n", 0, pairs[0][0].start_mark.index) + 1
    made: list[str] = []
    for key, value in pairs:
        end = _line_end(text, _end(text, value))
        begin = text.rfind("\n", 0, key.start_mark.index) + 1
        made += text[at:begin].splitlines()
        if key.value in left:
            remark = text[_end(text, value) : end].rstrip("\r")
            new = list(_lines({key.value: left.pop(key.value)}, indent))
            made += [*new[:-1], new[-1] + remark]
        elif key.value not in change.gone:
            made += text[begin:end].splitlines()
        at = text.find("\n", end) + 1 or len(text)
    return start, end, "\n".join([*made, *_lines(left, indent)])


def _lines(fields: Mapping[str, Json], indent: int) -> Iterator[str]:
    """Fields as lines of a block mapping, with short values on one line."""
    for name, value in fields.items():
        head = " " * indent + f"{name}:"
        if not isinstance(value, dict | list) or len(to_text(value)) <= LONGEST_LINE:
            yield f"{head} {_flow(value)}"
            continue
        yield head
        block = yaml.safe_dump(
            value, default_flow_style=None, allow_unicode=True, sort_keys=False, width=10**6
        )
        yield from (" " * (indent + _STEP) + line for line in block.splitlines())


def _flow(value: Json) -> str:
    """The value on one line, such that our reader reads the same value."""
    made = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6
    )
    line = made.removesuffix("...\n").strip()
    return to_text(value) if "\n" in line else line


def _end(text: str, node: yaml.Node) -> int:
    """The end of the node's text; a block collection ends with its last item.

    PyYAML ends such a collection where the next thing begins, after comments in between.
    """
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    end: int = node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return len(text[:end].rstrip("\r\n"))
    return end


def _line_end(text: str, at: int) -> int:
    """The end of the line that contains ``at``, before its line break."""
    found = text.find("\n", at)
    if found < 0:
        return len(text)
    return found - 1 if text[found - 1] == "\r" else found
