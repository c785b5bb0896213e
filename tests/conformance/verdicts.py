"""Judge one case: play what it asks for and compare with what AWS answered, for every kind."""

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import ModuleType

from asw.asl.execution_input import check_input_text
from asw.asl.parse import find_problems, parse
from asw.asl.problems import InvalidDefinition, Problem
from asw.asl.values import Json, to_text
from asw.engine.answers import SimulationError
from asw.engine.facts import StopRequested
from asw.engine.history import Event
from asw.engine.record import Header, Outcome
from asw.engine.simulation import Outside, Request, Simulation, simulate
from asw.engine.step import begin
from tests.conformance.case_files import Case, CaseFile
from tests.conformance.functions import ACCOUNT, Functions
from tests.conformance.objects import Objects

ADDED_KEYS = frozenset({"RedriveCount", "RedriveStatus", "RedriveStatusReason"})
"""What AWS added to the context object and to what it describes while the recordings were made:
some have it, some not."""
JUST_AFTER = 0.001
"""Seconds after the start at which a case's actions happen: the first state has been entered."""


class NotThereYetError(Exception):
    """The runner has no way to do what the case asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``history`` tells whether the whole history is equal, None where none was recorded.

    ``detail`` is the first difference, or why the case could not be played; ``is_refused`` tells
    that our validation found the definition wrong, or beyond what we have, in whatever words.
    """

    passed: bool
    history: bool | None = None
    detail: str = ""
    is_refused: bool = False


def judge(file: CaseFile) -> Verdict:
    """The verdict; whatever goes wrong on the way is a failed case, never a skipped one."""
    if file.fault:
        return failed(file, file.fault)
    kind = _JUDGES.get(file.case["kind"])
    if kind is None:
        return failed(file, f"no runner for cases of kind {file.case['kind']}")
    try:
        return kind(file.case, file.rules)
    except InvalidDefinition as refused:
        why = f"the definition is refused: {_rendered(refused.problems)}"
        return replace(failed(file, why), is_refused=True)
    except (SimulationError, NotThereYetError) as error:
        return failed(file, str(error))
    except Exception as error:  # noqa: BLE001 - one case must not take the others down
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        return failed(file, f"{type(error).__name__} at {place}: {error}")


def failed(file: CaseFile, why: str) -> Verdict:
    """The verdict on a case that was not played to its end."""
    has_history = "history" in file.case.get("expect", {})
    return Verdict(passed=False, history=False if has_history else None, detail=why)


def _first(mismatches: Iterable[str]) -> str:
    return next(iter(mismatches), "")


# Executions


def _execution(case: Case, rules: ModuleType) -> Verdict:
    seen, expect = played(case), case["expect"]
    ignored = rules.VOLATILE_KEYS | ADDED_KEYS
    outcome = rules.match_outcome(expect, described(seen.outcome), ignore_keys=ignored)
    if "history" not in expect:
        return Verdict(passed=bool(outcome), detail=_first(outcome.mismatches))
    history = rules.match_history(
        expect["history"],
        [_flat(event) for event in seen.history],
        unordered=expect["history_unordered"],
        lossy=expect["history_lossy"],
        ignore_keys=ignored,
    )
    detail = _first([*outcome.mismatches, *history.mismatches])
    return Verdict(passed=bool(outcome), history=bool(history), detail=detail)


def played(case: Case, outside: Outside | None = None) -> Simulation:
    """The play of the case, by its own functions unless others answer."""
    return simulate(
        parse(definition_text(case), case.get("dialect", "ASL")),
        begin(header_of(case), case["input"] if case.get("input_given", True) else {}),
        outside or _outside(case),
        objects=Objects(case.get("s3_objects") or ()),
        requests=_requests(case),
    )


def _outside(case: Case) -> Functions:
    return Functions(
        case.get("functions") or {},
        case["expect"].get("history", ()),
        case.get("other_state_machines"),
    )


def definition_text(case: Case) -> str:
    """The definition, as text."""
    text = case.get("definition_text")
    return to_text(case["definition"]) if text is None else str(text)


