"""``{% ... %}``: which strings of a definition are JSONata, and the source between the marks."""

from typing import Final, TypeGuard

from asw.asl.values import Json

_OPENING: Final = "{%"
_CLOSING: Final = "%}"


def is_expression(value: Json) -> TypeGuard[str]:
    """Whether the value is a string fully enclosed in the marks.

    AWS: a string with a blank before or after the marks is constant.
    """
    return (
        isinstance(value, str)
        and value.startswith(_OPENING)
        and value.endswith(_CLOSING)
        and len(value) >= len(_OPENING) + len(_CLOSING)
    )


def source_offset(text: str) -> int:
    """The offset of the source in the text, in characters."""
    return len(text) - len(text[len(_OPENING) :].lstrip())


def source_of(text: str) -> str:
    """The source between the marks, stripped, as AWS quotes it in its messages."""
    return text[len(_OPENING) : -len(_CLOSING)].strip()
