"""What is said of executions that failed: the innermost state, its error, and who was asked."""

import json

import pytest

from asw.cli.views.explanation_text import lines_of
from asw.engine.facts import ChildFinished, StopRequested
from asw.executions.port import LogLine, TaskSnapshot
from asw.explain.explain import explain
from tests.support.cases import a_case, an_open_case, with_status
from tests.support.play import Lost, Raised, definition, play, task

BOOM = json.dumps(
    {
        "errorMessage": "no such thing",
        "errorType": "Oops",
        "stackTrace": ['  File "index.py", line 3, in main\n    look()\n'],
    }
)


def boom(_event):
    """A function that fails as one in Python does."""
    raise Raised("Oops", BOOM)


def text_of(case, **how):
    """All that is said of the case, as lines without indentation."""
    return [line.text.strip() for line in lines_of(explain(case), **how)]


def verdicts(case, level=0):
    """Who was asked, and what they said."""
    asked = explain(case).failures[level].verdicts
    return {it.handler: it.why for it in asked}


def a_task_that_fails(*, error="Oops", **fields):
    """The case of one Task with these fields, whose function fails with the error."""

    def fails(_event):
        raise Raised(error, "because")

    states = {"A": task(**fields)} | ({"B": {"Type": "Succeed"}} if "Catch" in fields else {})
    return a_case(definition("A", **states), {"a": 1}, {"work": fails})


def test_a_failed_task_is_told_with_its_input_error_and_traceback():
    """The first thing to be read is which state failed, on what, and where in its code."""
    case = a_case(definition("A", A=task()), {"a": 1}, {"work": boom})
    said = text_of(case)
    assert said[0] == "run-1  Failed  0 ms  Workflow flow"
    assert said[1] == "A failed: Oops"
    assert said[3:9] == [
        "A  Task  calls Function work",
        "entered by event 2",
        'input: {"a":1}',
        "error: Oops",
        "cause: no such thing",
        'File "index.py", line 3, in main',
    ]
    assert "It has no Retry and no Catch." in said


def test_a_failed_call_of_a_service_names_its_action():
    """What was called is told, and what to do is no matter of a Function's code."""

    def fails(_event):
        raise Raised("SNS.NotFoundException", "Topic does not exist")

    fields = {"Resource": "arn:aws:states:::sns:publish", "Parameters": {"Message": "m"}}
    case = a_case(definition("A", A=task(**fields)), {}, {"sns:publish": fails})
    said = text_of(case)
    assert said[3] == "A  Task  calls sns:publish"
    advice = "fix what sns:publish was asked for or lacks, or catch SNS.NotFoundException"
    assert f"- {advice}" in said
    assert not any("Function" in line for line in said)


def test_a_task_whose_child_failed_names_the_child():
    """Which execution it was, and the command that tells more."""
    arn = "arn:aws:states:us-east-1:1:stateMachine:bill"
    fields = {
        "Resource": "arn:aws:states:::states:startExecution.sync",
        "Parameters": {"StateMachineArn": arn, "Name": "one"},
    }

    def told(start, now):
        return [ChildFinished(task_id=start.task_id, at=now, status="FAILED", error="Oops")]

    case = a_case(definition("A", A=task(**fields)), {}, {}, nested=told)
    assert "It is execution one of Workflow bill that failed: asw why one tells more." in text_of(
        case
    )


@pytest.mark.parametrize(
    ("error", "names", "why"),
    [
        ("Oops", ["Other"], "Oops is not among its ErrorEquals"),
        (
            "Lambda.TooManyRequestsException",
            ["Lambda.TooManyRequestException"],
            (
                "Lambda.TooManyRequestsException is not among its ErrorEquals: should "
                "Lambda.TooManyRequestException be Lambda.TooManyRequestsException?"
            ),
        ),
        (
            "Oops",
            ["my.Oops"],
            "Oops is not among its ErrorEquals: should my.Oops be Oops?",
        ),
        (
            "States.Timeout",
            ["States.TaskFailed"],
            "States.TaskFailed takes all errors except timeouts: States.Timeout is one",
        ),
        (
            "Sandbox.Timedout",
            ["States.Timeout"],
            (
                "a function that exceeds its own timeoutSeconds is Sandbox.Timedout, not"
                " States.Timeout"
            ),
        ),
        ("States.Runtime", ["States.ALL"], "nothing takes States.Runtime, not even States.ALL"),
    ],
)
def test_a_catcher_that_does_not_match_says_why(error, names, why):
    """The reason is the one that holds for this name and these, with the nearest miss."""
    case = a_task_that_fails(error=error, Catch=[{"ErrorEquals": names, "Next": "B"}])
    assert verdicts(case) == {"Catch[0]": why}


