"""What is in the trace of a run, by example; ``test_span_laws`` has what holds for all."""

from datetime import UTC, datetime, timedelta

import pytest

from asw.telemetry.spans import LONGEST_TEXT, never_began
from asw.telemetry.trace_ids import is_sampled, span_id_of, trace_id_of, traceparent
from tests.support.play import START, UID, Raised, definition, header, in_turn, task
from tests.support.traces import run_of, spans_in

SECOND = timedelta(seconds=1)
OOPS = {"Type": "Fail", "Error": "Oops", "Cause": "because"}


def test_a_try_tells_how_long_it_waited_and_how_long_it_ran() -> None:
    """It started a second after it was scheduled, ran for one, and was saved after another."""
    spans = spans_in(run_of(definition("Pay", Pay=task()), functions={"work": lambda _: 1}))
    (whole,), (wait,), (ran,) = spans["Pay try"], spans["wait"], spans["run"]
    assert (whole.started_at, whole.ended_at) == (START, START + 3 * SECOND)
    assert (wait.started_at, wait.ended_at) == (START, START + SECOND)
    assert (ran.started_at, ran.ended_at) == (START + SECOND, START + 2 * SECOND)
    assert whole.parent == spans["Pay"][0].id
    assert wait.parent == ran.parent == whole.id
    assert {it.result for it in (whole, wait, ran)} == {"succeeded"}


def test_each_try_of_a_state_is_told_with_its_own_error() -> None:
    """The visit around them succeeded in the end."""
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]
    answers = in_turn(Raised("Slow"), Raised("Slower"), 1)
    told = run_of(definition("Pay", Pay=task(Retry=retry)), functions={"work": answers})
    spans = spans_in(told)
    tries = [(it.result, it.error, it.attributes["asw.attempt"]) for it in spans["Pay try"]]
    assert tries == [("failed", "Slow", 0), ("failed", "Slower", 1), ("succeeded", None, 2)]
    (visit,) = spans["Pay"]
    assert (visit.result, visit.error) == ("succeeded", None)


def test_a_failing_branch_fails_what_is_around() -> None:
    """The name of the error stands where it came from, and at the root."""
    branches = [definition("Work", Work=task()), definition("Rest", Rest=task(Next="No"), No=OOPS)]
    both = {"Type": "Parallel", "Branches": branches, "End": True}
    held = {"work": lambda _: 1}
    spans = spans_in(run_of(definition("Both", Both=both), functions=held))
    found = {name: [(it.result, it.error) for it in each] for name, each in spans.items()}
    assert found["No"] == [("failed", "Oops")]
    assert found["Both"] == [("failed", None)]
    assert found["flow"] == [("failed", "Oops")]
    assert spans["No"][0].parent == spans["Rest"][0].parent == spans["Both"][0].id


def test_what_a_siblings_failure_ends_is_aborted() -> None:
    """Its visit and its try both, without an error of their own."""
    branches = [
        definition("Work", Work=task()),
        definition("Nap", Nap={"Type": "Wait", "Seconds": 900, "End": True}),
        definition("Soon", Soon={"Type": "Wait", "Seconds": 1, "Next": "No"}, No=OOPS),
    ]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    both = {"Type": "Parallel", "Branches": branches, "Catch": catch, "Next": "Done"}
    machine = definition("Both", Both=both, Done={"Type": "Succeed"})
    spans = spans_in(run_of(machine))
    found = {name: [(it.result, it.error) for it in each] for name, each in spans.items()}
    for name in ("Work", "Work try", "wait", "Nap"):
        assert found[name] == [("aborted", None)]
    assert found["Both"] == [("succeeded", None)]


def test_iterations_of_an_inline_map_are_visits_within_it() -> None:
    """One for each item, also if all of them fit into one step."""
    inner = definition("Each", Each={"Type": "Pass", "End": True})
    machine = definition("All", All={"Type": "Map", "ItemProcessor": inner, "End": True})
    spans = spans_in(run_of(machine, [1, 2, 3]))
    assert [it.parent for it in spans["Each"]] == [spans["All"][0].id] * 3
    assert len({it.id for it in spans["Each"]}) == 3


def test_the_error_of_an_expression_stands_at_its_state() -> None:
    """AWS has its event follow the one before the entry of the state."""
    failing = {"Type": "Pass", "Output": "{% $error('no') %}", "End": True}
    machine = {"QueryLanguage": "JSONata", **definition("Sum", Sum=failing)}
    spans = spans_in(run_of(machine))
    assert [it.error for it in spans["Sum"]] == ["States.QueryEvaluationError"]


def test_long_names_of_errors_are_cut_off() -> None:
    """Users choose them."""
    spans = spans_in(run_of(definition("No", No={**OOPS, "Error": "x" * 5000})))
    assert {len(it.error or "") for each in spans.values() for it in each} == {LONGEST_TEXT}


def test_an_execution_that_could_not_begin_has_a_root_alone() -> None:
    """It has no history either."""
    span = never_began(header(), START, "Asw.InvalidDefinition")
    assert (span.id, span.trace_id) == (span_id_of(UID, "execution"), trace_id_of(UID, 0))
    assert (span.result, span.error) == ("failed", "Asw.InvalidDefinition")
    assert span.started_at == span.ended_at == START


def test_a_clock_that_was_set_back_makes_no_span_end_before_it_starts() -> None:
    """Collectors refuse such spans, or show them as lasting for centuries."""
    early = datetime(2025, 1, 1, tzinfo=UTC)
    span = never_began(header(), early, None)
    assert span.started_at == span.ended_at == early


def test_a_task_is_told_its_try() -> None:
    """By the header of W3C's Trace Context: version, trace, span, flags."""
    version, trace, span, flags = traceparent(UID, 1, 7, 1.0).split("-")
    assert (version, flags) == ("00", "01")
    assert trace == f"{trace_id_of(UID, 1):032x}"
    assert span == f"{span_id_of(UID, 'try', 7):016x}"


@pytest.mark.parametrize("ratio", [0.1, 0.5])
def test_a_ratio_of_all_traces_is_sampled(ratio: float) -> None:
    """By the id alone, so that whoever asks decides the same."""
    ids = [trace_id_of(f"execution-{n}", 0) for n in range(4000)]
    assert sum(is_sampled(it, ratio) for it in ids) / len(ids) == pytest.approx(ratio, abs=0.05)
    assert all(is_sampled(it, 1) for it in ids)
    assert not any(is_sampled(it, 0) for it in ids)
