"""How a task of the fake platform behaves: from the event it gets to what becomes of it."""

import builtins
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from asw.asl.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What becomes of a task, after ``takes`` seconds of virtual time.

    ``pushes`` says whether the task reports its outcome itself, as ours do, or leaves it to be
    observed. One that ``is_lost`` is gone without an outcome; one that ``is_endless`` never ends;
    one with ``beats`` gives a sign of life every so many seconds. ``may_repeat`` is its function's
    policy: whether it may be started anew once it is lost.
    """

    output: Json = None
    error: str | None = None
    cause: str | None = None
    takes: float = 0.0
    pushes: bool = True
    is_lost: bool = False
    is_endless: bool = False
    beats: float | None = None
    may_repeat: bool = True


Behaviour = Callable[[Json], Answer]


def returns(
    output: Json, *, takes: float = 0.0, pushes: bool = True, beats: float | None = None
) -> Answer:
    """It succeeds with this output."""
    return Answer(output=output, takes=takes, pushes=pushes, beats=beats)


def fails(error: str, cause: str = "because", *, takes: float = 0.0) -> Answer:
    """It fails with this error."""
    return Answer(error=error, cause=cause, takes=takes)


def is_lost(*, takes: float = 0.0, may_repeat: bool = True) -> Answer:
    """It is gone without an outcome."""
    return Answer(is_lost=True, takes=takes, may_repeat=may_repeat)


def never_ends() -> Answer:
    """It runs until it is cancelled."""
    return Answer(is_endless=True)


def always(answer: Answer) -> Behaviour:
    """Every start becomes the same."""
    return lambda _: answer


def in_turn(*answers: Answer) -> Behaviour:
    """The n-th start becomes the n-th answer."""
    left: Iterator[Answer] = iter(answers)
    return lambda _: next(left)


def computed(function: Callable[[Any], Json], *, takes: float = 0.0) -> Behaviour:
    """It succeeds with what the function makes of the event."""
    return lambda event: Answer(output=function(event), takes=takes)


def python(source: str) -> Behaviour:
    """It runs ``main_handler(event, context)`` of the source; its sleep is virtual time."""
    clock = _VirtualTime()
    scope: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": clock.import_module}}
    exec(source, scope)

    def behave(event: Json) -> Answer:
        clock.slept = 0.0
        try:
            answer = returns(scope["main_handler"](event, {}))
        except Exception as error:  # noqa: BLE001  whatever the function raises
            answer = fails(type(error).__name__, str(error))
        return replace(answer, takes=clock.slept)

    return behave


class _VirtualTime:
    """Stands in for the module ``time`` and adds up what is slept."""

    def __init__(self) -> None:
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def import_module(
        self, name: str, scope: Mapping[str, Any] | None = None, *others: Any
    ) -> ModuleType:
        if name == "time":
            module = ModuleType("time")
            module.sleep = self.sleep  # type: ignore[attr-defined]
            return module
        return builtins.__import__(name, scope, *others)