def test_retriers_and_catchers_are_told_in_the_order_in_which_they_were_asked():
    """A Retrier that is used up decides: those after it are not asked, the Catchers are."""
    case = a_task_that_fails(
        Retry=[
            {"ErrorEquals": ["Other"]},
            {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2},
            {"ErrorEquals": ["States.ALL"], "MaxAttempts": 0},
        ],
        Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "B"}],
    )
    assert verdicts(case) == {
        "Retry[0]": "Oops is not among its ErrorEquals",
        "Retry[1]": "takes it, but its MaxAttempts are used up: 2 of 2",
        "Retry[2]": "not asked, although it would take it: Retry[1] came first",
        "Catch[0]": "Oops is not among its ErrorEquals",
    }
    assert [it.number for it in explain(case).failures[0].tries] == [1, 2, 3]


def test_a_retrier_that_allows_no_retry_says_so():
    """MaxAttempts 0 is no exhaustion: it forbids."""
    case = a_task_that_fails(Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}])
    assert verdicts(case) == {"Retry[0]": "takes it, but its MaxAttempts 0 allows no retry"}


def test_a_catcher_whose_result_path_fails_is_told_with_the_error_that_it_took():
    """What ended the execution is the Catcher's own fault, and what it was asked about is told."""
    catch = [{"ErrorEquals": ["Oops"], "ResultPath": "$.a.y", "Next": "B"}]
    case = a_task_that_fails(Catch=catch)
    assert verdicts(case) == {
        "Catch[0]": "takes it, but its ResultPath $.a.y does not fit the state's input"
    }
    said = text_of(case)
    assert said[1] == "A failed: States.ResultPathMatchFailure"
    assert "Who was asked about Oops, in this order:" in said
    assert "$.a is not an object but of type number" in said


def test_free_retries_of_losses_are_no_retries_of_a_retrier():
    """What the machinery made good itself did not use up MaxAttempts."""

    def lost(_event):
        raise Lost("the node is gone", "Asw.NodeLost")

    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
    case = a_case(definition("A", A=task(Retry=retry)), {}, {"work": lost})
    assert verdicts(case) == {"Retry[0]": "takes it, but its MaxAttempts are used up: 1 of 1"}
    assert "Asw.NodeLost: its node went away, and no free retry is left." in text_of(case)


def test_the_innermost_state_is_found_through_parallel_and_map():
    """The failure is followed inwards, and each level says what it was asked."""
    branch = {"StartAt": "T", "States": {"T": task(Retry=[{"ErrorEquals": ["X"]}])}}
    par = {"Type": "Parallel", "Branches": [branch], "End": True}
    each = {"StartAt": "Par", "States": {"Par": par}}
    machine = definition(
        "M",
        M={
            "Type": "Map",
            "ItemProcessor": each,
            "ToleratedFailureCount": 0,
            "Catch": [{"ErrorEquals": ["Oops"], "Next": "E"}],
            "End": True,
        },
        E={"Type": "Succeed"},
    )
    case = a_case(machine, [1, 2, 3], {"work": lambda n: boom(n) if n == 2 else n})
    inner, middle, outer = explain(case).failures
    assert (inner.state, inner.input) == ("T", 2)
    assert inner.place == ("Map M, item 1", "Parallel Par, branch 0")
    assert (middle.state, middle.error) == ("Par", "Oops")
    assert (outer.state, outer.error) == ("M", "States.ExceedToleratedFailureThreshold")
    assert "1 of 3 items failed; the lowest number is item 1." in outer.notes
    assert text_of(case).count("cause: no such thing") == 1


def test_a_retried_parallel_counts_its_own_retries():
    """What runs in it failed each time; the Parallel's Retrier is the one that is used up."""
    branch = {"StartAt": "T", "States": {"T": task()}}
    retry = [{"ErrorEquals": ["Oops"], "MaxAttempts": 2}]
    machine = definition(
        "P", P={"Type": "Parallel", "Branches": [branch], "Retry": retry, "End": True}
    )
    case = a_case(machine, {}, {"work": boom})
    assert verdicts(case, 1) == {"Retry[0]": "takes it, but its MaxAttempts are used up: 2 of 2"}


