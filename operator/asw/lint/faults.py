"""Why a text is not JSON or YAML, in helpful words: what, where, and what to do. Pure."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from asw.lint.sources import Position, Source
from asw.messages import t

if TYPE_CHECKING:
    import yaml

INVALID_JSON: Final = "INVALID_JSON_DESCRIPTION"
INVALID_YAML: Final = "InvalidYaml"

_WORDS: Final[Mapping[str, str]] = {
    "True": "true",
    "False": "false",
    "None": "null",
    "undefined": "null",
    "nil": "null",
}
_WORD: Final = re.compile(r"[A-Za-z_$][\w$.-]*")
_TAG: Final = re.compile(r"tag '(?:tag:yaml\.org,2002:)?([^']*)'")
_BARE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b', re.DOTALL)


class Fault(NamedTuple):
    """What is wrong, how to fix it, and where it is."""

    message: str
    remedy: str
    position: Position | None


def json_fault(error: ValueError, source: Source) -> Fault:
    """The fault that Python's JSON reader reports, with what was probably meant."""
    if not isinstance(error, json.JSONDecodeError):
        return _json_value_fault(error, source)
    message, remedy = _json_words(error, source.text)
    at = offset_of(error, source.text)
    return Fault(message, remedy, source.at_offset(at) if source.text else None)


def offset_of(error: json.JSONDecodeError, text: str) -> int:
    """The offset of the mistake in the text, the same on every version of Python."""
    if error.msg.startswith("Expecting ',' delimiter"):
        return max(len(text[: error.pos].rstrip()) - 1, 0)
    if error.msg.startswith("Illegal trailing comma"):  # Python 3.13: at the comma, not the bracket
        return len(text) - len(text[error.pos + 1 :].lstrip())
    return min(error.pos, max(len(text) - 1, 0))


def _json_value_fault(error: ValueError, source: Source) -> Fault:
    """A number or constant that JSON lacks; the reader does not say where it is."""
    for found in _BARE.finditer(source.text):
        if found[0][0] != '"':
            return Fault(
                str(error), t("write a number, a string or null"), source.at_offset(found.start())
            )
    return Fault(str(error), "", None)


def _json_words(error: json.JSONDecodeError, text: str) -> tuple[str, str]:
    look = _Look(error.msg, text[: error.pos].rstrip(), text[error.pos :].lstrip())
    for is_meant, say in _JSON_SLIPS:
        if is_meant(look):
            return say()
    word = _WORD.match(look.rest)
    if word and word[0] in _WORDS:
        return t("JSON has no {word}", word=word[0]), t("write {word}", word=_WORDS[word[0]])
    if word:
        return t("text without quotes: {word}", word=word[0]), t('write "..."')
    if error.msg == "Expecting value":
        return t("a value is missing here"), t("write it, such as null or {}")
    return error.msg, ""


class _Look(NamedTuple):
    """The reader's message, and the text on both sides of where it stopped."""

    said: str
    before: str
    rest: str


_Slip: TypeAlias = "tuple[Callable[[_Look], bool], Callable[[], tuple[str, str]]]"

