r"""Users' texts as a terminal may show them: without characters that move, colour or reverse.

Causes come from functions and services of others; an escape in one could clear the screen, or show
a different command from the one that is copied. kubectl escapes such characters in tables too
(CVE-2021-25743). Formats for programs and output of tasks stay unchanged. Pure.
"""

from typing import Final

_CONTROLS: Final = (*range(0x20), *range(0x7F, 0xA0))
_TURNING: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Unicode: embeddings, overrides and isolates of the direction of writing."""
_SHOWN: Final = {
    **{code: f"\\x{code:02x}" for code in _CONTROLS if chr(code) not in "\n\t"},
    **{code: f"\\u{code:04x}" for code in _TURNING},
}


def visible(text: str) -> str:
    """The text with such characters escaped; lines and tabs stay."""
    return text if text.isprintable() else text.replace("\r\n", "\n").translate(_SHOWN)


def one_line(text: str) -> str:
    """The same in one line."""
    return visible(" ".join(text.split()))
