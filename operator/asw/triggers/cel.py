"""The engine of CEL: a library in Rust (common-expression-language); only this module knows it.

Its package also has a command line, which takes half a second and 20 MiB to load. So the engine is
loaded without the package around it.
"""

from collections.abc import Mapping
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, Final, Protocol

from asw.asl.values import Json


class Program(Protocol):
    """An expression that was read."""

    def execute(self, context: Mapping[str, Json]) -> Any:
        """Its value. Raises ArithmeticError, LookupError, RuntimeError, TypeError, ValueError."""

    def variables(self) -> list[str]:
        """The names that it reads, those that a macro binds included."""


def read(source: str) -> Program:
    """The expression as a program. Raises ValueError."""
    program: Program = _ENGINE.compile(source)
    return program


def _engine() -> ModuleType:
    package = find_spec("cel")
    places = None if package is None else package.submodule_search_locations
    found = None if places is None else PathFinder.find_spec("cel.cel", places)
    if found is None or found.loader is None:
        raise ImportError("common-expression-language is not installed")
    engine = module_from_spec(found)
    found.loader.exec_module(engine)
    return engine


_ENGINE: Final = _engine()