_JSON_SLIPS: Final[Sequence[_Slip]] = (
    (
        lambda it: not it.before and not it.rest,
        lambda: (
            t("the file is empty"),
            t('a definition is an object with "StartAt" and "States"'),
        ),
    ),
    (
        lambda it: (
            it.said.startswith("Illegal trailing comma")
            or (it.before.endswith(",") and it.rest[:1] in ("}", "]"))
        ),
        lambda: (t("a comma before a closing bracket"), t("remove the comma")),
    ),
    (
        lambda it: it.rest.startswith(("//", "/*", "#")),
        lambda: (t("JSON has no comments"), t('put it into a "Comment" field, or write YAML')),
    ),
    (
        lambda it: it.rest.startswith("'"),
        lambda: (t("JSON does not allow single quotes"), t('write "..."')),
    ),
    (
        lambda it: not it.rest,
        lambda: (
            t("the text ends before the last bracket is closed"),
            t("close it, or add the rest"),
        ),
    ),
    (
        lambda it: it.said.startswith("Expecting ',' delimiter"),
        lambda: (
            t("a comma is missing here, or a closing bracket"),
            t("add it after this value"),
        ),
    ),
    (
        lambda it: it.said.startswith("Expecting ':' delimiter"),
        lambda: (t("a colon is missing after this name"), t('write "name": value')),
    ),
    (
        lambda it: it.said.startswith("Extra data"),
        lambda: (
            t("something follows the end of the JSON value"),
            t("remove it; a file of several documents is YAML, with --- between them"),
        ),
    ),
    (
        lambda it: it.said.startswith("Invalid control character"),
        lambda: (
            t("a string runs past the end of its line, or contains a tab"),
            t(r"close the quotes, or write \n and \t"),
        ),
    ),
    (
        lambda it: it.said.startswith("Unterminated string"),
        lambda: (t("a string without closing quotes"), t("close the quotes")),
    ),
    (
        lambda it: it.said.startswith("Invalid \\"),
        lambda: (t("no such escape in a string"), t(r"write \\ for a backslash")),
    ),
    (
        lambda it: it.said.startswith("Expecting property name"),
        lambda: (
            t("the name of a field must be in double quotes"),
            t('write "name": value'),
        ),
    ),
)
"""Slips, the more certain ones first, with the message for each."""


def yaml_fault(error: "yaml.YAMLError", source: Source) -> Fault:
    """The fault that the YAML reader reports, with what was probably meant."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is None:
        at = getattr(error, "position", None)
        position = source.at_offset(at) if isinstance(at, int) and at < len(source.text) else None
        is_control = "unacceptable character" in str(problem)
        return Fault(
            str(problem), t("remove the control character") if is_control else "", position
        )
    at = min(mark.index, max(len(source.text) - 1, 0))
    opened = getattr(error, "context_mark", None)
    line = source.line(mark.line + 1)
    if "\t" in line[: mark.column + 1] and not line[: mark.column].strip():
        message, remedy = t("a tab in the indentation"), t("indent with spaces")
    else:
        message, remedy = str(problem), _yaml_remedy(str(problem), line, opened)
    return Fault(message, remedy, source.at_offset(at) if source.text else None)


def _yaml_remedy(problem: str, line: str, opened: "yaml.Mark | None") -> str:
    if problem.startswith("could not determine a constructor for the tag"):
        return _tag_remedy(problem)
    for beginning, remedy in _YAML_REMEDIES.items():
        if problem.startswith(beginning):
            since = 0 if opened is None else opened.line + 1
            return remedy(since)
    return t("fix the indentation, brackets or quotes here or above") if line.strip() else ""


_YAML_REMEDIES: Final[Mapping[str, Callable[[int], str]]] = {
    "mapping values are not allowed": lambda _: t(
        "quote a value that contains a colon, or fix the indentation"
    ),
    "did not find expected node content": lambda _: t(
        "write a value here, or close the bracket that is open"
    ),
    "did not find expected ',' or": lambda line: t(
        "close the bracket that opens in line {line}", line=line
    ),
    "found unexpected end of stream": lambda line: t(
        "close the quotes that open in line {line}", line=line
    ),
    "could not find expected ':'": lambda line: t("write name: value in line {line}", line=line),
    "found character that cannot start any token": lambda _: t(
        "quote a value that begins with @, % or a backquote"
    ),
    "found unknown escape character": lambda _: t("put text with backslashes into single quotes"),
    "found undefined alias": lambda _: t(
        "quote a value that begins with *, or define the anchor first"
    ),
}
"""By the beginning of the reader's message; the line is where the construct begins."""


def _tag_remedy(problem: str) -> str:
    tag = _TAG.search(problem)
    if tag and tag[1].startswith(("!Ref", "!Sub", "!GetAtt", "!Join", "!Fn")):
        return t("this is a CloudFormation template: asw import makes manifests of it")
    return t("manifests have no tags: remove it, or quote the value")
