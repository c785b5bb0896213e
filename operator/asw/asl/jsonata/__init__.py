"""JSONata 2.0.6 as AWS runs it: checked when a workflow is written, evaluated by a compiled engine.

The engine is a library (jlens); only ``engine`` here imports it, so that another one can take its
place. It costs time to load, so it is loaded where the first expression is. Must not know states,
fields or error names of ASL: what ``$states`` holds is the caller's.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from asw.asl.jsonata.delimiters import is_expression, source_of, source_offset
from asw.asl.jsonata.paths import steps_of

if TYPE_CHECKING:
    from asw.asl.jsonata.check import Fault, check_source, find_faults, variables_in
    from asw.asl.jsonata.errors import MEMORY, JSONataError, UnsupportedResultError
    from asw.asl.jsonata.evaluate import evaluate

__all__ = [
    "MEMORY",
    "Fault",
    "JSONataError",
    "UnsupportedResultError",
    "check_source",
    "evaluate",
    "find_faults",
    "is_expression",
    "source_of",
    "source_offset",
    "steps_of",
    "variables_in",
]

_MODULES = {
    "MEMORY": "errors",
    "Fault": "check",
    "JSONataError": "errors",
    "UnsupportedResultError": "errors",
    "check_source": "check",
    "evaluate": "evaluate",
    "find_faults": "check",
    "variables_in": "check",
}


def __getattr__(name: str) -> Any:
    """What needs the engine, loaded when it is asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found
