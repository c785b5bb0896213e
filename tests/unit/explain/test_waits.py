"""What is said of executions that are not over: what each state waits for."""

from dataclasses import replace

import pytest

from asw.cli.views.explanation_text import lines_of, plain_of
from asw.engine.facts import TaskFailed, TaskStarted
from asw.engine.task_ids import TaskId
from asw.executions.port import TaskSnapshot
from asw.executions.run import Run
from asw.explain.explain import explain
from tests.support.cases import an_open_case, with_status
from tests.support.play import UID, definition, later, task

FIRST = TaskId(UID, 1)
WAIT = {"Type": "Wait", "Seconds": 600, "End": True}


def headline(case):
    """The sentence that is said first."""
    return explain(case).headline


def test_a_timer_says_until_when():
    """The instant, and how long it is from now."""
    case = an_open_case(definition("W", W=WAIT), seen_at=30)
    assert headline(case) == "W: waits until 2026-01-01 00:10:00 UTC, 9 min 30 s from now"


def test_a_timer_that_is_over_asks_for_the_operator():
    """Nothing but a missing operator keeps it."""
    case = an_open_case(definition("W", W=WAIT), seen_at=700)
    assert headline(case).endswith("the operator should go on now")


def test_a_task_that_may_wait_for_warm_pods_says_why_there_are_none():
    """Only Functions that are to be called now are spoken of."""
    case = an_open_case(definition("A", A=task()), seen_at=90)
    poolless = {"work": "exceeded quota: tiny; calls get Jobs meanwhile", "other": "no image"}
    assert explain(replace(case, poolless=poolless)).notes == (
        "warm pods of Function work do not start: exceeded quota: tiny; calls get Jobs meanwhile",
    )


def test_a_task_that_has_not_started_says_since_when():
    """Nothing is known of it yet."""
    case = an_open_case(definition("A", A=task()), seen_at=90)
    assert headline(case) == "A: its task for work has not started in 1 min 30 s"


def test_a_task_whose_pod_does_not_run_says_why():
    """The place's sentence comes first."""
    snapshot = TaskSnapshot(state="A", number=1, trouble="ImagePullBackOff: no such image")
    case = an_open_case(definition("A", A=task()), seen_at=90, tasks=[snapshot])
    assert headline(case) == "A: its task is not running: ImagePullBackOff: no such image"


def test_a_task_that_runs_says_where_and_how_long_it_may():
    """Pod and deadline are what its user looks for."""
    started = TaskStarted(task_id=FIRST, at=later(1))
    snapshot = TaskSnapshot(state="A", number=1, pod="p-1")
    case = an_open_case(
        definition("A", A=task(TimeoutSeconds=60)),
        facts=[(0, ()), (1, (started,))],
        seen_at=11,
        tasks=[snapshot],
    )
    assert (
        headline(case) == "A: work has been running for 10.0 s in pod p-1; it times out after 60 s"
    )


def test_a_retry_says_which_and_in_how_long():
    """The Retrier, its count and the error that it follows."""
    failed = TaskFailed(task_id=FIRST, at=later(1), error="Oops", cause="x")
    retry = [{"ErrorEquals": ["Oops"], "IntervalSeconds": 10}]
    case = an_open_case(
        definition("A", A=task(Retry=retry)), facts=[(0, ()), (1, (failed,))], seen_at=2
    )
    assert headline(case) == "A: waits 9.0 s for retry 1 of 3 by Retry[0], after Oops (x)"


def test_every_line_of_control_says_its_own_wait():
    """Branches are told apart by where they are."""
    branches = [
        {"StartAt": "W", "States": {"W": WAIT}},
        {"StartAt": "A", "States": {"A": task()}},
    ]
    case = an_open_case(definition("P", P={"Type": "Parallel", "Branches": branches, "End": True}))
    said = [line.text for line in lines_of(explain(case))]
    assert "2 states are at work or wait" in said
    assert any(line.startswith("  Parallel P, branch 0 / W: waits until") for line in said)
    assert any(line.startswith("  Parallel P, branch 1 / A: its task") for line in said)


def test_what_is_suspended_says_by_whom():
    """The API server noted who set the field, and when."""
    case = an_open_case(definition("W", W=WAIT))
    managed = [
        {
            "manager": "kubectl-patch",
            "time": "2026-01-01T00:00:05Z",
            "fieldsV1": {"f:spec": {"f:suspend": {}}},
        }
    ]
    manifest = dict(case.run.manifest)
    manifest["metadata"] = {**manifest["metadata"], "managedFields": managed}
    manifest["spec"] = {**manifest["spec"], "suspend": True}
    explanation = explain(replace(case, run=Run(manifest)))
    assert explanation.notes == (
        (
            "It is suspended, by kubectl-patch at 2026-01-01T00:00:05Z: what runs may finish, "
            "nothing new is started."
        ),
    )
    assert explanation.advice[0].command == "asw resume run-1"


def test_a_pending_execution_says_what_its_condition_says():
    """A missing Workflow, a slot: the operator has told it already."""
    message = "Workflow 'flow' in namespace 'default' does not exist"
    condition = {"type": "Ready", "reason": "WorkflowNotFound", "message": message}
    case = with_status(
        an_open_case(definition("W", W=WAIT), facts=(), seen_at=5),
        phase="Pending",
        conditions=[condition],
    )
    explanation = explain(replace(case, record=None))
    assert explanation.headline == "has been waiting to start for 5.0 s"
    assert explanation.notes == (f"WorkflowNotFound: {message}",)