def test_a_path_that_found_nothing_is_told_with_the_keys_that_there_were():
    """A misspelt key is named together with the one that was meant."""
    state = {"Type": "Pass", "Parameters": {"x.$": "$.order.itms[0]"}, "End": True}
    case = a_case(definition("P", P=state), {"order": {"items": [1], "id": 3}})
    assert explain(case).failures[0].notes[1:] == (
        "$.order.itms[0] in x.$ found nothing",
        "$.order has the keys: items, id",
        "did you mean $.order.items[0]?",
    )


def test_a_result_that_lacks_a_key_is_looked_at_where_the_path_reads_the_result():
    """A ResultSelector reads the result, not the input."""
    state = task(ResultSelector={"x.$": "$.totl"})
    case = a_case(definition("A", A=state), {"totl": 1}, {"work": lambda _: {"total": 2}})
    assert "did you mean $.total?" in explain(case).failures[0].notes


def test_a_variable_that_is_not_there_is_told_with_those_that_are():
    """Variables are named as they are written."""
    machine = definition(
        "S",
        S={"Type": "Pass", "Assign": {"count": 1}, "Next": "P"},
        P={"Type": "Pass", "Parameters": {"x.$": "$cuont"}, "End": True},
    )
    notes = explain(a_case(machine, {})).failures[0].notes
    assert notes[1:] == (
        "$cuont found nothing",
        "the state has the keys: $count",
        "did you mean $count?",
    )


def test_a_jsonata_expression_that_gave_nothing_is_told_with_the_keys_that_there_were():
    """The part of the input that the expression asks for is looked at."""
    state = {
        "Type": "Pass",
        "QueryLanguage": "JSONata",
        "Output": "{% $states.input.ordr.id + 1 %}",
        "End": True,
    }
    notes = explain(a_case(definition("J", J=state), {"order": {"id": 1}})).failures[0].notes
    assert notes[1:] == (
        "$states.input.ordr.id found nothing",
        "$states.input has the keys: order",
        "did you mean $states.input.order.id?",
    )


def test_a_choice_without_match_tells_what_each_rule_compared():
    """Of each rule the values, and whether their type was the fault."""
    rules = [
        {"Variable": "$.kind", "StringEquals": "a", "Next": "D"},
        {
            "And": [
                {"Variable": "$.n", "NumericGreaterThan": 3},
                {"Variable": "$.kind", "IsPresent": True},
            ],
            "Next": "D",
        },
    ]
    machine = definition("C", C={"Type": "Choice", "Choices": rules}, D={"Type": "Succeed"})
    case = a_case(machine, {"kind": 7, "n": 1})
    first, second = explain(case).failures[0].rules
    assert first.condition == '$.kind StringEquals "a"'
    assert first.compared == (
        "$.kind is 7, of type number: StringEquals compares values of type string only",
    )
    assert second.compared == ("$.n is 1: does not hold", "$.kind is 7: holds")
    assert "- give C a Default, for input that no rule covers" in text_of(case)


def test_the_pods_reason_and_the_last_lines_of_the_failing_attempt_are_told():
    """What the place knows of the task stands beside its try; lines are those of the last try."""
    case = a_case(
        definition("A", A=task(Retry=[{"ErrorEquals": ["Oops"], "MaxAttempts": 1}])),
        {},
        {"work": boom},
        lines=[LogLine("A", 0, "first", 1), LogLine("A", 1, "second", 2)],
        tasks=[TaskSnapshot(state="A", number=1, pod="p-1", node="n-1", trouble="OOMKilled")],
    )
    said = text_of(case)
    assert "try 1: Failed after 0 ms, Oops, pod p-1 on node n-1, OOMKilled" in said
    assert [line.text for line in explain(case).log] == ["second"]


def test_a_fail_state_is_told_with_its_error_and_cause():
    """It asks nobody."""
    state = {"Type": "Fail", "Error": "Nope", "Cause": "because"}
    said = text_of(a_case(definition("F", F=state), {}))
    assert said[1] == "F failed: Nope"
    assert "cause: because" in said
    assert not any("Retry" in line for line in said)


def test_long_payloads_are_cut_unless_all_is_wanted():
    """The cut says how much there is and how to see it."""
    case = a_case(definition("A", A=task()), {"a": "长" * 1000}, {"work": boom})
    assert any(line.endswith("(1008 characters, all with --full)") for line in text_of(case))
    assert any("长" * 1000 in line for line in text_of(case, is_full=True))


