"""What AWS says of a definition that is no JSON.

AWS reads it with the Java library Jackson and gives its message, and for the location what the
message ends in: the text itself, and where in it the reader had come.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from asw.asl.execution_input import check_input_text

LONGEST_QUOTE: Final = 500
"""Jackson: characters of the text that it quotes."""
_NOWHERE: Final = "[Source: UNKNOWN;"
_TOKEN: Final = re.compile(r"Unrecognized token '([^']*)'")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACES: Final = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class JsonFault:
    """Jackson's message, and the place that it names."""

    sentence: str
    location: str


def sentence_of(error: json.JSONDecodeError) -> JsonFault:
    """Jackson's message for what Python's reader found; Python's own where that is unknown."""
    text = error.doc
    said = check_input_text(text) or error.msg
    source = f"[Source: {_quoted(text)};"
    location = f"{source} {_reached(error, said)}]"
    sentence = said.replace(_NOWHERE, source)
    return JsonFault(f"{sentence}\n at {location}", location)


def _quoted(text: str) -> str:
    quoted = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text[:LONGEST_QUOTE])
    left_out = len(text) - LONGEST_QUOTE
    return f'(String)"{quoted}"' + (f"[truncated {left_out} chars]" if left_out > 0 else "")


def _reached(error: json.JSONDecodeError, said: str) -> str:
    """Where Jackson stands when it complains: behind the character or the token that is wrong."""
    text = error.doc
    spaces = _SPACES.match(text, error.pos)
    at = spaces.end() if spaces else error.pos
    token = _TOKEN.match(said)
    at = min(at + (len(token[1]) if token else 1), len(text))
    line = text.count("\n", 0, at) + 1
    return f"line: {line}, column: {at - text.rfind(chr(10), 0, at)}"
