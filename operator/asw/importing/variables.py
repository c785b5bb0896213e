"""Fills in variables of the Serverless Framework, ``${source:name, otherwise}``. Pure.

Known sources are ``self``, ``file``, literals, and ``opt``, ``env``, ``param`` and ``sls:stage`` if
set on the command line; names without a source are those of Tencent's components. What only the
deployment knows stays as written.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from asw.asl.values import Json, JsonObject
from asw.failures import Failure
from asw.importing.cloud_yaml import MOST_VALUES, read_export
from asw.importing.found import Export
from asw.importing.intrinsics import ACCOUNT, REGION
from asw.importing.tokens import TOKEN
from asw.messages import t

_FILE: Final = re.compile(r"file\(([^)]+)\)(?::([\w.-]+))?")
_LITERAL: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_NUMBER: Final = re.compile(r"-?[0-9]+")
_NAME: Final = re.compile(r"[\w.-]+")
_SCRIPTS: Final = (".js", ".cjs", ".mjs", ".ts")
_ROUNDS: Final = 6
"""How often variables are filled in within the values of variables."""
_WORDS: Final = {
    "true": True,
    "false": False,
    "null": None,
    "aws:region": REGION,
    "aws:accountId": ACCOUNT,
}
_SOURCES: Final = ("", "self", "opt", "env", "param", "sls")
_UNKNOWN: Final = object()


def fill_in(content: JsonObject, export: Export) -> Any:
    """The content with its variables filled in. Raises Failure for a missing file."""
    for _ in range(_ROUNDS):
        filled = _filled(content, content, export)
        if sum(1 for _ in _values(filled, MOST_VALUES)) > MOST_VALUES:
            raise Failure(
                t("{name}: its variables contain each other", name=export.name),
                remedy=t("write the values in their place"),
            )
        if filled == content:
            break
        content = filled
    return content


def _values(value: Json, limit: int) -> Iterator[Json]:
    """Every value below this one, up to one more than the limit."""
    todo, count = [value], 0
    while todo and count <= limit:
        count += 1
        item = todo.pop()
        yield item
        if isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)


def _filled(value: Json, root: JsonObject, export: Export) -> Json:
    if isinstance(value, dict):
        return {key: _filled(item, root, export) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, root, export) for item in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    if whole := TOKEN.fullmatch(value):
        found = _first_known(whole[1], root, export)
        return value if found is _UNKNOWN else found
    return TOKEN.sub(lambda it: _in_text(it, _first_known(it[1], root, export)), value)


def _first_known(variable: str, root: JsonObject, export: Export) -> Any:
    """The value of the first known alternative."""
    for alternative in variable.split(","):
        found = _known(alternative.strip(), root, export)
        if found is not _UNKNOWN:
            return found
    return _UNKNOWN


def _known(name: str, root: JsonObject, export: Export) -> Any:
    if literal := _LITERAL.fullmatch(name):
        return literal[1] if literal[1] is not None else literal[2]
    if found := _FILE.fullmatch(name):
        return _from_file(found[1].strip(), found[2] or "", export)
    if _NUMBER.fullmatch(name):
        return int(name)
    return _WORDS[name] if name in _WORDS else _named(name, root, export)


def _named(name: str, root: JsonObject, export: Export) -> Any:
    """The value of a name: from the command line first, then from the file itself."""
    source, _, path = name.rpartition(":")
    if not _NAME.fullmatch(path) or source not in _SOURCES:
        return _UNKNOWN
    if path in export.values:
        return export.values[path]
    if name == "sls:stage":
        return _inside(root, "provider.stage", "dev")
    return _inside(root, path, _UNKNOWN) if source in ("", "self") else _UNKNOWN


def _inside(root: JsonObject, path: str, otherwise: Any) -> Any:
    """The value at a path of the file itself, unless it still is a variable."""
    found = _at(root, path)
    is_open = isinstance(found, str) and "${" in found
    return otherwise if found is None or is_open else found


def _from_file(path: str, inner: str, export: Export) -> Any:
    if path.endswith(_SCRIPTS):
        return _UNKNOWN
    text = export.files.text(path)
    if text is None:
        raise Failure(
            t("no file {path}, which {name} refers to", path=path, name=export.name),
            remedy=t("put it where the export says"),
        )
    return _at(read_export(text, path), inner)


def _at(value: Json, path: str) -> Json:
    for step in filter(None, path.split(".")):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _in_text(found: "re.Match[str]", value: Any) -> str:
    """The value as part of a text; inside another variable it becomes a literal."""
    if not isinstance(value, str | int | float):
        return found[0]
    before = found.string[: found.start()]
    is_within = before.count("${") > before.count("}")
    return f"'{value}'" if is_within else str(value)
