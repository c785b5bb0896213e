r"""Texts of users as a terminal may show them: nothing in them moves, colours or turns round.

Causes come from functions and services that nobody here wrote; an escape in one could clear the
screen, or show another command than is copied. kubectl escapes such signs in tables too
(CVE-2021-25743). Formats for programs and what tasks print stay as they are. Pure.
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
    """The text with such signs as escapes; lines and tabs stay."""
    return text if text.isprintable() else text.replace("\r\n", "\n").translate(_SHOWN)


def one_line(text: str) -> str:
    """The same where there is room for one line."""
    return visible(" ".join(text.split()))
