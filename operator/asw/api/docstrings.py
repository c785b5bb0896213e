"""Descriptions of a class's attributes: the strings below them.

pydantic can read them as well, whenever a class is made; that takes half the time of making it, and
only those who write a schema want them.
"""

import ast
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise
from sys import modules


@cache
def attribute_docstrings(kind: type) -> dict[str, str]:
    """By the name of the attribute, those of its own bases included; a class's own go first."""
    found: dict[str, str] = {}
    for base in kind.__mro__:
        for name, text in _own(base).items():
            found.setdefault(name, text)
    return found


def _own(kind: type) -> dict[str, str]:
    """Those that stand in the class itself; pydantic's own base has fields of no schema."""
    if kind.__module__.partition(".")[0] in ("builtins", "pydantic", "typing"):
        return {}
    described: dict[str, str] = {}
    body = _class_bodies(kind.__module__).get(kind.__name__, [])
    for statement, after in pairwise(body):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            described[statement.target.id] = cleandoc(after.value.value)
    return described


@cache
def _class_bodies(module: str) -> dict[str, list[ast.stmt]]:
    tree = ast.parse(getsource(modules[module]))
    return {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}
