"""Payload templates (ASL: Parameters, ResultSelector, ItemSelector) and single expressions.

A key that ends in ``.$`` has an expression as its value: a path or an intrinsic call. Everything
else is literal.
"""

from functools import lru_cache
from typing import Final

from asw.asl.intrinsics import Call, evaluate_call, parse_call
from asw.asl.jsonpath import LONGEST_KEPT, Path, PathSyntaxError, parse_path
from asw.asl.paths import read
from asw.asl.scope import Scope
from asw.asl.values import Json

MARK: Final = ".$"
"""The ending of a field's name that marks an expression."""


def expand(template: Json, document: Json, scope: Scope, *, field: str = "Parameters") -> Json:
    """The template with its expressions evaluated; constant parts are shared, not copied."""
    if isinstance(template, dict):
        expanded = {}
        for key, value in template.items():
            if key.endswith(MARK):
                name = key.removesuffix(MARK)
                expanded[name] = evaluate_expression(value, document, scope, field=key)
            else:
                expanded[key] = expand(value, document, scope, field=field)
        return expanded
    if isinstance(template, list):
        return [expand(item, document, scope, field=field) for item in template]
    return template


def evaluate_expression(text: str, document: Json, scope: Scope, *, field: str) -> Json:
    """The value of a path or an intrinsic call; ``field`` is its field (``name.$``)."""
    expression = parse_expression(text)
    if isinstance(expression, Path):
        return read(expression, document, scope, field=field)
    return evaluate_call(expression, document, scope)


def check_expression(text: str) -> str | None:
    """Why the text is neither a path nor an intrinsic call; None if it is one."""
    try:
        parse_expression(text)
    except PathSyntaxError as problem:
        return str(problem)
    return None


def parse_expression(text: str) -> Path | Call:
    """The path or intrinsic call in the text. Raises PathSyntaxError."""
    return _parse_short(text) if len(text) <= LONGEST_KEPT else _parse(text)


def _parse(text: str) -> Path | Call:
    return parse_path(text) if text.lstrip().startswith("$") else parse_call(text)


_parse_short = lru_cache(maxsize=2048)(_parse)
