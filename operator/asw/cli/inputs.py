"""The input of an execution as the command line gives it: JSON, a file, standard input."""

import sys
from pathlib import Path

from asw.asl.values import Json, from_text
from asw.failures import Failure
from asw.lint.faults import json_fault
from asw.lint.sources import Source
from asw.messages import t

STDIN = "-"


def read_input(text: str | None, file: str | None) -> tuple[bool, Json]:
    """Whether there is one, and its value. Raises Failure if it is not JSON.

    ``text`` is JSON, ``@FILE``, or ``-`` for standard input; ``file`` a path, or ``-``.
    """
    if text is not None and file is not None:
        raise Failure(
            t("--input and --input-file do not go together"), remedy=t("give one of them")
        )
    name = _file_of(text, file)
    if name is not None:
        return True, _parsed(_content(name), place_of_input(text, file))
    return (False, None) if text is None else (True, _parsed(text, "--input"))


def place_of_input(text: str | None, file: str | None) -> str:
    """The name of the input's place: the option, a file, or standard input."""
    name = _file_of(text, file)
    return "--input" if name is None else t("standard input") if name == STDIN else name


def _file_of(text: str | None, file: str | None) -> str | None:
    """The path that was given, or ``-``; None where the option itself holds the input, or none."""
    if text is None:
        return file
    return text.removeprefix("@") if text == STDIN or text.startswith("@") else None


def _content(name: str) -> str:
    """The text of a file or of standard input."""
    place = place_of_input(None, name)
    try:
        data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise Failure(
            t("cannot read {place}: {fault}", place=place, fault=error.strerror or error),
            remedy=t("--input takes JSON, @FILE, or - for standard input"),
        ) from error
    except UnicodeDecodeError as error:
        raise Failure(
            t("{place} is not UTF-8 text", place=place), remedy=t("save it as UTF-8")
        ) from error


def _parsed(text: str, place: str) -> Json:
    if not text.strip():
        raise Failure(
            t("{place} is empty: no JSON to read", place=place),
            remedy=_any_json(),
        )
    try:
        return from_text(text)
    except ValueError as error:
        raise _no_json(error, text, place) from error


def _no_json(error: ValueError, text: str, place: str) -> Failure:
    """What is wrong and where; for words of a shell, which removes quotes, with more help."""
    fault = json_fault(error, Source(place, text, is_json=True))
    at = fault.position
    message = (
        t("{place} is not JSON: {fault}", place=place, fault=fault.message)
        if at is None
        else t(
            "{place} is not JSON: line {line}, column {column}: {fault}",
            place=place,
            line=at.line,
            column=at.column,
            fault=fault.message,
        )
    )
    remedy = fault.remedy if place != "--input" else ""
    return Failure(message, remedy=remedy or _any_json())


def _any_json() -> str:
    return t("""an input is any JSON value, such as {} or '{"name": "Ada"}' or '"Ada"'""")
