"""Cases with parameters: each row of values fills ``${name}`` in all texts of a case. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from asw.asl.values import Json, to_text
from asw.failures import nearest
from asw.messages import t

_MARK: Final = re.compile(r"\$?\$\{([^{}]*)\}")


class UnknownParameter(Exception):
    """A text names a parameter that the row lacks; the message lists those it has."""

    def __init__(self, name: str, row: Mapping[str, Json]) -> None:
        known = ", ".join(row) or t("none")
        told = t("no parameter {name!r} in this row; it has {known}", name=name, known=known)
        hint = nearest(name, row) or t("write $${...} for literal text")
        super().__init__(f"{told}: {hint}")


def filled(value: Json, row: Mapping[str, Json]) -> Json:
    """The value with every ``${name}`` filled in. Raises UnknownParameter.

    A text that is only ``${name}`` becomes the parameter's value, of any type; within other text it
    is written as text. ``$${`` stands for ``${``.
    """
    match value:
        case str():
            return _filled_text(value, row)
        case list():
            return [filled(item, row) for item in value]
        case dict():
            return {_filled_key(key, row): filled(item, row) for key, item in value.items()}
    return value


def rows_of(case: Json) -> Iterator[tuple[Json, Mapping[str, Json]]]:
    """The case filled in for each row of its parameters; the case itself if it has none.

    If rows do not change the name, their values are added to it. Raises UnknownParameter.
    """
    rows = case.get("parameters") if isinstance(case, dict) else None
    is_table = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if not is_table or not rows:
        yield case, {}
        return
    rest = {name: value for name, value in case.items() if name != "parameters"}
    for row in rows:
        made = filled(rest, row)
        if len(rows) > 1 and isinstance(made.get("name"), str) and made["name"] == rest["name"]:
            told = ", ".join(f"{name}={_as_text(value)}" for name, value in row.items())
            made = {**made, "name": f"{made['name']} [{told}]"}
        yield made, row


def _filled_text(text: str, row: Mapping[str, Json]) -> Json:
    whole = _MARK.fullmatch(text)
    if whole is not None and not text.startswith("$$"):
        return _value(whole[1], row)
    return _MARK.sub(lambda mark: _part(mark, row), text)


def _filled_key(key: str, row: Mapping[str, Json]) -> str:
    return _MARK.sub(lambda mark: _part(mark, row), key)


def _part(mark: re.Match[str], row: Mapping[str, Json]) -> str:
    return mark[0][1:] if mark[0].startswith("$$") else _as_text(_value(mark[1], row))


def _value(name: str, row: Mapping[str, Json]) -> Json:
    if name not in row:
        raise UnknownParameter(name, row)
    return row[name]


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else to_text(value)
