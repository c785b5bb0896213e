"""A test file as read: its workflow, and its cases with what they inherit. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asw.asl.blocks import actions_of
from asw.asl.model import StateMachine
from asw.asl.values import Json
from asw.engine.record import Header
from asw.engine.simulation import Request
from asw.lint.findings import Origin
from asw.platforms.local.functions import LocalFunction
from asw.testkit.mocks import Table
from asw.testkit.model import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The workflow that a test file is about, and the Functions of the manifests around it.

    ``definition`` is the machine as written, ``origin`` its place, ``objects`` the folder of
    buckets beside it. ``workflows`` are those of the manifests by their public names, for Tasks
    that start executions.
    """

    name: str
    origin: Origin
    machine: StateMachine
    definition: Json
    objects: Path
    functions: Mapping[str, LocalFunction] = field(default_factory=dict)
    workflows: Mapping[str, StateMachine] = field(default_factory=dict)

    def machines(self) -> tuple[StateMachine, ...]:
        """Whose tasks a case may have to answer: its own, and those that it may start."""
        starts = any(action.is_nested for action in actions_of(self.machine))
        others = (it for it in self.workflows.values() if it is not self.machine)
        return (self.machine, *others) if starts else (self.machine,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One case, with one row of its parameters, ready to be played.

    ``index`` is the number of the case in its file; ``is_row`` tells whether it has parameters.
    ``origin`` is the place of the case.
    """

    name: str
    index: int
    is_row: bool
    case: Case
    input: Json
    header: Header
    states: Table
    functions: Table
    requests: tuple[Request, ...]
    objects: Path
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A test file, or one document of it."""

    path: Path
    document: int
    subject: Subject
    tests: tuple[Test, ...]
