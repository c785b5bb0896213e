"""JSONata 2.0.6 as AWS runs it: checked when a workflow is written, evaluated by a compiled engine.

The engine is a library (jlens); only ``engine`` here imports it, so that another one can take its
place. Must not know states, fields or error names of ASL: what ``$states`` holds is the caller's.
"""

from asw.asl.jsonata.check import Fault, check_source, find_faults, variables_in
from asw.asl.jsonata.delimiters import is_expression, source_of
from asw.asl.jsonata.errors import JSONataError, UnsupportedResultError
from asw.asl.jsonata.evaluate import evaluate

__all__ = [
    "Fault",
    "JSONataError",
    "UnsupportedResultError",
    "check_source",
    "evaluate",
    "find_faults",
    "is_expression",
    "source_of",
    "variables_in",
]
