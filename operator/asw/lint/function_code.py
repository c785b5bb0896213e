"""Checks whether the runtimes of Functions can load their code. Pure.

Nothing is run: what only running would show is assumed to work.
"""

import ast
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from asw.api.function import PYTHONS
from asw.api.package_lock import PACKAGE_LOCK, REQUIREMENTS
from asw.failures import nearest, some_of
from asw.lint import nodejs_code
from asw.lint.findings import Finding
from asw.lint.hints import translated
from asw.lint.manifests import Manifests, Placed
from asw.lint.rules import INVALID_CODE, INVALID_FIELD, MISSING_HANDLER, MISSING_MODULE
from asw.lint.sources import Position
from asw.messages import t
from asw.platforms.local.requirements import brings, included, lock_in, required

if TYPE_CHECKING:
    from asw.api.function import Function

_OURS: Final = frozenset({"asw_runtime"})
_MAKES_NAMES: Final = frozenset({"exec", "eval", "globals", "locals", "setattr", "vars"})
"""Calls that may define names which the text of a module does not show."""
_IMPORT_ERRORS: Final = frozenset({"ImportError", "ModuleNotFoundError", "Exception"})
_APART: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
"""Nodes with a scope of their own."""
_SCRIPT: Final = "index.sh"
"""The default handler of runtime shell; with a single file it may have any name."""


def code_findings(manifests: Manifests) -> Iterator[Finding]:
    """What prevents, or may prevent, the runtime of a Function from loading its code."""
    for placed in manifests.functions.values():
        files, steps = _files(placed.object, manifests)
        runtime = placed.object.spec.runtime
        if files and runtime in PYTHONS:
            yield from _of_python(placed, files, steps)
        elif files and runtime == "nodejs":
            yield from _of_nodejs(placed, files)
        elif files and runtime == "shell":
            yield from _of_shell(placed, files)


def lock_findings(manifests: Manifests) -> Iterator[Finding]:
    """What prevents a cluster from installing spec.packages of Functions."""
    for placed in manifests.functions.values():
        packages = placed.object.spec.packages
        problem = None if packages is None else packages.problem
        if packages is not None and problem is not None:
            steps = ("spec", "packages", packages.lock_field)
            yield placed.origin.finding(INVALID_FIELD, translated(problem), at=steps)


def package_findings(manifests: Manifests) -> Iterator[Finding]:
    """Functions that a cluster cannot run as they are: nobody has asked for their packages."""
    for placed in manifests.functions.values():
        if placed.object.spec.packages is not None:
            continue
        files, _ = _files(placed.object, manifests)
        runtime, image = placed.object.spec.runtime, placed.object.spec.image
        lock = None if image is not None else lock_in(runtime, files)
        if lock == REQUIREMENTS:
            named = included(REQUIREMENTS, files).values()
            names = [name for text in named for _, name in required(text)]
            yield _needing_image(placed, REQUIREMENTS, names)
        elif lock is not None:
            yield _needing_image(placed, lock, [])


def _needing_image(placed: "Placed[Function]", lock: str, names: Sequence[str]) -> Finding:
    shown = t("{file} lists {names}", file=lock, names=some_of(names)) if names else lock
    message = t("{packages}: the image of its runtime does not have them", packages=shown)
    remedy = t(
        "asw build makes an image that has them, and writes spec.image; or have a cluster with "
        "a package index install them: spec.packages",
    )
    found = placed.origin.finding(MISSING_MODULE, message, remedy, at=("spec", "code"))
    return replace(found, severity="WARNING")


def foreign_modules(texts: Mapping[str, str]) -> list[str]:
    """Names of imported modules that neither runtime python3, nor the files, nor a package has."""
    known = sys.stdlib_module_names | _OURS
    known |= {name.partition("/")[0].removesuffix(".py") for name in texts}
    lock = texts.get(REQUIREMENTS, "")
    return sorted(it for it in imported_by(texts) - known if not brings(lock, it))


