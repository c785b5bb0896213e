"""How an Execution's status is worded."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asw.api.limits import states_line
from asw.asl.errors import Failure
from asw.asl.values import from_text, to_text
from asw.engine.history import Event
from asw.engine.outputs import Outputs
from asw.engine.record import (
    Entering,
    Failed,
    Frame,
    Header,
    MapRun,
    OnBranches,
    OnMapRun,
    OnTimer,
    Outcome,
    Record,
)
from asw.engine.record_text import from_plain
from asw.platforms.kubernetes.storage.paging import Texts
from asw.platforms.kubernetes.storage.restoring import restored
from asw.platforms.kubernetes.storage.status import (
    STATUS_BYTES,
    Before,
    size_of,
    written,
)
from asw.platforms.kubernetes.storage.stored_names import ReferencedNames, by_digest
from asw.reconciler.platform import Save
from tests.support.kube_objects import UID, a_naming

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
BEFORE = Before(generation=3)


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
    return written(before, Save(at=AT, revision="r-1", **save), a_naming(), Texts())


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
        "Complete": ("False", "Running"),
        "Ready": ("False", "Running"),
        "Reconciling": ("True", "Running"),
    }


def test_what_else_it_waits_for_is_told():
    """Beside the states stands what keeps their tasks from starting."""
    note = "3 tasks wait for a free slot: spec.maxActiveTasks of its Workflow is 1"
    status = saved(record=a_record(frames={1: a_frame(1, "Resize")}), note=note).status
    said = {it["message"] for it in status["conditions"] if it["type"] != "Complete"}
    assert said == {f"in state Resize; {note}"}


def test_succeeded():
    """An execution that succeeded is ready; nothing reconciles any more."""
    status = ended("SUCCEEDED", output={"a": None}).status
    assert status["phase"] == "Succeeded"
    assert status["output"] == {"a": None}
    assert status["completionTime"] == "2026-01-01T09:30:00.250Z"
    assert "currentStates" not in status
    assert conditions(status) == {
        "Succeeded": ("True", "Succeeded"),
        "Complete": ("True", "Succeeded"),
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
    assert made.status["result"] == '"' + "x" * 38 + "…"
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
        "Complete": ("True", phase),
        "Ready": ("False", phase),
        "Stalled": ("True", phase),
    }


@pytest.mark.parametrize(
    ("how", "result"),
    [
        ({"output": {"a": [1, "b\n"]}}, '{"a":[1,"b\\n"]}'),
        ({"output": None}, "null"),
        ({"output": "名" * 70}, '"' + "名" * 38 + "…"),
        ({"failure": Failure("E" * 70, "c")}, "E" * 39 + "…"),
        ({"failure": Failure(None, "c")}, None),
    ],
)
def test_a_table_has_room_for_the_result(how, result):
    """What ended shows its output or its error in one short line, whatever its size."""
    status = ended("FAILED" if "failure" in how else "SUCCEEDED", **how).status
    assert status.get("result") == result


def test_a_table_has_room_for_the_states():
    """The column is short; the condition's sentence has more of it."""
    frames = {at: a_frame(at, f"State{at}") for at in range(1, 41)}
    status = saved(record=a_record(frames=frames)).status
    assert len(status["states"]) == 40
    assert "State40" in status["conditions"][0]["message"]


def test_failure_without_texts():
    """A Fail state may name neither error nor cause."""
    status = ended("FAILED", failure=Failure(None)).status
    assert "error" not in status
    assert "cause" not in status


def test_long_cause_is_cut():
    """The record has all of it; the status must stay small."""
    status = ended("FAILED", failure=Failure("E", "c" * 30_000)).status
    assert 4090 < len(status["cause"].encode()) <= 4096
    assert len(to_text(status)) < 32_768


def test_waiting():
    """An execution that cannot start says what it waits for."""
    save = Save(waiting=("WorkflowNotFound", "no"), at=AT)
    status = written(BEFORE, save, a_naming(), Texts()).status
    assert status["phase"] == "Pending"
    assert conditions(status)["Reconciling"] == ("True", "WorkflowNotFound")
    assert "record" not in status


def test_failed_before_start():
    """An execution that never started has no start time."""
    save = Save(failed_before_start=("Asw.InvalidInput", "no"), at=AT)
    status = written(BEFORE, save, a_naming(), Texts()).status
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
    second = written(before, later, a_naming(), Texts())
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


def test_line_of_very_many_states_is_cut():
    """A thousand states make one line of 1,024 bytes at most."""
    assert 1020 < len(states_line([f"State{n}" for n in range(1000)]).encode()) <= 1024


WORDS = st.text(st.sampled_from("a求\x00\u2028🌏"), max_size=2000)
VALUES = st.recursive(
    WORDS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.text(st.sampled_from("a求🌏"), min_size=1, max_size=80)
TIMES = st.integers(1, 60)


@st.composite
def records(draw):
    """Records of many lines of control, with large values, many outputs and long errors."""
    outputs = Outputs(dict.fromkeys(range(draw(st.integers(0, 3000))), draw(VALUES)))
    failures = Outputs({n + 3000: draw(VALUES) for n in range(draw(st.integers(0, 3)))})
    children = tuple(sorted(draw(st.sets(st.integers(0, 9999), max_size=300))))
    waits = st.sampled_from(
        [
            OnTimer(until=AT),
            OnBranches(outputs=outputs),
            OnMapRun(
                items=[draw(VALUES)] * draw(TIMES),
                map_run=MapRun(ordinal=1, max_concurrency=40),
                first_ordinal=2,
                next_index=9999,
                open_children=children,
                outputs=outputs,
                failures=failures,
            ),
            Failed(Failure(draw(WORDS), draw(WORDS))),
        ]
    )
    frames = {
        n: replace(a_frame(n, draw(NAMES)), input=draw(VALUES), waiting=draw(waits))
        for n in range(1, draw(TIMES) + 1)
    }
    failure = Failure(draw(WORDS), draw(WORDS) * draw(TIMES))
    outcome = draw(
        st.none()
        | st.just(Outcome(status="SUCCEEDED", at=AT, output=draw(VALUES)))
        | st.just(Outcome(status="FAILED", at=AT, failure=failure))
    )
    return a_record(frames=frames, outcome=outcome)


@st.composite
def histories(draw):
    """A few saves' worth of events, with large details."""
    details = draw(
        st.dictionaries(
            st.sampled_from(["input", "output", "cause", "error", "assignedVariables", "name"]),
            WORDS,
            max_size=4,
        )
    )
    if "assignedVariables" in details:
        details["assignedVariables"] = {"a": details["assignedVariables"]}
    return [
        Event(id=n, previous_event_id=n - 1, type="PassStateExited", at=AT, details=details)
        for n in range(1, draw(TIMES) + 1)
    ]


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(records(), histories(), WORDS)
def test_status_stays_within_its_bound(record, events, note):
    """Whatever a run holds, its status has at most 32 KiB, and the record comes back from it."""
    before, texts, pages, last, known = BEFORE, Texts(), {}, 0, ReferencedNames()
    for version in range(4):
        batch = [it._replace(id=it.id + last) for it in events]
        last += len(events)
        save = Save(at=AT, revision="r" * 40, record=record, history=batch, note=note)
        made = written(before, save, a_naming(str(version), known), texts)
        texts.keep()
        pages |= made.pages
        known = ReferencedNames(record=by_digest(made.record_pages))
        before = replace(before, history=made.history, conditions=made.conditions)
        assert size_of(made.status) <= STATUS_BYTES
    node = from_text(made.status["record"])
    assert from_plain(restored(node, pages, None)) == record
