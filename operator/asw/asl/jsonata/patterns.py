"""Regular expressions outside JSONata, matched by its engine: the one that can be stopped in time.

Python's own cannot: a pattern such as ``(a+)+b`` would hold up every execution of the process.
"""

import re
from typing import Final

from asw.asl.budget import OverBudgetError
from asw.asl.jsonata.engine import Compiled, parse
from asw.asl.jsonata.errors import JSONataError

_PIECE: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|[()/]", re.DOTALL)
"""What the engine must be told about: escapes, classes, parentheses and slashes."""
_IN_CLASS: Final = re.compile(r"\\.|[()/]", re.DOTALL)
LONGEST: Final = 1000
"""The longest pattern, in characters: one ten times as long would take milliseconds to compile."""
_ATTEMPTS: Final = 5
_ANY_CASE: Final = "(?i)"


class Pattern:
    """A regular expression that a whole text must match.

    ``source`` has no slashes around it; it is JavaScript's, or begins with ``(?i)``, as Java's may.
    Raises JSONataError if it is not one.
    """

    __slots__ = ("_compiled",)

    def __init__(self, source: str, *, ignores_case: bool = False) -> None:
        if len(source) > LONGEST:
            raise JSONataError(f"Longer than {LONGEST} characters")
        bare = source.removeprefix(_ANY_CASE)
        _check_groups(bare)  # so that none of them closes ours
        escaped = _PIECE.sub(_escaped, bare)
        flags = "i" if ignores_case or bare != source else ""
        self._compiled: Compiled = parse(f"$contains($text, /^(?:{escaped})$/{flags})")
        self._try_out()

    def _try_out(self) -> None:
        """Compile it, which the engine does no earlier than it matches something.

        Paths are parsed where others wait, hence the short time, and the attempts for a processor
        that was busy with something else.
        """
        for _ in range(_ATTEMPTS):
            try:
                self._compiled.run({"text": ""}, None, is_small=True)
            except OverBudgetError:
                continue
            return
        raise JSONataError("It takes too long to match even an empty text")

    def matches(self, text: str) -> bool:
        """Whether the whole text matches. Raises OverBudgetError if that exceeds a limit."""
        try:
            return self._compiled.run({"text": text}, None) is True
        except JSONataError:  # what compiles has no other errors
            raise OverBudgetError from None


def _check_groups(source: str) -> None:
    """Raises JSONataError if a parenthesis closes none."""
    depth = 0
    for found in _PIECE.finditer(source):
        depth += (found[0] == "(") - (found[0] == ")")
        if depth < 0:
            raise JSONataError("Unmatched parenthesis in regular expression")


def _escaped(found: "re.Match[str]") -> str:
    """The piece as the engine wants it between slashes: it counts parentheses in classes, too."""
    piece = found[0]
    if piece.startswith("["):
        return _IN_CLASS.sub(lambda it: it[0] if it[0].startswith("\\") else f"\\{it[0]}", piece)
    return r"\/" if piece == "/" else piece
