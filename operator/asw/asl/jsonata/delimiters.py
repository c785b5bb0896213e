"""``{% ... %}``: which strings of a definition are JSONata, and the source between the marks."""

from typing import Final, TypeGuard

from asw.asl.values import Json

_OPENING: Final = "{%"
_CLOSING: Final = "%}"


def is_expression(value: Json) -> TypeGuard[str]:
    """Whether the value is a string fully enclosed in the marks."""
    return (
        isinstance(value, str)
        and value.startswith(_OPENING)
        and value.endswith(_CLOSING)
        and len(value) >= len(_OPENING) + len(_CLOSING)
    )


def is_half_open(value: Json, *, is_field: bool) -> bool:
    """Whether the value is a string that AWS takes for an expression written wrongly.

    That is one with a mark that is a whole field, and one within a field that has a mark at one
    end. With something on both sides of the marks, even a blank, a string within is constant.
    """
    if not isinstance(value, str) or is_expression(value):
        return False
    if is_field:
        return _OPENING in value or _CLOSING in value
    return value.startswith(_OPENING) or value.endswith(_CLOSING)


def source_offset(text: str) -> int:
    """The offset of the source in the text, in characters."""
    return len(text) - len(text[len(_OPENING) :].lstrip())


def source_of(text: str) -> str:
    """The source between the marks, stripped, as AWS quotes it in its messages."""
    return text[len(_OPENING) : -len(_CLOSING)].strip()
