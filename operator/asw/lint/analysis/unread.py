"""Variables that nothing reads, and results that nothing keeps."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from asw.asl.model import ABSENT, ChoiceState, PassState, State, WorkFields
from asw.asl.problems import Problem
from asw.asl.templates import MARK
from asw.asl.values import Json
from asw.lint.analysis.codes import VALUE_NEVER_READ
from asw.lint.analysis.rules import Told
from asw.lint.analysis.walk import Walk

_VARIABLE: Final = re.compile(r"\$([^\W\d]\w*)")


def unread_values(walk: Walk, definition: Mapping[str, Json]) -> Iterator[Told]:
    """Each variable once, where it is assigned first; each Pass whose result is dropped.

    Any text with the variable's name behind a ``$`` counts as reading it.
    """
    read = set(_names_in(definition))
    told: set[str] = set()
    for site in walk.sites.values():
        for steps, name in _assigned(site.state):
            if name not in read and name not in told:
                told.add(name)
                yield (
                    (*site.steps, *steps),
                    _problem(
                        f"Nothing reads the variable ${name}.",
                        "remove it, or read it where it is due",
                    ),
                )
        if isinstance(site.state, PassState) and _is_dropped(site.state):
            yield (
                (*site.steps, "ResultPath"),
                _problem(
                    "What this Pass makes is dropped.",
                    "ResultPath null keeps the input only; give it a place such as $.made",
                ),
            )


def _is_dropped(state: PassState) -> bool:
    makes = state.result is not ABSENT or state.parameters is not ABSENT
    return makes and state.result_path is None and state.assign is ABSENT


def _names_in(value: Json) -> Iterator[str]:
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            yield from _VARIABLE.findall(here)
        elif isinstance(here, dict):
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)


def _assigned(state: State) -> Iterator[tuple[tuple[str | int, ...], str]]:
    givers: list[tuple[tuple[str | int, ...], Json]] = [((), state.assign)]
    if isinstance(state, ChoiceState):
        givers += [(("Choices", at), it.assign) for at, it in enumerate(state.choices)]
    if isinstance(state, WorkFields):
        givers += [(("Catch", at), it.assign) for at, it in enumerate(state.catch)]
    for steps, assign in givers:
        for key in assign if isinstance(assign, dict) else ():
            name = key.removesuffix(MARK) if state.language == "JSONPath" else key
            yield (*steps, "Assign", key), name


def _problem(summary: str, hint: str) -> Problem:
    return Problem(severity="WARNING", code=VALUE_NEVER_READ, path="", summary=summary, hint=hint)
