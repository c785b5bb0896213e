"""Payload templates (ASL: Parameters, ResultSelector, ItemSelector) and single expressions.

A key that ends in ``.$`` has an expression for its value: a path or an intrinsic call. All else
stands for itself.
"""

from functools import lru_cache
from typing import Final

from asw.asl.intrinsics import Call, evaluate_call, parse_call
from asw.asl.jsonpath import Path, PathSyntaxError, parse_path
from asw.asl.paths import read
from asw.asl.scope import Scope
from asw.asl.values import Json

MARK: Final = ".$"
"""What the name of a field that holds an expression ends in."""


def expand(template: Json, document: Json, scope: Scope, *, field: str = "Parameters") -> Json:
    """The template with its expressions evaluated; parts without any are shared, not copied."""
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
    """What a path or an intrinsic call is worth; ``field`` is where it stands (``name.$``)."""
    expression = _parse_expression(text)
    if isinstance(expression, Path):
        return read(expression, document, scope, field=field)
    return evaluate_call(expression, document, scope)


def check_expression(text: str) -> str | None:
    """What keeps the text from being a path or an intrinsic call, if anything."""
    try:
        _parse_expression(text)
    except PathSyntaxError as problem:
        return str(problem)
    return None


@lru_cache(maxsize=8192)
def _parse_expression(text: str) -> Path | Call:
    if text.startswith("$"):
        return parse_path(text)
    return parse_call(text)
