"""Executions of this machine's store through the port: the shape of a cluster's objects."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from asw.api.execution import Execution
from asw.api.function import Function
from asw.api.workflow import Workflow
from asw.app.cli import main
from asw.app.exits import BAD_INPUT, NOT_FOUND
from asw.app.failures import Failure
from asw.app.runs.opening import open_runs
from asw.app.runs.port import Query
from asw.app.runs.target import Target
from asw.engine.facts import StopRequested
from asw.local.executions import NewExecution
from asw.local.store import open_store

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "Sad", "Cause": "so sad"}}}
LOCAL = Target(is_local=True)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which ``pass`` succeeded and ``fail`` failed, and ``later`` waits to be run."""
    monkeypatch.chdir(tmp_path)
    for name, definition in (("pass", PASS), ("fail", FAIL)):
        (tmp_path / f"{name}.json").write_text(json.dumps(definition))
        CliRunner().invoke(main, ["run", f"{name}.json", "--input", '{"n": null}'])
    store = open_store(tmp_path / ".asw")
    new = NewExecution(
        uid="u-later",
        name="later",
        execution_name="Später",
        workflow_name="pass",
        input={"big": 1.0},
        created_at=datetime.now(UTC) + timedelta(seconds=1),
    )
    store.executions.create(new)
    store.executions.request_stop("u-later", StopRequested(error="Why"))
    store.close()
    return tmp_path


async def test_executions_have_the_shape_of_a_clusters(folder):
    """Every manifest is one that the model of the custom resource takes."""
    async with open_runs(LOCAL) as runs:
        listed = await runs.list(Query())
        assert [run.name for run in listed] == ["pass-1", "fail-1", "later"]
        assert [run.phase for run in listed] == ["Succeeded", "Failed", "Pending"]
        done, failed, later = (Execution.parse(run.manifest) for run in listed)
        assert done.status.output == done.spec.input == {"n": None}
        assert (failed.status.error, failed.status.cause) == ("Sad", "so sad")
        assert failed.status.conditions[0].message == "Sad: so sad"
        assert (later.public_name, later.spec.stop.error) == ("Später", "Why")
        assert done.status.start_time <= done.status.completion_time
        for workflow in await runs.workflows():
            Workflow.parse(workflow)
        for function in await runs.functions():
            Function.parse(function)


async def test_history_definition_and_record_are_whole(folder):
    """What pictures and explanations are made of is there after the end."""
    async with open_runs(LOCAL) as runs:
        run = await runs.get("pass-1")
        sight = await runs.sight(run)
        assert [event.id for event in sight.events] == [1, 2, 3, 4]
        assert sight.machine is not None
        assert json.loads((await runs.definition(run)).text) == PASS
        assert (await runs.record(run)).outcome.status == "SUCCEEDED"
        assert await runs.output(run) == {"n": None}
        later = await runs.get("later")
        assert await runs.definition(later) is None
        assert await runs.record(later) is None


async def test_queries_choose(folder):
    """Phase, Workflow, labels and age, alone and together."""
    async with open_runs(LOCAL) as runs:
        names = [run.name for run in await runs.list(Query(phases=("Failed", "Pending")))]
        assert names == ["fail-1", "later"]
        assert [run.name for run in await runs.list(Query(workflow="fail"))] == ["fail-1"]
        assert len(await runs.list(Query(selector="!team"))) == 3
        future = datetime.now(UTC) + timedelta(days=1)
        assert await runs.list(Query(since=future)) == []


async def test_unknown_names_have_a_nearest(folder):
    """For executions and for Workflows."""
    async with open_runs(LOCAL) as runs:
        for asked, near in ((runs.get("fial-1"), "fail-1"), (runs.workflow("pas"), "pass")):
            with pytest.raises(Failure) as caught:
                await asked
            assert near in caught.value.remedy
            assert caught.value.code == NOT_FOUND


async def test_a_folder_that_holds_nothing_is_not_made(tmp_path, monkeypatch):
    """Looking leaves no files behind."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Failure) as caught:
        async with open_runs(LOCAL):
            pass
    assert caught.value.code == BAD_INPUT
    assert list(tmp_path.iterdir()) == []
