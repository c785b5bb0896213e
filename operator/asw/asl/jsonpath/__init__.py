"""JSONPath as AWS reads it (Jayway's dialect): parsed once, walked often.

Our own parser, since a path must be refused before it runs when it is wrong, and a check that
refuses exactly the wrong ones is a parser already. Must not know states, fields or error names.
"""

from asw.asl.jsonpath.scanner import PathSyntaxError, Scanner
from asw.asl.jsonpath.segments import Path, Root
from asw.asl.jsonpath.syntax import LONGEST_KEPT, parse_path
from asw.asl.jsonpath.walk import explain_missing, find

__all__ = [
    "LONGEST_KEPT",
    "Path",
    "PathSyntaxError",
    "Root",
    "Scanner",
    "explain_missing",
    "find",
    "parse_path",
]
