"""Every value at a moment: the stages of a state's data flow, and all that it could read."""

from dataclasses import replace
from unittest.mock import ANY

import pytest

from asw.cli.views.moment_text import list_lines, moment_lines, plain_of
from asw.exits import NOT_FOUND
from asw.explain.replay.moment import moment_at
from asw.explain.replay.playback import play_back
from asw.explain.replay.proof import prove
from asw.explain.replay.where import find_moment
from asw.failures import Failure
from tests.support.cases import a_case, an_open_case, with_status
from tests.support.play import Raised, definition, in_turn, task

FLOW = definition(
    "S",
    S={"Type": "Pass", "Assign": {"limit": 5}, "Next": "A"},
    A=task(
        InputPath="$.order",
        Parameters={"id.$": "$.id", "limit.$": "$limit"},
        ResultSelector={"sum.$": "$.total"},
        ResultPath="$.bill",
        OutputPath="$.bill",
        Assign={"seen.$": "$.total"},
        Next="B",
    ),
    B={"Type": "Succeed"},
)
INPUT = {"order": {"id": 7}}


def a_flow():
    """An execution through every stage of JSONPath's data flow."""
    return a_case(FLOW, INPUT, {"work": lambda event: {"total": event["id"] * event["limit"]}})


def moment(case, at, state=None):
    """All values at that moment, with the record of a playback."""
    playback = play_back(case.machine, case.header(), case.events)
    assert playback.is_proven
    return moment_at(case, playback, *find_moment(case, at, state))


def event_of(case, type_):
    """The id of the first event of that type."""
    return str(next(event.id for event in case.events if event.type == type_))


def test_every_stage_of_the_data_flow_is_told_at_the_exit():
    """From the raw input to what goes on, as AWS names the stages."""
    seen = moment(a_flow(), "A")
    assert dict(seen.values) == {
        "input": INPUT,
        "afterInputPath": {"id": 7},
        "afterParameters": {"id": 7, "limit": 5},
        "result": {"total": 35},
        "afterResultSelector": {"sum": 35},
        "afterResultPath": {"order": {"id": 7}, "bill": {"sum": 35}},
        "output": {"sum": 35},
    }
    assert dict(seen.variables) == {"limit": 5}
    assert dict(seen.assigned) == {"seen": 35}


def test_what_came_later_is_not_told_yet():
    """At the entry there is no result, at the result no output."""
    case = a_flow()
    entered = moment(case, event_of(case, "TaskStateEntered"))
    assert "result" not in entered.values
    assert "output" not in entered.values
    assert entered.assigned == {}
    succeeded = moment(case, event_of(case, "LambdaFunctionSucceeded"))
    assert succeeded.values["result"] == {"total": 35}
    assert "output" not in succeeded.values


def test_chance_is_drawn_as_the_engine_drew_it():
    """A UUID that went into a state is the same one again."""
    state = {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "End": True}
    case = a_case(definition("P", P=state), {})
    seen = moment(case, "P")
    assert seen.values["afterParameters"] == seen.values["output"]


def test_the_context_object_shows_the_item_and_the_retries():
    """Within a Map its item, in a Task how often it was retried."""
    answers = iter([Raised("Oops", "x"), None])

    def second_time(event):
        answer = next(answers)
        if answer is not None:
            raise answer
        return event

    each = {"StartAt": "T", "States": {"T": task(Retry=[{"ErrorEquals": ["Oops"]}])}}
    machine = definition("M", M={"Type": "Map", "ItemProcessor": each, "End": True})
    case = a_case(machine, ["a"], {"work": second_time})
    seen = moment(case, "T")
    assert seen.context is not None
    assert seen.context["Map"] == {"Item": {"Index": 0, "Value": "a"}}
    assert seen.context["State"]["RetryCount"] == 1
    assert seen.retries == (1,)
    assert seen.place == ("Map M, item 0",)


@pytest.mark.parametrize("redrives", [0, 1], ids=["by a Retrier", "by a redrive"])
def test_the_error_of_a_try_is_over_with_the_next_try(redrives):
    """It stands until the work begins anew; beside a later result and output there is no error."""
    retry = [] if redrives else [{"ErrorEquals": ["Oops"]}]
    machine = definition("T", T=task(Retry=retry, Next="E"), E={"Type": "Succeed"})
    case = a_case(machine, {}, {"work": in_turn(Raised("Oops", "x"), 5)}, redrives=redrives)
    failed = moment(case, event_of(case, "LambdaFunctionFailed"))
    assert (failed.error, failed.cause) == ("Oops", "x")
    assert "result" not in failed.values
    second = [event.id for event in case.events if event.type == "LambdaFunctionScheduled"][1]
    assert moment(case, str(second), "T").error is None
    left = moment(case, "T")
    assert (left.values["output"], left.error, left.cause) == (5, None, None)
    assert left.context is not None
    assert left.context["Execution"]["RedriveCount"] == redrives
    assert moment(case, str(second - 1), "T").error == (None if redrives else "Oops")


