"""Tokens ``${Name}``, which stand for values given elsewhere. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from asw.asl.values import Json

TOKEN: Final = re.compile(r"\$\{([^${}]+)\}")


def tokens_of(value: Json) -> Iterator[str]:
    """Every token in the texts of a value, as written."""
    if isinstance(value, str):
        yield from (found[0] for found in TOKEN.finditer(value))
    elif isinstance(value, dict):
        for item in value.values():
            yield from tokens_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from tokens_of(item)


def fill(value: Json, values: Mapping[str, str]) -> Json:
    """The value with known tokens replaced."""
    if isinstance(value, str):
        return fill_text(value, values)
    if isinstance(value, dict):
        return {key: fill(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, values) for item in value]
    return value


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """The text with known tokens replaced."""
    return TOKEN.sub(lambda found: values.get(found[1].strip(), found[0]), text)
