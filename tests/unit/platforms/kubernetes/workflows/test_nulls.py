"""Workflows whose nulls got lost on the way are refused, not run as something else."""

import asyncio
import json

import pytest

from asw.api.applied import LAST_APPLIED
from tests.support.kube_objects import execution_object, workflow_object
from tests.support.kube_world import kube_world

PLACE = "/definition/States/A/ResultPath"


def definition(**fields):
    """One Pass with these fields."""
    return {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 1, "End": True, **fields}}}


def condition(world, kind="Ready"):
    """A condition of the Workflow."""
    conditions = world.stored("workflow", "orders")["status"]["conditions"]
    return next(each for each in conditions if each["type"] == kind)


def generation(number, **spec):
    """The Workflow as it is after so many edits."""
    item = workflow_object(**spec)
    item["metadata"]["generation"] = number
    return item


async def test_what_lacks_its_nulls_is_refused_with_the_place_and_the_remedy():
    """Its own reason, no revision, and kstatus sees that somebody has to act."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=definition(), nulls=[PLACE]))
        flow, ready = world.stored("workflow", "orders"), condition(world)
        assert (ready["status"], ready["reason"]) == ("False", "NullsLost")
        assert PLACE in ready["message"]
        assert "spec.definitionText" in ready["message"]
        assert condition(world, "Stalled")["status"] == "True"
        assert "revision" not in flow["status"]
        (problem,) = flow["status"]["problems"]
        assert (problem["code"], problem["path"]) == ("NullsLost", "/States/A/ResultPath")


@pytest.mark.parametrize(
    "mended",
    [
        {"definition": definition(ResultPath=None), "nulls": [PLACE]},
        {"definition": definition()},
    ],
    ids=["null", "not listed"],
)
async def test_executions_wait_until_it_is_mended(mended):
    """One that came meanwhile starts then, on what was meant."""
    async with kube_world() as world:
        await world.apply("workflow", generation(1, definition=definition(), nulls=[PLACE]))
        await world.apply("execution", execution_object(input={"a": 1}))
        await asyncio.sleep(0.02)
        assert "startTime" not in world.status
        await world.apply("workflow", generation(2, **mended))
        await world.until(lambda: world.status.get("phase") == "Succeeded")
        keeps = mended["definition"]["States"]["A"].get("ResultPath", "$") is None
        assert world.status["output"] == ({"a": 1} if keeps else 1)


async def test_nulls_of_the_default_input_count_too():
    """It has no text to be written as."""
    async with kube_world() as world:
        spec = {"defaultInput": {"b": 1}, "nulls": ["/defaultInput/a"]}
        await world.apply("workflow", workflow_object(definition=definition(), **spec))
        ready = condition(world)
        assert ready["reason"] == "NullsLost"
        assert "/defaultInput/a" in ready["message"]


@pytest.mark.parametrize("nulls", [[], [PLACE]], ids=["not listed", "listed"])
async def test_nulls_that_only_an_annotation_has_are_told(nulls):
    """It runs as it was written; a copy without it would not, and nobody would know."""
    applied = {"spec": {"definition": definition(ResultPath=None), "nulls": nulls}}
    async with kube_world() as world:
        item = workflow_object(definition=definition(), nulls=nulls)
        item["metadata"]["annotations"] = {LAST_APPLIED: json.dumps(applied)}
        await world.apply("workflow", item)
        flow = world.stored("workflow", "orders")
        assert condition(world)["status"] == "True"
        told = [(it["severity"], it["code"]) for it in flow["status"].get("problems", [])]
        assert told == ([] if nulls else [("Warning", "NullsAtRisk")])
        assert nulls or PLACE in flow["status"]["problems"][0]["message"]


async def test_an_annotation_that_goes_takes_its_nulls_with_it():
    """Without a new generation; what is listed is missed at once."""
    applied = {"spec": {"definition": definition(ResultPath=None), "nulls": [PLACE]}}
    async with kube_world() as world:
        item = workflow_object(definition=definition(), nulls=[PLACE])
        with_it = {**item["metadata"], "annotations": {LAST_APPLIED: json.dumps(applied)}}
        await world.apply("workflow", {**item, "metadata": with_it})
        assert condition(world)["status"] == "True"
        await world.apply("workflow", item)
        assert condition(world)["reason"] == "NullsLost"
