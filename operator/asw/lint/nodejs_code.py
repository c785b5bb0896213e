"""What the text of Node.js files shows without running them. Pure.

JavaScript is not parsed: words are looked for, so that only what certainly fails counts as missing.
"""

import re
from collections.abc import Mapping
from typing import Final

EXTENSIONS: Final = ("", ".js", ".mjs", ".cjs")
"""Of the file that a handler names, in the order in which the runtime looks for them."""

BUILT_IN: Final = frozenset(
    """
    assert async_hooks buffer child_process cluster console constants crypto dgram
    diagnostics_channel dns domain events fs http http2 https inspector module net
    os path perf_hooks process punycode querystring readline repl stream
    string_decoder sys timers tls trace_events tty url util v8 vm wasi
    worker_threads zlib
    """.split()  # noqa: SIM905 -- 40 names
)
"""Modules of Node.js itself."""

_HANDLER: Final = re.compile(r"((?:.*/)?[^./]+)\.([\w$]+)(?:\.[\w$]+)*")
_IMPORT: Final = re.compile(
    r"""(?:\brequire\s*\(|\bfrom|\bimport\s*\(?)\s*(['"])(?P<name>[^'"\s]+)\1"""
)
_EXPORT: Final = re.compile(
    r"\bexports\.([\w$]+)|\bexport\s+(?:async\s+)?(?:function\*?|const|let|var|class)\s+([\w$]+)"
)
_ANY_NAME: Final = re.compile(r"\bexport\s*\*|\bmodule\.exports\s*=|\bexports\s*\[|\.assign\(")
"""Exports whose names the text need not spell."""
_ES_SYNTAX: Final = re.compile(r"^\s*(?:import\s+[\w{*'\"]|export\s+)", re.MULTILINE)


def read_handler(handler: str) -> tuple[str, str] | None:
    """Module and name of the export that a handler names; None if it is not of this form."""
    found = _HANDLER.fullmatch(handler)
    return (found[1], found[2]) if found else None


def main_file(module: str, files: Mapping[str, str]) -> str | None:
    """The file that the runtime loads for the module."""
    return next((module + it for it in EXTENSIONS if module + it in files), None)


def names_without(name: str, text: str) -> list[str] | None:
    """The names that the file exports if this is certainly none of them; else None."""
    if re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) or _ANY_NAME.search(text):
        return None
    return [one or other for one, other in _EXPORT.findall(text)]


def foreign_packages(texts: Mapping[str, str]) -> list[str]:
    """Names of imported packages that are neither the code's own files nor of Node.js."""
    found = set()
    for module in _imports(texts):
        scope, _, rest = module.partition("/")
        package = f"{scope}/{rest.partition('/')[0]}" if scope.startswith("@") else scope
        if not package.startswith((".", "#", "node:")) and scope and package not in BUILT_IN:
            found.add(package)
    return sorted(found)


def folders_imported(texts: Mapping[str, str]) -> set[str]:
    """Names of folders beside the files that these import from."""
    beside = (re.match(r"\./([^./]+)/", module) for module in _imports(texts))
    return {it[1] for it in beside if it}


def is_es_module(text: str) -> bool:
    """Whether the file reads like an ES module, which needs the name or the type of one."""
    return _ES_SYNTAX.search(text) is not None


def _imports(texts: Mapping[str, str]) -> set[str]:
    code = (text for name, text in texts.items() if name.endswith(EXTENSIONS[1:]))
    return {it["name"] for text in code for it in _IMPORT.finditer(text)}
