"""Reads definitions in a sandbox: a long one takes a second, one full of mistakes several.

The result is never longer than is worth showing, whatever the definition is.
"""

import io
import json
import logging
import pickle
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import EnumType
from typing import Any, Final, TypeAlias

from asw.asl.blocks import activities_of, moves_objects, requests_of
from asw.asl.model import Dialect, StateMachine
from asw.asl.problems import TOO_LARGE, InvalidDefinition, Problem, to_fix
from asw.asl.values import ABSENT
from asw.connector.objects import S3
from asw.connector.wanted import Wanted, wanted_in
from asw.reconciler.evaluating import ask
from asw.reconciler.platform import Unavailable
from asw.reconciler.runnable import parse_runnable, read_runnable
from asw.sandbox.jobs import MEBIBYTE, Answered, Limits
from asw.sandbox.sandbox import Sandbox

Parse: TypeAlias = Callable[[str, Dialect], StateMachine]
"""Turns a definition into a machine. Raises InvalidDefinition."""
MODULES: Final = ("asw.reconciler.reading", "asw.asl.jsonata.evaluating", "asw.engine.run")
"""Modules that a sandbox loads once to do the jobs of this package."""
SHORT: Final = 1_500
"""Definitions with fewer characters are read in place: in 50 ms, however faulty they are."""
SHOWN: Final = 100
"""Most problems reported of one definition; nobody fixes more at once."""
LONGEST_MESSAGE: Final = 1_000
"""Characters of the summary, or hint, of a reported problem."""
READING: Final = Limits(
    processor_seconds=10, wall_seconds=30.0, memory=96 * MEBIBYTE, answer=16 * MEBIBYTE
)
"""The longest definition takes 1.5 s and 30 MiB, one full of mistakes more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is wrong with a definition, and what it calls.

    ``problems`` are the first ones to fix, ``errors`` is how many keep it from running.
    ``functions`` are the names of those that it calls, None if it cannot run; ``services`` is what
    its calls of services need of Connections, as far as the definition says it. ``activities``
    are the names of those whose workers do its tasks.
    """

    problems: tuple[Problem, ...]
    errors: int
    functions: tuple[str, ...] | None
    services: tuple[Wanted, ...] = ()
    activities: tuple[str, ...] = ()