def imported_by(texts: Mapping[str, str]) -> set[str]:
    """Top-level names of the modules that the files import; files that do not parse are skipped.

    Optional imports are left out: those whose failure is caught, and those for types only.
    """
    found: set[str] = set()
    for name, text in texts.items():
        if "." in name and not name.endswith(".py"):
            continue
        try:
            tree = _parsed(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        found.update(_imports(tree))
    return found


def _files(function: "Function", manifests: Manifests) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The files by name, if available, and the steps to the object that holds them.

    The lock of spec.packages is among them: it says what the code may import.
    """
    code, packages = function.spec.code, function.spec.packages
    lock = {} if packages is None else packages.files
    if code is None:
        return {}, ()
    if code.inline is not None:
        return {**code.inline, **lock}, ("spec", "code", "inline")
    known = manifests.config_maps
    is_known = all(it.name in known for it in code.maps)
    return {**code.files(known), **lock} if is_known else {}, ()


def _of_python(
    placed: "Placed[Function]", files: Mapping[str, str], steps: tuple[str, ...]
) -> Iterator[Finding]:
    handler = placed.object.handler or ""
    module, _, name = handler.rpartition(".")
    stem = module.replace("/", ".").lstrip(".").replace(".", "/")
    main = next((file for file in (f"{stem}/__init__.py", f"{stem}.py") if file in files), None)
    trees: dict[str, ast.Module] = {}
    for file, text in files.items():
        if file.endswith(".py"):
            try:
                trees[file] = _parsed(text)
            except SyntaxError as error:
                found = _no_python(placed, file, error, steps)
                yield found if file == main else replace(found, severity="WARNING")
            except (ValueError, RecursionError, MemoryError):
                continue
    if not module:
        message = t("handler {name} does not name a function", name=handler)
        remedy = t("write it as module.function: index.main_handler")
        yield _at_handler(placed, message, remedy)
    elif main is None:
        yield _without_file(placed, handler, f"{stem}.py", files)
    elif main in trees and (names := _names_of(trees[main])) is not None and name not in names:
        message = t("{file} defines no {name}, which the handler names", file=main, name=name)
        yield _at_handler(placed, message, nearest(name, names))
    has_packages = placed.object.spec.image is not None
    if not has_packages and (foreign := foreign_modules(files)):
        yield _lacking(placed, foreign, has_lock=REQUIREMENTS in files)


def _of_nodejs(placed: "Placed[Function]", files: Mapping[str, str]) -> Iterator[Finding]:
    handler = placed.object.handler or ""
    found = nodejs_code.read_handler(handler)
    if found is None:
        message = t("handler {name} does not name a function", name=handler)
        yield _at_handler(placed, message, t("write it as module.function: index.main_handler"))
        return
    module, name = found
    main = nodejs_code.main_file(module, files)
    if main is None:
        yield _without_file(placed, handler, f"{module}.js", files)
    elif (names := nodejs_code.names_without(name, files[main])) is not None:
        message = t("{file} defines no {name}, which the handler names", file=main, name=name)
        yield _at_handler(placed, message, nearest(name, names))
    has_packages = placed.object.spec.image is not None
    lock = files.get(PACKAGE_LOCK, "")
    foreign = [
        it for it in nodejs_code.foreign_packages(files) if f'"node_modules/{it}"' not in lock
    ]
    if foreign and not has_packages:
        yield _lacking(placed, foreign, has_lock=bool(lock))


def _of_shell(placed: "Placed[Function]", files: Mapping[str, str]) -> Iterator[Finding]:
    handler = placed.object.handler or _SCRIPT
    if handler not in files and not (handler == _SCRIPT and len(files) == 1):
        yield _without_file(placed, handler, handler, files)


def _without_file(
    placed: "Placed[Function]", handler: str, file: str, files: Mapping[str, str]
) -> Finding:
    message = t("the code has no file {file}, which handler {name} names", file=file, name=handler)
    listing = t("it has {names}", names=some_of(sorted(files)))
    return _at_handler(placed, message, nearest(file, files) or listing)


def _at_handler(placed: "Placed[Function]", message: str, remedy: str) -> Finding:
    at = ("spec", "handler") if placed.object.spec.handler else ("spec", "code")
    return placed.origin.finding(MISSING_HANDLER, message, remedy, at=at)


def _lacking(placed: "Placed[Function]", foreign: Sequence[str], *, has_lock: bool) -> Finding:
    """A warning only: an installation may use its own image for the runtime."""
    names = some_of(foreign)
    runtime = placed.object.spec.runtime
    lock = PACKAGE_LOCK if runtime == "nodejs" else REQUIREMENTS
    if has_lock:
        message = t("it imports {names}, which {file} does not list", names=names, file=lock)
        remedy = t("add the package that brings it to {file}", file=lock)
    else:
        message = t(
            "it imports {names}, which the image of runtime {runtime} lacks",
            names=names,
            runtime=runtime,
        )
        remedy = t(
            "list its package in a {file} beside the code, and let asw build make an image of "
            "it, or a cluster with a package index install it: spec.packages",
            file=lock,
        )
    found = placed.origin.finding(MISSING_MODULE, message, remedy, at=("spec", "code"))
    return replace(found, severity="WARNING")


def _no_python(
    placed: "Placed[Function]", file: str, error: SyntaxError, steps: tuple[str, ...]
) -> Finding:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    line = error.lineno or 1
    message = t(
        "{file}, line {line}: not valid Python {version}: {reason}",
        file=file,
        line=line,
        version=version,
        reason=error.msg,
    )
    if (folder := placed.origin.code) is not None:
        column = error.offset or 1
        there = Position(line=line, column=column, end_line=line, end_column=column + 1)
        found = placed.origin.finding(INVALID_CODE, message, at=("spec", "code", "path"))
        return replace(found, file=str(folder / file), position=there, source=None)
    at = (*steps, file) if steps else ("spec", "code")
    found = placed.origin.finding(INVALID_CODE, message, at=at)
    return replace(found, position=_line_within(placed, at, error) or found.position)


def _line_within(
    placed: "Placed[Function]", at: tuple[str, ...], error: SyntaxError
) -> Position | None:
    """The place of the mistake in a YAML block, whose lines are those of the code; else None."""
    source, block = placed.origin.source, placed.origin.position(at, "value")
    code = (error.text or "").strip()
    if source is None or block is None or not code:
        return None
    number = block.line + (error.lineno or 1)
    start = source.line(number).find(code)
    if start < 0:
        return None
    indented = len(error.text or "") - len((error.text or "").lstrip())
    column = start + max((error.offset or 1) - indented, 1)
    return Position(line=number, column=column, end_line=number, end_column=column + 1)


def _parsed(text: str) -> ast.Module:
    """The tree of a file that compiles.

    Raises SyntaxError; very deep or odd text raises ValueError, RecursionError or MemoryError.
    """
    text = text.removeprefix("\ufeff")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are about style
        tree = ast.parse(text)
        compile(tree, "<code>", "exec", dont_inherit=True)
        return tree


def _names_of(tree: ast.Module) -> set[str] | None:
    """The names of the module once it is loaded; None if its text does not tell."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(it.name == "*" for it in node.names):
            return None
        if isinstance(node, ast.Name) and node.id in _MAKES_NAMES:
            return None
        if isinstance(node, ast.Global):
            names.update(node.names)
    for node in _at_top(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(it.asname or it.name.partition(".")[0] for it in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return None if "__getattr__" in names else names


def _at_top(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes that run when the module is loaded: nothing inside functions and classes."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        for child in ast.iter_child_nodes(waiting.pop()):
            yield child
            if not isinstance(child, _APART):
                waiting.append(child)


def _imports(tree: ast.Module) -> Iterator[str]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        spared = _spared(node)
        waiting += (child for child in ast.iter_child_nodes(node) if child not in spared)


def _spared(node: ast.AST) -> Sequence[ast.stmt]:
    """Statements of the node whose imports are optional."""
    if isinstance(node, ast.Try) and any(map(_takes_import_errors, node.handlers)):
        return node.body
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name | ast.Attribute):
        name = node.test.id if isinstance(node.test, ast.Name) else node.test.attr
        return node.body if name == "TYPE_CHECKING" else ()
    return ()


def _takes_import_errors(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(
        isinstance(node, ast.Name) and node.id in _IMPORT_ERRORS for node in ast.walk(handler.type)
    )
