"""The data-flow check against what AWS recorded: what happened there it calls possible."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from asw.asl.model import StateMachine
from asw.asl.parse import parse
from asw.asl.problems import InvalidDefinition, Problem
from asw.engine.history import Event
from asw.lint.analysis.check import Assumptions, check_flow
from asw.lint.analysis.schema import of_samples
from asw.lint.analysis.shapes import of_value
from asw.lint.analysis.walk import Walk
from tests.conformance.case_files import Case, case_files, recorded_folder
from tests.conformance.matching import PLACEHOLDER
from tests.support.flow_check import HEADER, surprises
from tests.support.shapes import HIDDEN

AWS_ONLY = frozenset({"SdkHttpMetadata", "SdkResponseMetadata"})
"""What only AWS adds to the result of a call."""


def _cases() -> list[object]:
    return [
        pytest.param(file.case, machine, id=file.id)
        for file in case_files(recorded_folder())
        if not file.fault and (machine := _machine(file.case)) is not None
    ]


def _machine(case: Case) -> StateMachine | None:
    """The machine of a case that starts one, None where there is none."""
    definition = case.get("definition")
    if not isinstance(definition, dict) or "States" not in definition:
        return None
    try:
        return parse(json.dumps(definition), case.get("dialect", "ASL"))
    except InvalidDefinition:
        return None


@pytest.mark.parametrize(("case", "machine"), _cases())
def test_history_is_expected(case: Case, machine: StateMachine) -> None:
    """Each value that entered or left a state at AWS is one that the check expects there."""
    walk = Walk(machine, of_value(case["input"] if case.get("input_given", True) else {}))
    assert surprises(walk, _events(case)) == []


@pytest.mark.parametrize(("case", "machine"), _cases())
def test_no_error_where_a_run_went_through(case: Case, machine: StateMachine) -> None:
    """No field is called an error of a state that a run at AWS left in the ordinary way."""
    if case.get("expect", {}).get("status") != "SUCCEEDED":
        return
    passed = {event.details["name"] for event in _events(case) if event.type.endswith("Exited")}
    for known in (
        Assumptions(),
        Assumptions(input=of_samples([case.get("input")]), source="samples"),
    ):
        errors = [it for it in check_flow(machine, case["definition"], known) if _is_wrong(it)]
        assert [it for it in errors if _state_of(it) in passed] == []


def _is_wrong(problem: Problem) -> bool:
    return problem.severity == "ERROR"


def _state_of(problem: Problem) -> str:
    steps = problem.path.split("/")
    last = len(steps) - 1 - steps[::-1].index("States")
    return steps[last + 1].replace("~1", "/").replace("~0", "~")


def _events(case: Case) -> list[Event]:
    expect = case.get("expect", {})
    return list(_read(expect.get("history") or [], lossy=expect.get("history_lossy", False)))


def _read(history: list[Case], *, lossy: bool) -> Iterator[Event]:
    for it in history:
        # Where events were lost, the one before is not always of the same branch.
        previous = 0 if lossy else it["prev"]
        yield Event(it["id"], previous, it["type"], HEADER.started_at, _shown(it))


def _shown(value: Any) -> Any:
    """The recorded value, hidden where a placeholder stands for what was there."""
    match value:
        case dict():
            return {name: _shown(it) for name, it in value.items() if name not in AWS_ONLY}
        case list():
            return [_shown(item) for item in value]
        case str() if PLACEHOLDER.search(value):
            return HIDDEN
        case _:
            return value