class Reader:
    """Reads definitions, long ones in a sandbox if there is one."""

    def __init__(self, sandbox: Sandbox | None = None, parse: Parse = parse_runnable) -> None:
        self._sandbox = sandbox
        self._parse = parse

    async def check(self, namespace: str, text: str, dialect: Dialect) -> Verdict:
        """The verdict on the definition. Raises Unavailable."""
        if self._sandbox is None or len(text) <= SHORT:
            return verdict(text, dialect)
        match await ask(self._sandbox, namespace, Check(text=text, dialect=dialect)):
            case Answered(answer):
                return _read_verdict(answer)
        return Verdict(problems=_TOO_MUCH, errors=1, functions=None)

    async def parse(self, namespace: str, text: str, dialect: Dialect) -> StateMachine:
        """The machine. Raises InvalidDefinition and Unavailable."""
        if self._sandbox is None or len(text) <= SHORT:
            return self._parse(text, dialect)
        job = Parsing(text=text, dialect=dialect, parse=self._parse)
        match await ask(self._sandbox, namespace, job):
            case Answered(answer):
                return _read_machine(answer)
        raise InvalidDefinition(_TOO_MUCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A job: the verdict on a definition."""

    text: str
    dialect: Dialect
    limits: Limits = READING

    def run(self) -> bytes:
        """Do the job; the answer as bytes."""
        found = verdict(self.text, self.dialect)
        told = {
            "problems": list(map(asdict, found.problems)),
            "errors": found.errors,
            "functions": found.functions,
            "services": list(map(asdict, found.services)),
            "activities": found.activities,
        }
        return json.dumps(told).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsing:
    """A job: the machine of a definition, or what keeps it from being one."""

    text: str
    dialect: Dialect
    parse: Parse
    limits: Limits = READING

    def run(self) -> bytes:
        """The pickled result: unpickling a machine takes a tenth of parsing it again."""
        try:
            return pickle.dumps(self.parse(self.text, self.dialect), protocol=5)
        except InvalidDefinition as error:
            return pickle.dumps(shown(error.problems), protocol=5)


def verdict(text: str, dialect: Dialect) -> Verdict:
    """The verdict on the definition, computed here."""
    machine, problems = read_runnable(text, dialect)
    return Verdict(
        problems=shown(to_fix(problems)),
        errors=sum(problem.severity == "ERROR" for problem in to_fix(problems)),
        functions=None if machine is None else tuple(sorted(machine.functions)),
        services=() if machine is None else _services_of(machine),
        activities=() if machine is None else _activities_of(machine),
    )


def _services_of(machine: StateMachine) -> tuple[Wanted, ...]:
    found = {
        wanted_in(called, None if given is ABSENT else given)
        for called, given in requests_of(machine)
    }
    if moves_objects(machine):
        found.add(S3)
    return tuple(sorted(it for it in found if it is not None))


def _activities_of(machine: StateMachine) -> tuple[str, ...]:
    return tuple(sorted({it.activity for it in activities_of(machine)}))


def shown(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The problems that are reported, shortened."""
    errors_first = sorted(problems, key=lambda problem: problem.severity)
    kept = problems if len(problems) <= SHOWN else errors_first[:SHOWN]
    return tuple(map(_shortened, kept))


def _shortened(problem: Problem) -> Problem:
    if max(map(len, (problem.summary, problem.hint, problem.path, problem.location))) < (
        LONGEST_MESSAGE
    ):
        return problem
    fields = asdict(problem)
    cut = {name: text[:LONGEST_MESSAGE] for name, text in fields.items() if isinstance(text, str)}
    return Problem(**{**fields, **cut})


def _read_verdict(answer: bytes) -> Verdict:
    try:
        told = json.loads(answer)
        functions = told["functions"]
        return Verdict(
            problems=tuple(Problem(**problem) for problem in told["problems"]),
            errors=int(told["errors"]),
            functions=None if functions is None else tuple(map(str, functions)),
            services=tuple(Wanted(**wanted) for wanted in told["services"]),
            activities=tuple(map(str, told["activities"])),
        )
    except (ValueError, LookupError, TypeError) as error:
        raise Unavailable(_NO_ANSWER) from error


def _read_machine(answer: bytes) -> StateMachine:
    try:
        found = _Unpickler(io.BytesIO(answer)).load()
    except (pickle.UnpicklingError, ValueError, LookupError, TypeError, EOFError) as error:
        # logged, because it would be tried again forever, and nobody would know why
        log.warning(
            "a definition was read in the sandbox, but its result cannot be used: %s", error
        )
        raise Unavailable(_NO_ANSWER) from error
    if isinstance(found, StateMachine):
        return found
    if isinstance(found, tuple) and all(isinstance(it, Problem) for it in found):
        raise InvalidDefinition(found)
    raise Unavailable(_NO_ANSWER)


class _Unpickler(pickle.Unpickler):
    """Makes only values of the language, because what the process says must not be trusted."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):
            return _member  # how the first releases of Python 3.11 pickle a member of an Enum
        if module in _MODULES and name.isidentifier() and name[0].isupper():
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a definition")


def _member(kind: Any, name: str) -> Any:
    if isinstance(kind, EnumType) and name in kind.__members__:
        return kind[name]
    raise pickle.UnpicklingError(f"{name} is no member of an Enum")


_MODULES: Final = frozenset(
    {"asw.asl.model", "asw.asl.resources", "asw.asl.values", "asw.asl.problems"}
)
log = logging.getLogger(__name__)

_NO_ANSWER: Final = "the answer about a definition is not an answer"
_TOO_MUCH: Final = (
    Problem(
        severity="ERROR",
        code=TOO_LARGE,
        path="/",
        summary="Reading the definition takes too much time or memory",
        hint="cut it into several workflows",
    ),
)