def test_the_error_that_a_catcher_took_stands_beside_the_output():
    """It is why the state was left that way."""
    catch = [{"ErrorEquals": ["Oops"], "ResultPath": "$.error", "Next": "E"}]
    machine = definition("T", T=task(Catch=catch, Next="E"), E={"Type": "Succeed"})
    left = moment(a_case(machine, {}, {"work": in_turn(Raised("Oops", "x"))}), "T")
    assert (left.error, left.values["output"]) == ("Oops", {"error": ANY})


def test_a_result_that_was_worked_anew_is_told_of_its_own_try():
    """What the data flow could not take was a result all the same, before the next try's."""
    retry = [{"ErrorEquals": ["States.QueryEvaluationError"]}]
    output = "{% $type($states.result) = 'number' ? $states.result : $error('no number') %}"
    state = task(QueryLanguage="JSONata", Retry=retry, Output=output)
    case = a_case(definition("T", T=state), {}, {"work": in_turn("five", 5)})
    first = moment(case, event_of(case, "LambdaFunctionSucceeded"))
    assert first.values["result"] == "five"
    assert moment(case, "T").values["result"] == 5


def test_stages_read_the_item_and_the_retries_as_the_state_did():
    """The context object of every stage is the whole one of its moment."""
    told = {"retries.$": "$$.State.RetryCount", "item.$": "$$.Map.Item.Value"}
    state = task(Parameters=told, ResultSelector=told, Retry=[{"ErrorEquals": ["Oops"]}])
    each = {"StartAt": "T", "States": {"T": state}}
    machine = definition("M", M={"Type": "Map", "ItemProcessor": each, "End": True})
    case = a_case(machine, ["a"], {"work": in_turn(Raised("Oops", "x"), 5)})
    values = moment(case, "T").values
    assert values["afterParameters"] == {"retries": 1, "item": "a"}
    assert values["afterResultSelector"] == values["output"] == {"retries": 1, "item": "a"}
    entered = moment(case, event_of(case, "LambdaFunctionScheduled")).values
    assert entered["afterParameters"] == {"retries": 0, "item": "a"}


def test_a_map_that_was_over_at_once_shows_its_items():
    """No step of the engine left it at work, so that the items are computed anew."""
    state = {"Type": "Pass", "Parameters": {"item.$": "$$.Map.Item.Value"}, "End": True}
    each = {"StartAt": "P", "States": {"P": state}}
    machine = definition("M", M={"Type": "Map", "ItemProcessor": each, "End": True})
    seen = moment(a_case(machine, ["a"]), "P")
    assert seen.values["afterParameters"] == {"item": "a"}
    assert seen.context is not None
    assert seen.context["Map"] == {"Item": {"Index": 0, "Value": "a"}}


def test_results_of_parallel_and_map_are_put_together_from_their_lines():
    """They are in no event of their own."""
    branches = [
        {"StartAt": "X", "States": {"X": {"Type": "Pass", "Result": 1, "End": True}}},
        {"StartAt": "Y", "States": {"Y": {"Type": "Pass", "Result": 2, "End": True}}},
    ]
    each = {"StartAt": "T", "States": {"T": task()}}
    machine = definition(
        "P",
        P={"Type": "Parallel", "Branches": branches, "Next": "M"},
        M={"Type": "Map", "ItemProcessor": each, "ResultSelector": {"all.$": "$"}, "End": True},
    )
    case = a_case(machine, {}, {"work": lambda n: n * 10})
    assert moment(case, "P").values["result"] == [1, 2]
    of_map = moment(case, "M")
    assert of_map.values["afterItemsPath"] == [1, 2]
    assert of_map.values["result"] == [10, 20]
    assert of_map.values["afterResultSelector"] == {"all": [10, 20]}


def test_timers_and_other_open_lines_are_told():
    """What waited then, and until when."""
    branches = [
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}},
        {"StartAt": "A", "States": {"A": task()}},
    ]
    case = an_open_case(definition("P", P={"Type": "Parallel", "Branches": branches, "End": True}))
    seen = moment(case, "last", "W")
    assert {name: at.isoformat() for name, at in seen.timers.items()} == {
        "Wait": "2026-01-01T00:01:00+00:00"
    }
    (other,) = seen.others
    assert (other.state, other.waits_for) == ("A", "task")


@pytest.mark.parametrize(
    ("at", "state", "expected"),
    [("last", None, 11), ("3", None, 3), ("-1", None, 11), ("A", None, 8), ("last", "S", 3)],
)
def test_a_moment_is_named_by_an_event_or_a_state(at, state, expected):
    """Ids count from 1, from the end where negative; a state is meant when it was left."""
    assert find_moment(a_flow(), at, state)[0].id == expected


def test_the_state_of_an_event_is_the_one_that_is_asked_for():
    """Another state is shown as it was at the event."""
    case = a_flow()
    event, visit = find_moment(case, "6", "S")
    assert event.id == 6
    assert visit is not None
    assert visit.name == "S"


