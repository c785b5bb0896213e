"""JSONata 2.0.6 as AWS runs it: checked when a workflow is parsed, evaluated by a compiled engine.

The engine is a library (jlens); only ``engine`` imports it, so it can be replaced. Loading it takes
time, so it is loaded with the first expression. Must not know states, fields or error names of
ASL: the caller decides what ``$states`` holds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from asw.asl.jsonata.delimiters import is_expression, is_half_open, source_of, source_offset
from asw.asl.jsonata.paths import steps_of

if TYPE_CHECKING:
    from asw.asl.jsonata.check import Fault, check_source, find_faults, variables_in
    from asw.asl.jsonata.errors import MEMORY, JSONataError, UnsupportedResultError
    from asw.asl.jsonata.evaluating import evaluate

__all__ = [
    "MEMORY",
    "Fault",
    "JSONataError",
    "UnsupportedResultError",
    "check_source",
    "evaluate",
    "find_faults",
    "is_expression",
    "is_half_open",
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
    "evaluate": "evaluating",
    "find_faults": "check",
    "variables_in": "check",
}


def __getattr__(name: str) -> Any:
    """Load what needs the engine when it is first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found
