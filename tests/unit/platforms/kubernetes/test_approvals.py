"""Approvals on clusters, from the answer in the spec to the stored record."""

import json
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import replace

import pytest

from tests.support.kube_objects import KEY, SETTINGS, events_of, execution_object, workflow_object
from tests.support.kube_world import Build, again, kube_world

HELD = Build(tasks=replace(SETTINGS, has_policies=True))
YES = {"choice": "approve", "by": "ann", "comment": "fine"}


def asking(**fields):
    """A machine of one Task that asks ann, or a member of ops."""
    asked = {"Title": "Go?", "Approvers": {"Users": ["ann"], "Groups": ["ops"]}}
    state = {"Type": "Task", "Resource": "asw:approval", "Parameters": asked, **fields}
    return {"StartAt": "Ask", "States": {"Ask": {**state, "End": True}}}


def types(world):
    """The types of the execution's events."""
    return [it["type"] for it in events_of(world.status)]


async def begin(world, **fields):
    """An execution that is about to ask."""
    await world.apply("workflow", workflow_object(definition=asking(**fields)))
    await world.apply("execution", execution_object())


@asynccontextmanager
async def waiting(build=HELD, **fields):
    """A world whose execution waits for a person."""
    async with kube_world(build) as world:
        await begin(world, **fields)
        await world.until(lambda: "TaskSubmitted" in types(world))
        yield world


async def say(world, **answers):
    """People patch the Execution; ``_7`` stands for the key 7, ``_7_2`` for 7.2."""
    item = deepcopy(world.stored("execution"))
    told = {name[1:].replace("_", "."): it for name, it in answers.items()}
    item["spec"]["answers"] = {**item["spec"].get("answers", {}), **told}
    item["metadata"]["generation"] += 1
    await world.apply("execution", item)


async def over(world):
    """The execution has ended."""
    await world.until(lambda: world.status.get("phase") in ("Succeeded", "Failed", "TimedOut"))


def message(world):
    """What people read of it."""
    return next(it["message"] for it in world.status["conditions"] if it["type"] == "Ready")


async def test_a_question_is_asked_and_nothing_runs():
    """It is in the history, and there is neither a Job nor a Secret for it."""
    async with waiting() as world:
        submitted = next(it for it in events_of(world.status) if it["type"] == "TaskSubmitted")
        assert "Go?" in json.dumps(submitted)
        assert world.api.named("/jobs/") == []
        assert world.api.named("/secrets/") == []


async def test_an_approval_is_the_result():
    """Who, what and why are in the output and in the history."""
    async with waiting() as world:
        await say(world, _1=YES)
        await over(world)
        said = world.status["output"]
        assert (said["Choice"], said["By"], said["Comment"]) == ("approve", "ann", "fine")
        assert types(world).count("TaskSucceeded") == 1


async def test_a_rejection_fails_it():
    """The error has a name, and says who and why."""
    async with waiting() as world:
        await say(world, _1={**YES, "choice": "reject", "comment": "too early"})
        await over(world)
        assert world.status["error"] == "Asw.Rejected"
        assert world.status["cause"] == "Rejected by ann: too early"


async def test_a_member_of_a_group_may_answer():
    """The policy saw to it that the groups are theirs."""
    async with waiting() as world:
        await say(world, _1={"choice": "approve", "by": "bob", "groups": ["dev", "ops"]})
        await over(world)
        assert world.status["output"]["By"] == "bob"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"choice": "approve", "by": "eve"}, "eve is not among the Approvers"),
        ({"choice": "maybe", "by": "ann"}, "ann: it is none of the Choices"),
        ({"choice": "approve", "by": "ann", "comment": "\u00e4" * 600}, "comment is too long"),
    ],
)
async def test_an_answer_that_does_not_count_is_told_and_another_one_may_follow(answer, told):
    """The condition says so; the next answer to the same task ends the wait."""
    async with waiting() as world:
        await say(world, _1=answer)
        await world.until(lambda: told in message(world))
        assert world.status["phase"] == "Running"
        await say(world, _1_2=YES)
        await over(world)
        assert world.status["output"]["By"] == "ann"


async def test_the_first_answer_that_counts_decides():
    """They are tried by their numbers, not by their texts."""
    async with waiting() as world:
        bob = {"choice": "reject", "by": "ann"}
        await say(world, _1={"choice": "approve", "by": "eve"}, _1_10=bob, _1_2=YES)
        await over(world)
        assert world.status["output"]["Choice"] == "approve"


async def test_an_answer_to_another_task_means_nothing():
    """Neither does it end the wait nor is it told; the one that is meant still counts."""
    async with waiting() as world:
        await say(world, _7=YES)
        await say(world, _1={**YES, "by": "eve"})
        await world.until(lambda: "answer" in message(world))
        assert "task 7" not in message(world)
        assert world.status["phase"] == "Running"


async def test_an_answer_that_is_there_before_its_question_counts_once_it_is_asked():
    """Nothing else has to happen to the execution for that."""
    async with kube_world(HELD) as world:
        await world.apply("workflow", workflow_object(definition=asking()))
        await world.apply("execution", execution_object(answers={"1": YES}))
        await over(world)
        assert world.status["output"]["By"] == "ann"


async def test_an_answer_outlives_the_operator():
    """Whoever takes over reads it from the spec, asks nobody again and decides once."""
    async with waiting() as world, again(world) as successor:
        await say(successor, _1=YES)
        await over(successor)
        assert types(successor).count("TaskSubmitted") == 1
        assert types(successor).count("TaskSucceeded") == 1


async def test_a_question_times_out():
    """As every Task does."""
    async with waiting(TimeoutSeconds=60) as world:
        world.time.pass_(61)
        world.reconciler.wake(KEY)
        await over(world)
        assert world.status["error"] == "States.Timeout"


async def test_nobody_is_asked_without_the_policies():
    """Then anybody could answer under any name."""
    async with kube_world() as world:
        await begin(world)
        await over(world)
        assert "admissionPolicy.enabled" in world.status["cause"]
