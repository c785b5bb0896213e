"""The tree keeps its shape: what newcomers are told about it stays true."""

import ast
import re
from pathlib import Path

import pytest

from asw.asl import errors

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "operator").rglob("*.py"))
LONGEST_MODULE = 400
LONGEST_FUNCTION = 50


def test_operator_is_a_source_root() -> None:
    """``operator/`` has no ``__init__.py``: with one it would shadow the standard library's."""
    assert not (ROOT / "operator" / "__init__.py").exists()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_stay_readable(path: Path) -> None:
    """Every module says what it is for, and no module or function outgrows its limit."""
    text = path.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert text.count("\n") <= LONGEST_MODULE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name


def test_every_error_name_is_documented() -> None:
    """docs/reference/errors.md lists every name of ours, and no name that is gone."""
    page = (ROOT / "docs/reference/errors.md").read_text()
    ours = {value for value in vars(errors).values() if str(value).startswith("Asw.")}
    assert set(re.findall(r"`(Asw\.\w+)`", page)) == ours


def test_constraints_hold_no_addresses() -> None:
    """The file of exact versions names packages and versions, nothing else."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert all(re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line) for line in lines)