@pytest.mark.parametrize(
    ("target", "file", "is_offered"),
    [
        ("--local", "", True),
        ("--data there", "", True),
        ("-n shop", "", False),
        ("", "a.gz", False),
    ],
)
def test_what_was_interrupted_on_this_machine_is_taken_up_by_its_user(target, file, is_offered):
    """No operator goes on with it; of a cluster, and of a file, nothing of that kind is said."""
    case = an_open_case(definition("W", W=WAIT), seen_at=30)
    commands = [advice.command for advice in explain(case, target=target, file=file).advice]
    assert (f"asw resume run-1 {target}" in commands) == is_offered


def test_an_execution_that_nobody_has_seen_asks_for_the_operator():
    """Without a condition, the operator has not been there."""
    case = with_status(an_open_case(definition("W", W=WAIT), facts=(), seen_at=5), phase="Pending")
    assert explain(replace(case, record=None)).notes == (
        "Nothing says why: the operator may not have seen it. Is the operator running?",
    )


def test_the_json_of_an_explanation_has_a_stable_shape():
    """Programs find the same fields, whatever became of the execution."""
    plain = plain_of(explain(an_open_case(definition("W", W=WAIT), seen_at=30)))
    assert list(plain) == [
        "execution",
        "namespace",
        "workflow",
        "phase",
        "verdict",
        "headline",
        "startTime",
        "completionTime",
        "failures",
        "waits",
        "notes",
        "log",
        "advice",
        "child",
        "missing",
    ]
    assert plain["waits"][0]["until"] == "2026-01-01T00:10:00.000Z"


def test_a_task_that_is_tried_again_says_after_what():
    """The error that its last try ended with is not seen anywhere else yet."""
    second = TaskId(UID, 2)
    failed = TaskFailed(task_id=FIRST, at=later(1), error="Oops", cause="x")
    started = TaskStarted(task_id=second, at=later(3))
    retry = [{"ErrorEquals": ["Oops"], "IntervalSeconds": 1}]
    case = an_open_case(
        definition("A", A=task(Retry=retry)),
        facts=[(0, ()), (1, (failed,)), (2, ()), (3, (started,))],
        seen_at=8,
    )
    assert headline(case) == "A: work has been running for 5.0 s, try 2 after Oops (x)"


def test_a_task_that_waits_for_a_slot_says_what_holds_it():
    """The operator knows why it has not been started, and has said so in its condition."""
    message = "in state A; 1 task waits for a free slot: maxActiveTasks of Workflow flow is 1"
    condition = {"type": "Ready", "reason": "Running", "message": message}
    case = with_status(an_open_case(definition("A", A=task())), conditions=[condition])
    assert explain(case).notes == (
        "1 task waits for a free slot: maxActiveTasks of Workflow flow is 1",
    )


def test_a_pod_without_image_comes_with_what_to_do():
    """Kubernetes' own words tell what it will fail with, and the remedy is known now."""
    snapshot = TaskSnapshot(state="A", number=1, trouble="ErrImagePull: no such host")
    case = an_open_case(definition("A", A=task()), tasks=[snapshot])
    assert explain(case).advice[0].text == (
        "fix spec.image or spec.imagePullSecrets of the Function; check the registry; "
        "otherwise it fails with Asw.ImagePullFailed"
    )


def test_what_a_running_task_prints_is_offered():
    """A task that seems to hang is looked into by its log; one that waits has none."""
    started = TaskStarted(task_id=FIRST, at=later(1))
    machine = definition("A", A=task())
    running = an_open_case(machine, facts=[(0, ()), (1, (started,))], seen_at=2)
    command = "asw logs run-1 -f --state A"
    assert command in [advice.command for advice in explain(running).advice]
    waiting = an_open_case(machine, seen_at=2)
    assert command not in [advice.command for advice in explain(waiting).advice]


def test_a_task_whose_child_has_the_token_waits_for_a_callback():
    """What the child does decides nothing any more."""
    request = {
        "StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:bill",
        "Input": {"token.$": "$$.Task.Token"},
    }
    resource = "arn:aws:states:::states:startExecution.waitForTaskToken"
    started = TaskStarted(task_id=FIRST, at=later(1))
    case = an_open_case(
        definition("A", A=task(Resource=resource, Parameters=request)),
        facts=[(0, ()), (1, (started,))],
        seen_at=11,
    )
    assert headline(case) == "A: has waited for a callback for 10.0 s"


def test_a_task_that_waits_for_an_execution_names_it():
    """The child, its Workflow, and the command that tells what it does."""
    request = {"StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:bill", "Name": "one"}
    resource = "arn:aws:states:::states:startExecution.sync"
    started = TaskStarted(task_id=FIRST, at=later(1))
    case = an_open_case(
        definition("A", A=task(Resource=resource, Parameters=request)),
        facts=[(0, ()), (1, (started,))],
        seen_at=11,
    )
    assert headline(case) == (
        "A: waits for execution one of Workflow bill, which began 10.0 s ago:"
        " asw why one tells what it does"
    )
