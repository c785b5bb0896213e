"""What is wrong with a definition, and what would mend it, in the language of its user. Pure.

The layers below write in English; services that only a cloud has come with what to use instead.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final, TypeAlias

from asw.asl.problems import NOT_SUPPORTED, Problem
from asw.messages import language

_Forms: TypeAlias = tuple[tuple[re.Pattern[str], str], ...]
_HOLES: Final[Mapping[str, str]] = {
    "{}": "(.+?)",
    "{word}": r"(\S+)",
    "{json}": r"""((?:["{\[\d-]|true\b|false\b|null\b).*)""",
}
_HOLE = re.compile(r"(\{(?:word|json)?\})")
_SERVICE = re.compile(r"The resource (.+) is not supported yet", re.DOTALL)


def remedy_of(problem: Problem) -> str:
    """What to do about the problem; empty where nothing is known."""
    if problem.code == NOT_SUPPORTED and (found := _SERVICE.fullmatch(problem.summary)):
        from asw.lint.integrations import instead_of  # noqa: PLC0415 -- only for mistakes

        return instead_of(found[1])
    return translated(problem.hint)


def summary_of(problem: Problem) -> str:
    """What is wrong: in the user's language where the sentence is ours, and not AWS's."""
    if language() != "zh":
        return problem.summary
    return _in_chinese(problem.summary, _forms("SUMMARIES")) or problem.summary


def translated(hint: str) -> str:
    """The hint in the user's language; one that is not known in all its parts stays as it is."""
    if not hint or language() != "zh":
        return hint
    parts = [_in_chinese(part, _forms("HINTS")) for part in hint.split("; ")]
    if None in parts:
        return hint
    return "\uff1b".join(part for part in parts if part).replace("\uff1f\uff1b", "\uff1f")


def _in_chinese(part: str, forms: _Forms) -> str | None:
    """By the first form that fits it: those that say most stand first."""
    for form, chinese in forms:
        if found := form.fullmatch(part):
            holes = iter(found.groups())
            return "".join(next(holes) if text == "{}" else text for text in _HOLE.split(chinese))
    return None


@cache
def _forms(catalogue: str) -> _Forms:
    """The catalogue, loaded only where it is needed; forms that say most come first."""
    known: dict[str, str] = getattr(import_module("asw.messages.zh.hints"), catalogue)

    def text_of(form: str) -> int:
        return len(_HOLE.sub("", form))

    return tuple(
        (re.compile(_pattern(form), re.DOTALL), known[form])
        for form in sorted(known, key=text_of, reverse=True)
    )


def _pattern(form: str) -> str:
    return "".join(_HOLES.get(part) or re.escape(part) for part in _HOLE.split(form))
