"""JSON as AWS's ``$parse`` reads it: strict, save that strings may stand in single quotes."""

import json
import re
from typing import Final

from asw.asl.values import Json, finite, refuse_constant

_STRING: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)


def parse_json(text: str) -> Json:
    """The value that the text spells.

    Raises ValueError; an object with the same key twice and a number beyond the doubles are wrong.
    """
    if "'" in text:
        text = _STRING.sub(_double_quoted, text)
    try:
        return json.loads(
            text, parse_constant=refuse_constant, parse_float=finite, object_pairs_hook=_unique
        )
    except RecursionError:
        raise ValueError("the value is nested too deeply") from None


def _double_quoted(string: re.Match[str]) -> str:
    inner = string[1]
    if inner is None:
        return string[0]
    quoted = inner.replace("\\'", "'").replace('\\"', '"').replace('"', '\\"')
    return f'"{quoted}"'


def _unique(members: list[tuple[str, Json]]) -> Json:
    value = dict(members)
    if len(value) < len(members):
        raise ValueError("the object has a key twice")
    return value
