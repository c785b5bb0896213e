"""What would mend a problem of a definition, in the language of its user. Pure.

The language layer writes its hints in English; those of services that only a cloud has are told
by what to use instead.
"""

import re
from functools import cache

from asw.app.messages import language
from asw.asl.problems import NOT_SUPPORTED, Problem

_HOLE = re.compile(r"(\{\})")
_SERVICE = re.compile(r"The resource (.+) is not supported yet", re.DOTALL)


def remedy_of(problem: Problem) -> str:
    """What to do about the problem; empty where nothing is known."""
    if problem.code == NOT_SUPPORTED and (found := _SERVICE.fullmatch(problem.summary)):
        from asw.app.importing.integrations import instead_of  # noqa: PLC0415 -- only for mistakes

        return instead_of(found[1])
    return translated(problem.hint)


def translated(hint: str) -> str:
    """The hint in the user's language; one that is not known in all its parts stays as it is."""
    if not hint or language() != "zh":
        return hint
    parts = [_in_chinese(part) for part in hint.split("; ")]
    return hint if None in parts else "\uff1b".join(part for part in parts if part)


def _in_chinese(part: str) -> str | None:
    """By the first form that fits it: those that say most stand first."""
    for form, chinese in _forms():
        if found := form.fullmatch(part):
            holes = iter(found.groups())
            return "".join(next(holes) if text == "{}" else text for text in _HOLE.split(chinese))
    return None


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The catalogue, loaded only where it is needed; forms that say most come first."""
    from asw.app.messages.zh.hints import HINTS  # noqa: PLC0415 -- costs start-up time

    def text_of(form: str) -> int:
        return len(_HOLE.sub("", form))

    return tuple(
        (re.compile(_pattern(form), re.DOTALL), HINTS[form])
        for form in sorted(HINTS, key=text_of, reverse=True)
    )


def _pattern(form: str) -> str:
    return "".join("(.+?)" if part == "{}" else re.escape(part) for part in _HOLE.split(form))