@pytest.mark.parametrize(
    ("at", "state", "message", "remedy"),
    [
        ("99", None, "no event 99: the history has 11", "--list shows all; -1 is the last"),
        ("0", None, "no event 0: the history has 11", "--list shows all; -1 is the last"),
        ("-12", None, "no event -12: the history has 11", "--list shows all; -1 is the last"),
        ("AA", None, "no state 'AA'", "did you mean A?"),
        ("last", "nothing like it", "no state 'nothing like it'", "--list shows all"),
        ("2", "B", "B had not been entered at event 2", "omit --at for its last visit"),
    ],
)
def test_a_moment_that_is_not_there_is_refused_with_what_there_is(at, state, message, remedy):
    """The nearest name, or where to look."""
    with pytest.raises(Failure) as caught:
        find_moment(a_flow(), at, state)
    assert caught.value.message == message
    assert caught.value.remedy == remedy
    assert caught.value.code == NOT_FOUND


def test_a_state_that_was_never_entered_is_told_from_one_that_does_not_exist():
    """The definition knows it, the history does not."""
    rule = {"Variable": "$.n", "IsPresent": True, "Next": "D"}
    machine = definition(
        "C",
        C={"Type": "Choice", "Choices": [rule], "Default": "E"},
        D={"Type": "Succeed"},
        E={"Type": "Succeed"},
    )
    with pytest.raises(Failure, match="D was never entered") as caught:
        find_moment(a_case(machine, {}), "D", None)
    assert caught.value.remedy == "states that were entered: C, E"


def test_an_execution_that_has_not_begun_has_no_moments():
    """The remedy is another verb."""
    case = an_open_case(definition("A", A=task()), facts=())
    with pytest.raises(Failure, match="run-1 has no history: it has not started"):
        find_moment(case, "last", None)


def test_what_ended_before_it_began_has_no_moments():
    """It waits for nothing any more: what is to be asked is why."""
    case = with_status(replace(a_flow(), events=[]), phase="Failed")
    with pytest.raises(Failure, match="it ended before its first state") as caught:
        find_moment(case, "last", None)
    assert caught.value.remedy == "asw why run-1 says why"


def said(case, proof):
    """What is said of the proof."""
    seen = moment_at(case, proof.playback, *find_moment(case, "last", None))
    return [line.text for line in moment_lines(case, proof, seen)]


def test_the_proof_is_said_before_the_values():
    """Whether the engine made the same history."""
    case = a_flow()
    lines = said(case, prove(case))
    assert lines[0] == "run-1 at event 11 of 11, ExecutionSucceeded, 0 ms after its start"
    assert lines[1] == "The engine reproduced all 11 events as they were recorded."


def test_a_difference_is_shown_with_both_events():
    """What was recorded, what is made, and in which fields they differ."""
    case = a_flow()
    events = list(case.events)
    events[7] = events[7]._replace(details={"name": "A", "output": {"sum": 36}})
    case = replace(case, events=events)
    lines = said(case, prove(case))
    made = "The engine reproduced the first 7 of 11 events, and then made a different one:"
    assert lines[1] == made
    assert '"output": "{\\"sum\\":36}"' in lines[2]
    assert '"output": "{\\"sum\\":35}"' in lines[3]
    assert lines[4] == "  they differ in: output, assignedVariables"


@pytest.mark.parametrize(
    ("changes", "is_redacted", "why"),
    [
        ({}, True, "its values were redacted"),
        ({"machine": None}, False, "the definition that it ran was removed"),
        ({"events": a_flow().events[2:]}, False, "the beginning of its history was removed"),
        (
            {"events": [*a_flow().events[:2], *a_flow().events[4:]]},
            False,
            "its history has gaps",
        ),
    ],
)
def test_what_cannot_be_played_again_says_why_and_tells_what_history_does(
    changes, is_redacted, why
):
    """The values that history holds are shown nevertheless."""
    case = replace(a_flow(), **changes)
    proof = prove(replace(case, is_redacted=is_redacted))
    lines = said(case, proof)
    assert lines[1] == f"Not replayed: {why}. What follows comes from the history alone."
    assert any(line.startswith("  input: ") for line in lines)
    assert plain_of(case, proof, moment_at(case, None, case.events[-1], None))["check"] == {
        "proven": False,
        "obstacle": why,
    }


def test_the_list_of_moments_has_a_line_for_each_event():
    """Ids and states are what --at takes."""
    lines = [line.text.split() for line in list_lines(a_flow())]
    assert lines[4] == ["5", "0", "ms", "LambdaFunctionScheduled", "A"]
    assert len(lines) == 11


def test_the_json_of_a_moment_has_a_stable_shape():
    """Programs find the same fields at every moment."""
    case = a_flow()
    proof = prove(case)
    plain = plain_of(case, proof, moment_at(case, proof.playback, case.events[0], None))
    assert list(plain) == [
        "execution",
        "event",
        "state",
        "type",
        "place",
        "enteredEvent",
        "values",
        "error",
        "cause",
        "assigned",
        "variables",
        "context",
        "retries",
        "timers",
        "open",
        "check",
    ]
    assert plain["check"]["proven"] is True
