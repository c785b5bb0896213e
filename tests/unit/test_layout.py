"""The tree keeps its shape: what newcomers are told about it stays true."""

import ast
import re
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter
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


def test_no_module_needs_itself() -> None:
    """Imports have no circle, late ones and those for types alone included."""
    names = {_module_name(path): path for path in SOURCES}
    needs = {name: _needs(path, names.keys()) - {name} for name, path in names.items()}
    TopologicalSorter(needs).prepare()


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT / "operator").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _needs(path: Path, known: Collection[str]) -> set[str]:
    """The modules of ours that a module imports: ``from a import b`` may name one as well."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            within = {f"{node.module}.{alias.name}" for alias in node.names} & known
            found |= within or {node.module}
    return found & known


_FOLDERS = ("asw", "bench", "charts", "crds", "dev", "docs", "examples", "functions", "tests")
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for it in _FOLDERS for page in (ROOT / it).rglob("*.md"))]
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_docs_name_what_exists(page: Path) -> None:
    """Files, links and verbs of make that a page names are there."""
    text = page.read_text()
    places = (ROOT, ROOT / "operator", page.parent)
    named = re.findall(rf"`((?:{'|'.join(_FOLDERS)})/[^`\s]*)`", text)
    for path in [each for name in named for each in _spelt_out(name)]:
        assert any((place / path).exists() for place in places), path
    for link in re.findall(r"\]\((?!https:)([^)#\s]+)", text):
        assert (page.parent / link).exists(), link
    makefile = (ROOT / "Makefile").read_text()
    for verb in re.findall(r"`make ([a-z-]+)", text):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb


def _spelt_out(name: str) -> Iterator[str]:
    """Paths that a name stands for: of ``a/{b,c}.py`` two."""
    before, brace, rest = name.partition("{")
    among, _, after = rest.partition("}")
    return (f"{before}{each}{after}" for each in among.split(",")) if brace else iter((name,))
