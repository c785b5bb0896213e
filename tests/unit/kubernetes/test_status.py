"""How an Execution's status is worded."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from asw.asl.errors import Failure
from asw.asl.values import from_text, to_text
from asw.engine.record import Entering, Frame, Header, OnTimer, Outcome, Record
from asw.engine.record_text import from_plain
from asw.kubernetes.paging import Texts
from asw.kubernetes.status import Before, states_line, status_patch, written
from asw.reconciler.platform import Save
from tests.support.kube_objects import UID

AT = datetime(2026, 1, 1, 9, 30, 0, 250_000, tzinfo=UTC)
HEADER = Header(
    uid=UID,
    name="order-1",
    arn="arn",
    workflow_name="orders",
    workflow_arn="arn",
    role_arn="role",
    started_at=AT,
)
BEFORE = Before(uid=UID, generation=3)


def a_record(**fields):
    return Record(header=HEADER, input={}, **fields)


def a_frame(number, state):
    return Frame(
        id=number,
        parent=None,
        index=0,
        last_event=1,
        state=state,
        state_event=1,
        entered_at=AT,
        input={},
        waiting=OnTimer(until=AT),
    )


def saved(before=BEFORE, **save):
    return written(before, Save(at=AT, revision="r-1", **save), Texts())


def conditions(status):
    return {each["type"]: (each["status"], each["reason"]) for each in status["conditions"]}


def ended(status, **how):
    record = a_record(outcome=Outcome(status=status, at=AT, **how))
    return saved(record=record)


def test_running():
    """Tools see that it goes on, and people where."""
    frames = {1: a_frame(1, "Resize"), 2: a_frame(2, "Resize"), 3: a_frame(3, "Wait")}
    status = saved(record=a_record(frames=frames)).status
    assert status["phase"] == "Running"
    assert status["observedGeneration"] == 3
    assert status["startTime"] == "2026-01-01T09:30:00.250Z"
    assert status["revision"] == "r-1"
    assert status["currentStates"] == ["Resize", "Resize", "Wait"]
    assert status["states"] == "Resize x 2, Wait"
    assert conditions(status) == {
        "Succeeded": ("Unknown", "Running"),
        "Ready": ("False", "Running"),
        "Reconciling": ("True", "Running"),
    }


def test_what_else_it_waits_for_is_told():
    """Beside the states stands what keeps their tasks from starting."""
    note = "3 tasks wait for a free slot: spec.maxActiveTasks of its Workflow is 1"
    status = saved(record=a_record(frames={1: a_frame(1, "Resize")}), note=note).status
    assert {each["message"] for each in status["conditions"]} == {f"in state Resize; {note}"}


def test_succeeded():
    """An execution that succeeded is ready; nothing reconciles any more."""
    status = ended("SUCCEEDED", output={"a": None}).status
    assert status["phase"] == "Succeeded"
    assert status["output"] == {"a": None}
    assert status["completionTime"] == "2026-01-01T09:30:00.250Z"
    assert "currentStates" not in status
    assert conditions(status) == {
        "Succeeded": ("True", "Succeeded"),
        "Ready": ("True", "Succeeded"),
    }


@pytest.mark.parametrize("output", [None, [], {}, "", 0, False])
def test_empty_outputs_are_outputs(output):
    """Null, nothing and false are shown like any other output."""
    assert repr(ended("SUCCEEDED", output=output).status["output"]) == repr(output)


def test_large_output_is_named():
    """The status stays small: the output is an object of its own."""
    made = ended("SUCCEEDED", output="x" * 5000)
    assert "output" not in made.status
    name = made.status["outputRef"]["name"]
    assert from_text(made.pages[name]) == "x" * 5000


@pytest.mark.parametrize(
    ("outcome", "phase"), [("FAILED", "Failed"), ("TIMED_OUT", "TimedOut"), ("ABORTED", "Aborted")]
)
def test_failed(outcome, phase):
    """An execution that failed is stalled, says why, and kubectl wait need not wait on."""
    status = ended(outcome, failure=Failure("E", "because")).status
    assert (status["phase"], status["error"], status["cause"]) == (phase, "E", "because")
    assert "output" not in status
    assert conditions(status) == {
        "Succeeded": ("False", phase),
        "Ready": ("False", phase),
        "Stalled": ("True", phase),
    }


def test_failure_without_texts():
    """A Fail state may name neither error nor cause."""
    status = ended("FAILED", failure=Failure(None)).status
    assert "error" not in status
    assert "cause" not in status


def test_long_cause_is_cut():
    """The record has all of it; the status must stay small."""
    status = ended("FAILED", failure=Failure("E", "c" * 30_000)).status
    assert len(status["cause"]) == 4096
    assert len(to_text(status)) < 32_768


def test_waiting():
    """An execution that cannot start says what it waits for."""
    status = written(BEFORE, Save(waiting=("WorkflowNotFound", "no"), at=AT), Texts()).status
    assert status["phase"] == "Pending"
    assert conditions(status)["Reconciling"] == ("True", "WorkflowNotFound")
    assert "record" not in status


def test_failed_before_start():
    """An execution that never started has no start time."""
    save = Save(failed_before_start=("Asw.InvalidInput", "no"), at=AT)
    status = written(BEFORE, save, Texts()).status
    assert (status["phase"], status["error"], status["cause"]) == (
        "Failed",
        "Asw.InvalidInput",
        "no",
    )
    assert "startTime" not in status


def test_transition_time_stays_while_nothing_changes():
    """Since when a condition holds survives later writes."""
    first = saved(record=a_record(frames={1: a_frame(1, "A")}))
    before = replace(BEFORE, conditions=first.conditions)
    later = Save(record=a_record(), at=AT.replace(hour=10))
    second = written(before, later, Texts())
    assert second.status["conditions"][0]["lastTransitionTime"] == "2026-01-01T09:30:00.250Z"


def test_record_is_kept_with_its_pages_listed():
    """The status names every page that the record needs, with its digest."""
    frame = replace(a_frame(1, "A"), input="x" * 5000, waiting=Entering())
    made = saved(record=a_record(frames={1: frame}))
    (page,) = made.status["pages"]
    assert page["name"] in made.pages
    assert page["name"] in made.status["record"]
    assert made.record_pages == {page["name"]}


def test_record_reads_back():
    """What the status holds is the record."""
    record = a_record(frames={1: a_frame(1, "A")})
    assert from_plain(from_text(saved(record=record).status["record"])) == record


def test_patch_is_fenced():
    """The version comes first: nothing is written where it is stale."""
    fence, change = status_patch("7", {"phase": "Running"})
    assert fence == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    assert change == {"op": "add", "path": "/status", "value": {"phase": "Running"}}


def test_line_of_very_many_states_is_cut():
    """A thousand states make one line of 1,024 characters at most."""
    assert len(states_line([f"State{n}" for n in range(1000)])) == 1024
