"""What goes wrong in a scenario, as lines that people and this module read: ``Plan``.

A line is one fault: where, what, and for how many seconds:

    before save 3: crash 1       the operator dies instead of the third save, and comes after 1 s
    after start 2: timeout 30    the call was done, and its answer is lost
    at wake 7: drop 30           the seventh piece of news comes 30 s late, with the next list
    at second 12: pause 40       the process sleeps, another one takes over, it goes on
"""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias, cast

Where: TypeAlias = Literal["before", "after", "at"]

EFFECTS = ("save", "start", "cancel", "start_children", "cancel_children", "transfer")
"""The calls of the port that leave a trace."""
READS = ("load", "workflow", "revision", "prepare")
"""The others."""
NEWS = ("wake", "reload", "deliver")
"""What the platform tells."""

LASTING = {"crash": 1.0, "ghost": 5.0, "timeout": 30.0, "slow": 5.0, "pause": 40.0, "split": 20.0}
ERRORS = ("conflict", "unavailable", "refused", "fault")
CALL_KINDS = (*LASTING, *ERRORS)
NEWS_KINDS = ("drop", "delay", "twice", "lost")
CLOCK_KINDS = ("jump", "back")
MOMENT_KINDS = ("crash", "pause", "split", "deaf")

_LINE = re.compile(r"(before|after|at) (\w+) ([\d.]+): (\w+)(?: ([\d.]+))?")
_HEAD = re.compile(r"(\S+) echo=([\d.]+) lag=([\d.]+)")


class BadPlan(ValueError):
    """A text that is no plan; the message shows the line and the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. ``what`` is a method, a kind of news, or ``second``; ``number`` counts from 1."""

    where: Where
    what: str
    number: float
    kind: str
    seconds: float = 0.0

    def __str__(self) -> str:
        span = f" {self.seconds:g}" if self.seconds else ""
        return f"{self.where} {self.what} {self.number:g}: {self.kind}{span}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """The fault of a line. Raises BadPlan."""
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise BadPlan(f"{line!r} is no fault; write one as 'before save 3: crash 1'")
        where, what, number, kind, seconds = found.groups()
        return cls(
            where=cast("Where", where),
            what=what,
            number=float(number),
            kind=kind,
            seconds=float(seconds or 0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A flow, how slow news is (seconds, see FakePlatform), and the faults."""

    flow: str
    echo: float = 0.01
    lag: float = 2.0
    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        head = f"{self.flow} echo={self.echo:g} lag={self.lag:g}"
        return "; ".join([head, *map(str, self.faults)])

    def lines(self) -> str:
        """The same for reading, a line each."""
        return "\n".join(f"    {line}" for line in str(self).split("; "))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The plan of a text. Raises BadPlan."""
        head, *lines = text.split(";")
        found = _HEAD.fullmatch(head.strip())
        if found is None:
            raise BadPlan(f"{head!r} is no beginning; write 'FLOW echo=0.01 lag=2'")
        flow, echo, lag = found.groups()
        faults = tuple(map(Fault.parse, lines))
        return cls(flow=flow, echo=float(echo), lag=float(lag), faults=faults)


def at_every_call(flow: str, calls: Mapping[str, int], kinds: tuple[str, ...]) -> Iterator[Plan]:
    """A plan for every call of the undisturbed run, before and after it, and every kind."""
    for method in (*EFFECTS, *READS):
        for number in range(1, calls.get(method, 0) + 1):
            for where in ("before", "after"):
                for kind in kinds:
                    yield Plan(flow=flow, faults=(_call(where, method, number, kind),))


def at_all_news(flow: str, calls: Mapping[str, int]) -> Iterator[Plan]:
    """A plan for every piece of news of the undisturbed run, and everything that befalls news."""
    for news in NEWS:
        for number in range(1, calls.get(news, 0) + 1):
            for kind in NEWS_KINDS:
                if kind != "lost" or news == "deliver":
                    fault = Fault(where="at", what=news, number=number, kind=kind, seconds=30)
                    yield Plan(flow=flow, faults=(fault,))


def drawn(
    chance: random.Random, flow: str, calls: Mapping[str, int], *, has_deadlines: bool
) -> Plan:
    """Some faults at random places; wall clocks stay where their jumps end an execution."""
    count = chance.choice([1, 2, 2, 3, 3, 4, 6, 9])
    draws = [_drawn_call, _drawn_call, _drawn_call, _drawn_news, _drawn_moment]
    if not has_deadlines:
        draws.append(_drawn_clock)
    return Plan(
        flow=flow,
        echo=chance.choice([0.01, 0.01, 1, 20]),
        lag=chance.choice([0.2, 2, 10]),
        faults=tuple(chance.choice(draws)(chance, calls) for _ in range(count)),
    )


def _call(where: str, method: str, number: int, kind: str) -> Fault:
    return Fault(
        where=cast("Where", where),
        what=method,
        number=number,
        kind=kind,
        seconds=LASTING.get(kind, 0),
    )


def _drawn_call(chance: random.Random, calls: Mapping[str, int]) -> Fault:
    methods = [it for it in (*EFFECTS, *EFFECTS, *READS) if calls.get(it)]
    method = chance.choice(methods)
    number = chance.randint(1, calls[method] + 3)
    kind = chance.choice(("crash", "crash", *CALL_KINDS))
    return _call(chance.choice(["before", "after"]), method, number, kind)


def _drawn_news(chance: random.Random, calls: Mapping[str, int]) -> Fault:
    news = chance.choice([it for it in NEWS if calls.get(it)])
    kinds = NEWS_KINDS if news == "deliver" else NEWS_KINDS[:-1]
    return Fault(
        where="at",
        what=news,
        number=chance.randint(1, calls[news] + 3),
        kind=chance.choice(kinds),
        seconds=chance.choice([0.1, 1, 5, 30]),
    )


def _drawn_moment(chance: random.Random, calls: Mapping[str, int]) -> Fault:
    kind = chance.choice(MOMENT_KINDS)
    seconds = {"crash": [1, 10], "pause": [5, 40], "split": [5, 20], "deaf": [5, 20]}[kind]
    return Fault(
        where="at",
        what="second",
        number=round(chance.uniform(0, 1) ** 3 * 60, 2),
        kind=kind,
        seconds=chance.choice(seconds),
    )


def _drawn_clock(chance: random.Random, calls: Mapping[str, int]) -> Fault:
    return Fault(
        where="at",
        what="second",
        number=round(chance.uniform(0, 20), 2),
        kind=chance.choice(CLOCK_KINDS),
        seconds=chance.choice([2, 60, 3600]),
    )
