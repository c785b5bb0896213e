"""The text of an execution's input: whether it is JSON, and AWS's sentence if it is not.

AWS reads the input with the Java library Jackson and quotes its message in InvalidExecutionInput.
Python's reader finds the same places; this module words them as Jackson does.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from asw.asl.values import DEEPEST_PAYLOAD, from_text, is_too_deep

_VALUE: Final = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'"
_SPACES: Final = " \t\r\n"
_CONTAINERS: Final = {"{": ("Object", "}"), "[": ("Array", "]")}
_TOKEN: Final = re.compile(r"[A-Za-z_$]\w*")
_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]*")
_REST_OF_NUMBER: Final = re.compile(r"\.(?:\d+[eE][+-]?)?|[eE][+-]?")
_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
"""Brackets, and whole strings, so that brackets inside strings do not count."""


def check_input_text(text: str) -> str | None:
    """Why the text cannot be an execution's input; None if it can.

    The sentence is what AWS puts between quotes after "Invalid State Machine Execution Input: ".
    """
    if not text.strip(_SPACES):
        return "No content to map due to end-of-input"
    try:
        value = from_text(text)
    except json.JSONDecodeError as problem:
        return _sentence(problem.msg, text, problem.pos)
    except ValueError as problem:
        return str(problem)
    if is_too_deep(value, text):
        return f"The value is nested more than {DEEPEST_PAYLOAD} deep"
    return None


def _sentence(found: str, text: str, at: int) -> str:
    """Jackson's sentence for what Python's reader found at this place."""
    said = next((said for start, said in _SENTENCES.items() if found.startswith(start)), None)
    if said is None:
        return found
    if said is _control:
        return said(text, at)
    # Newer readers point at the comma before the bracket, Jackson at the bracket.
    at += found.startswith("Illegal trailing comma")
    while at < len(text) and text[at] in _SPACES:
        at += 1
    return said(text, at) if at < len(text) else _ended(text)


def _wants_value(text: str, at: int) -> str:
    if text[at] == "-":
        follows = "expected digit (0-9) to follow minus sign, for valid numeric value"
        return _unexpected(text, at + 1, follows, " in numeric value")
    token = _TOKEN.match(text, at)
    if token is None:
        return _unexpected(text, at, f"expected a valid value ({_VALUE})")
    return f"Unrecognized token '{token[0]}': was expecting ({_VALUE})"


def _wants_name(text: str, at: int) -> str:
    return _unexpected(text, at, "was expecting double-quote to start field name")


def _wants_colon(text: str, at: int) -> str:
    return _unexpected(text, at, "was expecting a colon to separate field name and value")


def _wants_comma(text: str, at: int) -> str:
    if wrong := _wrong_number(text, at):
        return wrong
    opened = _opened(text, at)
    kind, closing = _CONTAINERS[text[opened]]
    if text[at] in "}]":
        start = f"{kind} starting at {_place(text, opened)}"
        return f"Unexpected close marker '{text[at]}': expected '{closing}' (for {start})"
    return _unexpected(text, at, f"was expecting comma to separate {kind} entries")


def _has_more(text: str, at: int) -> str:
    if wrong := _wrong_number(text, at):
        return wrong
    return f"Trailing token found after value at {_place(text, at)}"


def _unclosed(text: str, _at: int) -> str:
    if text.endswith("\\"):
        return "Unexpected end-of-input in character escape sequence"
    return "Unexpected end-of-input: was expecting closing quote for a string value"


def _control(text: str, at: int) -> str:
    needs = "has to be escaped using backslash to be included in string value"
    return f"Illegal unquoted character ({_described(text[at])}): {needs}"


def _bad_escape(text: str, at: int) -> str:
    return f"Unrecognized character escape {_described(text[at + 1])}"


def _bad_hexadecimal(text: str, at: int) -> str:
    wrong = _HEXADECIMAL.match(text, at + 1)
    assert wrong is not None, "any number of digits fits"
    return _unexpected(text, wrong.end(), "expected a hex-digit for character escape sequence")


_SENTENCES: Final[Mapping[str, Callable[[str, int], str]]] = {
    "Expecting value": _wants_value,
    "Expecting property name": _wants_name,
    "Illegal trailing comma before end of object": _wants_name,
    "Illegal trailing comma before end of array": _wants_value,
    "Expecting ':'": _wants_colon,
    "Expecting ','": _wants_comma,
    "Extra data": _has_more,
    "Unterminated string": _unclosed,
    "Invalid control character": _control,
    "Invalid \\escape": _bad_escape,
    "Invalid \\uXXXX": _bad_hexadecimal,
}


def _wrong_number(text: str, at: int) -> str:
    """What is wrong with a number of which Python's reader took only the first part; or empty."""
    taken = text[at - 1].isdigit()
    if taken and text[at].isdigit():
        return "Invalid numeric value: Leading zeroes not allowed"
    rest = _REST_OF_NUMBER.match(text, at) if taken else None
    if rest is None:
        return ""
    part = "Decimal point" if rest[0] == "." else "Exponent indicator"
    return _unexpected(text, rest.end(), f"{part} not followed by a digit", " in numeric value")


def _opened(text: str, at: int) -> int:
    """The position of the innermost bracket that is open at this place."""
    opened: list[int] = []
    for token in _BRACKET.finditer(text, 0, at):
        if token[0] in _CONTAINERS:
            opened.append(token.start())
        elif token[0] in ("}", "]"):
            opened.pop()
    return opened[-1] if opened else -1


def _ended(text: str) -> str:
    opened = _opened(text, len(text))
    if opened < 0:
        return "Unexpected end-of-input"
    kind, _ = _CONTAINERS[text[opened]]
    start = f"start marker at {_place(text, opened)}"
    return f"Unexpected end-of-input: expected close marker for {kind} ({start})"


def _unexpected(text: str, at: int, wanted: str, where: str = "") -> str:
    if at >= len(text):
        return f"Unexpected end-of-input{where}"
    return f"Unexpected character ({_described(text[at])}){where}: {wanted}"


def _place(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"[Source: UNKNOWN; line: {line}, column: {at - text.rfind(chr(10), 0, at)}]"


def _described(character: str) -> str:
    code = ord(character)
    if code < ord(" "):
        return f"(CTRL-CHAR, code {code})"
    if code > 0xFF:
        return f"'{character}' (code {code} / 0x{code:x})"
    return f"'{character}' (code {code})"
