"""JSONPath as AWS reads it (Jayway's dialect): parsed once, walked often.

Our own parser, because a wrong path must be refused before it runs, and a check that refuses
exactly the wrong ones is already a parser. Must not know states, fields or error names.
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