def test_what_failed_before_it_began_is_told_by_its_cause():
    """There is no state to be shown, and the remedy is another one."""
    case = with_status(
        an_open_case(definition("A", A=task()), facts=()),
        phase="Failed",
        error="Asw.WorkflowNotFound",
        cause="Workflow 'flow' did not appear in 300 s",
    )
    said = text_of(case)
    assert said[1] == "failed before its first state: Asw.WorkflowNotFound"
    assert "Workflow 'flow' did not appear in 300 s" in said
    assert "- apply the Workflow, then start it again" in said


def test_what_timed_out_says_by_what_and_where_it_stood():
    """An execution's own TimeoutSeconds is no state's failure."""
    wait = {"Type": "Wait", "Seconds": 100, "End": True}
    said = text_of(a_case({**definition("A", A=wait), "TimeoutSeconds": 5}, {}))
    assert said[1] == "timed out after 5 s, its TimeoutSeconds"
    assert "It was in A, for 5.0 s." in said


def test_what_was_aborted_says_with_which_words_and_where_it_stood():
    """The words are those of whoever asked."""
    stop = StopRequested(error="Enough", cause="no need of it")
    wait = {"Type": "Wait", "Seconds": 100, "End": True}
    case = an_open_case(definition("A", A=wait), facts=[(0, ()), (1, (stop,))])
    said = text_of(case)
    assert said[1] == "was aborted: Enough"
    assert said[3:5] == ["no need of it", "It was in A, for 1.0 s."]


def test_a_success_says_which_errors_it_got_over():
    """Retried and caught errors are no longer seen in the outcome."""
    answers = iter([Raised("Oops", "x"), None])

    def second_time(_event):
        answer = next(answers)
        if answer is not None:
            raise answer
        return 1

    machine = definition(
        "A",
        A=task(Retry=[{"ErrorEquals": ["Oops"]}], Next="B"),
        B=task("never", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}]),
        C={"Type": "Succeed"},
    )
    case = a_case(machine, {}, {"work": second_time, "never": boom})
    said = text_of(case)
    assert said[1] == "succeeded in 1.0 s"
    assert "A succeeded at try 2, after Oops." in said
    assert "B failed, and its error was caught: Oops." in said


def test_advice_offers_the_handler_that_would_have_taken_the_error():
    """A near miss is corrected in place; what may pass is retried; what will not is caught."""
    typo = a_task_that_fails(Retry=[{"ErrorEquals": ["Opps", "Other"]}])
    assert '"ErrorEquals": ["Oops", "Other"]' in text_of(typo)
    passing = a_task_that_fails(error="Lambda.TooManyRequestsException")
    assert any(line.startswith('"Retry": [') for line in text_of(passing))
    lasting = a_task_that_fails()
    assert any(line.startswith('"Catch": [') for line in text_of(lasting))


def test_the_engine_agrees_with_what_is_said():
    """A Retrier that is said to take the error is one that the engine retried by."""
    machine = definition("A", A=task(Retry=[{"ErrorEquals": ["oops", "Oops"], "MaxAttempts": 1}]))
    assert len(play(machine, {}, {"work": boom}).details("LambdaFunctionScheduled")) == 2
    case = a_case(machine, {}, {"work": boom})
    assert verdicts(case) == {"Retry[0]": "takes it, but its MaxAttempts are used up: 1 of 1"}


def test_a_history_that_is_full_is_no_states_failure():
    """The loop is to be mended, not the data flow of the state that it happened in."""
    rule = {"Variable": "$.x", "IsPresent": True, "Next": "D"}
    machine = definition(
        "A",
        A={"Type": "Pass", "Next": "C"},
        C={"Type": "Choice", "Choices": [rule], "Default": "A"},
        D={"Type": "Succeed"},
    )
    said = text_of(a_case(machine, {}))
    assert said[1] == "failed: States.Runtime"
    assert said[3] == "The execution reached the maximum number of history events (25000)."
    assert "- end loops sooner, or run each round in a child of a distributed Map" in said


def test_a_success_says_how_many_items_it_bore_the_loss_of():
    """Tolerated failures are no longer seen in the outcome either."""
    each = {"StartAt": "T", "States": {"T": task()}}
    fields = {"ItemProcessor": each, "ToleratedFailureCount": 1, "End": True}
    case = a_case(
        definition("M", M={"Type": "Map", **fields}),
        [1, 2, 3],
        {"work": lambda n: boom(n) if n == 2 else n},
    )
    said = text_of(case)
    assert said[1].startswith("succeeded in ")
    assert "M: 1 of 3 items failed; the lowest number is item 1." in said
    assert not any("was caught" in line for line in said)