def header_of(case: Case) -> Header:
    """Names as the recordings have them, and their time, since definitions speak of instants."""
    recorded = str(case.get("source", {}).get("recorded"))
    try:
        started_at = datetime.strptime(recorded, "%d-%m-%Y, %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        started_at = datetime(2026, 1, 1, tzinfo=UTC)
    machine, name = "<ArnPart_0idx>", "<ExecArnPart_0idx>"
    prefix = f"arn:<partition>:states:<region>:{ACCOUNT}"
    return Header(
        uid="0d5f9d3e-7a2b-4a55-9d0a-3f4f1b6c7e01",
        name=name,
        arn=f"{prefix}:execution:{machine}:{name}",
        workflow_name=machine,
        workflow_arn=f"{prefix}:stateMachine:{machine}",
        role_arn="<snf_role_arn>",
        started_at=started_at,
    )


def _requests(case: Case) -> list[Request]:
    found = []
    for action in case.get("actions") or ():
        if action["op"] != "stop":
            raise NotThereYetError(f"no runner for the action {action['op']}")
        stop = StopRequested(error=action.get("error"), cause=action.get("cause"))
        found.append(Request(seconds=JUST_AFTER, fact=stop))
    return found


def described(outcome: Outcome) -> dict[str, Json]:
    """An outcome as AWS's DescribeExecution tells it: of a timeout it shows the status only."""
    failure = None if outcome.status == "TIMED_OUT" else outcome.failure
    return {
        "status": outcome.status,
        "output": outcome.output,
        "error": failure.error if failure else None,
        "cause": failure.cause if failure else None,
    }


def _flat(event: Event) -> dict[str, Json]:
    names = {"assignedVariables": "assigned"}
    return {"type": event.type, **{names.get(k, k): v for k, v in event.details.items()}}


# Definitions and inputs


def _create(case: Case, rules: ModuleType) -> Verdict:
    problems = _problems(case)
    rendered = _rendered(problems)
    if not rendered:
        return Verdict(passed=False, detail="the definition is not refused")
    seen = {
        "code": "InvalidDefinition",
        "message": f"Invalid State Machine Definition: '{rendered}'",
    }
    return replace(_refusal(case["expect"]["create_error"], seen, rules), is_refused=True)


def _problems(case: Case) -> tuple[Problem, ...]:
    is_express = case.get("machine_type") == "EXPRESS"
    return find_problems(definition_text(case), case.get("dialect", "ASL"), is_express=is_express)


def _rendered(problems: Iterable[Problem]) -> str:
    """AWS joins one ``CODE: sentence at /place`` as it is, several each within quotes."""
    errors = [it for it in problems if it.severity == "ERROR"]
    told = [f"{it.code}: {it.summary} at {it.location or 'null'}" for it in errors]
    return told[0] if len(told) == 1 else ", ".join(f"'{text}'" for text in told)


def _start(case: Case, rules: ModuleType) -> Verdict:
    sentence = check_input_text(case["input_text"])
    if sentence is None:
        return Verdict(passed=False, detail="the input is not refused")
    seen = {
        "code": "InvalidExecutionInput",
        "message": f"Invalid State Machine Execution Input: '{sentence}'",
    }
    return _refusal(case["expect"]["start_error"], seen, rules)


def _refusal(expected: Mapping[str, Json], seen: Mapping[str, Json], rules: ModuleType) -> Verdict:
    """Compare code and message, and the HTTP status where both sides have one."""
    wanted = {key: expected[key] for key in seen if expected.get(key) is not None}
    ours = {key: seen[key] for key in wanted}
    found = rules.match(wanted, ours)
    return Verdict(passed=bool(found), detail=_first(found.mismatches))


def _validate(case: Case, rules: ModuleType) -> Verdict:
    """Errors are compared in order; of warnings AWS's must be among ours, which has more."""
    problems = _problems(case)
    errors = [it for it in problems if it.severity == "ERROR"]
    expect = case["expect"]
    wanted = [it for it in expect["diagnostics"] if it["severity"] == "ERROR"]
    seen = {
        "result": "FAIL" if errors else "OK",
        "diagnostics": [_diagnostic(it) for it in errors],
        "truncated": False,
    }
    found = rules.match({**expect, "diagnostics": wanted}, seen).mismatches
    warnings = [_diagnostic(it) for it in problems if it.severity == "WARNING"]
    for warning in expect["diagnostics"]:
        if warning not in wanted and not any(rules.match(warning, it) for it in warnings):
            found.append(f"no such warning: {warning}")
    return Verdict(passed=not found, detail=_first(found))


def _diagnostic(problem: Problem) -> dict[str, Json]:
    told = {"severity": problem.severity, "code": problem.code, "message": problem.summary}
    return {**told, "location": problem.location} if problem.location else told


# States


def _test_state(case: Case, rules: ModuleType) -> Verdict:
    # A package of its own, with needs of its own: where it is missing, only these cases fail.
    from tests.conformance.teststate import run_test_state  # noqa: PLC0415

    expect, seen = case["expect"], run_test_state(case)
    if "api_error" in expect:
        if "api_error" not in seen:
            return Verdict(passed=False, detail=f"not refused: {seen}"[:300])
        return _refusal(expect["api_error"], seen["api_error"], rules)
    found = rules.match(expect["response"], seen.get("response", seen))
    return Verdict(passed=bool(found), detail=_first(found.mismatches))


_JUDGES: Mapping[str, Callable[[Case, ModuleType], Verdict]] = {
    "execution": _execution,
    "create": _create,
    "start": _start,
    "validate": _validate,
    "test_state": _test_state,
}
