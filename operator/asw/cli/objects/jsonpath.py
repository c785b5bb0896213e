"""The templates of ``-o jsonpath=``, as kubectl has them. Pure.

Text with expressions in braces: ``{.status.phase}``, ``{range .items[*]}...{end}``, filters such as
``[?(@.type=="Ready")]``, quoted text. A field that is not there is empty, as kubectl's are. Source
of the rules: Kubernetes, "JSONPath Support", and what kubectl answers (tests/cluster compares).
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from asw.asl.values import Json, to_text
from asw.cli.objects.jsonpath_steps import (
    OPERATORS,
    Step,
    Union,
    at_field,
    at_index,
    at_quoted,
    at_root,
    constant,
    descendants,
    every,
    filtered,
    in_slice,
    select,
)
from asw.messages import t


class InvalidTemplate(ValueError):
    """The template cannot be read; the message says where and what would be right."""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Path:
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Range:
    path: _Path
    body: tuple["_Node", ...]


_Node: TypeAlias = _Text | _Path | _Range
Template: TypeAlias = tuple[_Node, ...]

_FIELD = re.compile(r"(?:\\.|[^\s.\[\]{}()'\",=!<>?@$\\])+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_SLICE = re.compile(r"\s*(-?\d+)?\s*(?:(:)\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?)?$")


def read_template(text: str) -> Template:
    """The template; without any braces the whole text is one expression. Raises InvalidTemplate."""
    if "{" not in text:
        text = f"{{{text}}}"
    nodes, at = _nodes(text, 0, is_inside=False)
    assert at == len(text), "everything is read, or refused"
    return nodes


def applied(template: Template, value: Json) -> str:
    """The text that the template makes of the value."""
    return "".join(_output(template, value, value))


def selected(template: Template, value: Json) -> Sequence[Json]:
    """What the only expression of a template selects, for sorting by it. Raises InvalidTemplate."""
    match template:
        case (_Path(steps=steps),):
            return select(steps, value, value)
    raise InvalidTemplate(t("it takes one expression, such as {.status.startTime}"))


def _output(nodes: Sequence[_Node], value: Json, root: Json) -> Iterator[str]:
    for node in nodes:
        match node:
            case _Text():
                yield node.text
            case _Path():
                yield " ".join(_printed(each) for each in select(node.steps, value, root))
            case _Range():
                for each in select(node.path.steps, value, root):
                    yield from _output(node.body, each, root)


def _printed(value: Json) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool() | dict() | list():
            return to_text(value)
    return str(value)


# Reading


def _nodes(text: str, at: int, *, is_inside: bool) -> tuple[tuple[_Node, ...], int]:
    """Nodes up to the end, or to the ``{end}`` of the range that they are inside of."""
    nodes: list[_Node] = []
    while at < len(text):
        opening = text.find("{", at)
        if opening != at:
            until = len(text) if opening < 0 else opening
            nodes.append(_Text(text[at:until]))
            at = until
            continue
        reader = _Reader(text, at + 1)
        word = reader.word()
        if word == "end":
            at = reader.close()
            if not is_inside:
                raise reader.wrong(t("end without range"))
            return tuple(nodes), at
        if word == "range":
            path = _Path(tuple(reader.path()))
            body, at = _nodes(text, reader.close(), is_inside=True)
            nodes.append(_Range(path, body))
            continue
        nodes += reader.expressions()
        at = reader.close()
    if is_inside:
        raise InvalidTemplate(t("a range has no {end}"))
    return tuple(nodes), at


class _Reader:
    """Reads what stands in one pair of braces."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at

    def wrong(self, what: str) -> InvalidTemplate:
        where = t("{what} at character {n} of {text}", what=what, n=self._at + 1, text=self._text)
        return InvalidTemplate(where)

    def word(self) -> str:
        """``range`` or ``end``, taken; empty where neither stands there."""
        found = re.compile(r"\s*(range|end)(?=[\s}])").match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[1]

    def close(self) -> int:
        """The place after the closing brace."""
        self._skip()
        if not self._take("}"):
            is_end = self._at >= len(self._text)
            raise self.wrong(
                t("a brace that does not close") if is_end else t("no path goes on so")
            )
        return self._at

    def expressions(self) -> list[_Node]:
        """Paths and quoted texts, side by side."""
        nodes: list[_Node] = []
        self._skip()
        while self._at < len(self._text) and not self._sees("}"):
            if self._text[self._at] in "'\"":
                nodes.append(_Text(self._quoted()))
            else:
                nodes.append(_Path(tuple(self.path())))
            self._skip()
        return nodes

    def path(self) -> list[Step]:
        """A path: fields, brackets, ``..``; it ends before what is none."""
        self._skip()
        began = self._at
        steps = self._beginning()
        while (step := self._next_step()) is not None:
            steps += step
        if self._at == began:
            raise self.wrong(t("no path"))
        return steps

    def _beginning(self) -> list[Step]:
        """What stands before the first dot: ``$``, ``@``, nothing, or a name: {range items[*]}."""
        if self._take("$"):
            return [at_root]
        field = None if self._take("@") else _FIELD.match(self._text, self._at)
        if field is None:
            return []
        self._at = field.end()
        return [at_field(_unescaped(field[0]))]

    def _next_step(self) -> list[Step] | None:
        if self._take(".."):
            return [descendants] if self._sees("[") else [descendants, self._name()]
        if self._sees("[") or self._sees(".["):
            self._take(".")
            return [self._bracket()]
        if not self._take("."):
            return None
        is_all = self._at >= len(self._text) or self._text[self._at] in " }"
        return [] if is_all else [self._name()]  # {.} is all of it

    def _name(self) -> Step:
        if self._take("*"):
            return every
        found = _FIELD.match(self._text, self._at)
        if found is None:
            raise self.wrong(t("no name of a field"))
        self._at = found.end()
        return at_field(_unescaped(found[0]))

    def _bracket(self) -> Step:
        self._take("[")
        self._skip()
        if self._take("?("):
            step = self._filter()
        else:
            parts = [self._part()]
            while self._take(","):
                parts.append(self._part())
            step = parts[0] if len(parts) == 1 else Union(parts)
        self._skip()
        if not self._take("]"):
            raise self.wrong(t("no closing bracket"))
        return step

    def _part(self) -> Step:
        self._skip()
        if self._take("*"):
            return every
        if self._at < len(self._text) and self._text[self._at] in "'\"":
            raw = self._raw_quoted()
            names = [_unescaped(each) for each in re.split(r"(?<!\\)\.", raw)]
            self._skip()
            return at_quoted(_unescaped(raw), names)
        end = self._at
        while end < len(self._text) and self._text[end] not in ",]":
            end += 1
        found = _SLICE.match(self._text[self._at : end])
        if found is None or not found[0].strip():
            raise self.wrong(t("no index, slice or quoted name"))
        self._at = end
        first, colon, last, stride = found.groups()
        if colon is None:
            return at_index(int(first))
        if stride == "0":
            raise self.wrong(t("a slice goes by 1 or more"))
        return in_slice(slice(*(None if it is None else int(it) for it in (first, last, stride))))

    def _filter(self) -> Step:
        left = self._operand()
        self._skip()
        operator = next((each for each in OPERATORS if self._take(each)), None)
        right = self._operand() if operator else None
        self._skip()
        if not self._take(")"):
            raise self.wrong(t("no end of the filter, or what none has"))
        return filtered(left, operator, right)

    def _operand(self) -> Step:
        self._skip()
        if self._at < len(self._text) and self._text[self._at] in "'\"":
            return constant(self._quoted())
        for word, value in (("true", True), ("false", False)):
            if self._take(word):
                return constant(value)
        if (number := _NUMBER.match(self._text, self._at)) is not None:
            self._at = number.end()
            return constant(json.loads(number[0]))
        steps = self.path()
        return lambda value, root: select(steps, value, root)

    def _quoted(self) -> str:
        """The text between quotes, its escapes resolved."""
        return re.sub(r"\\(.)", _escape, self._raw_quoted())

    def _raw_quoted(self) -> str:
        quote, start = self._text[self._at], self._at + 1
        end = start
        while end < len(self._text) and self._text[end] != quote:
            end += 2 if self._text[end] == "\\" else 1
        if end >= len(self._text):
            raise self.wrong(t("a quote that does not end"))
        self._at = end + 1
        return self._text[start:end]

    def _skip(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _sees(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _take(self, text: str) -> bool:
        if not self._sees(text):
            return False
        self._at += len(text)
        return True


def _escape(found: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1])


def _unescaped(field: str) -> str:
    return re.sub(r"\\(.)", r"\1", field)
