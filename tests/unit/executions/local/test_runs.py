"""Executions of this machine's store through the port: the shape of a cluster's objects."""

import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from asw.api.connection import Connection
from asw.api.execution import Execution
from asw.api.function import Function
from asw.api.workflow import Workflow
from asw.cli.completion import kubectl_answer
from asw.cli.main import main
from asw.engine.facts import StopRequested
from asw.executions.opening import open_runs
from asw.executions.port import Query
from asw.executions.target import Target
from asw.exits import BAD_INPUT, NOT_FOUND
from asw.failures import Failure
from asw.platforms.local.executions import NewExecution
from asw.platforms.local.services import to_local_connection
from asw.platforms.local.store import open_store
from asw.reconciler.platform import Redrive, Save

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "Sad", "Cause": "so sad"}}}
LOCAL = Target(is_local=True)


def a_new(name, execution_name=""):
    """An execution that nobody has begun to work on."""
    return NewExecution(
        uid=f"u-{name}",
        name=name,
        execution_name=execution_name or name,
        workflow_name="pass",
        input={"big": 1.0},
        created_at=datetime.now(UTC) + timedelta(seconds=1),
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which ``pass`` succeeded and ``fail`` failed, and ``later`` waits to be run."""
    monkeypatch.chdir(tmp_path)
    for name, definition in (("pass", PASS), ("fail", FAIL)):
        (tmp_path / f"{name}.json").write_text(json.dumps(definition))
        CliRunner().invoke(main, ["run", f"{name}.json", "--input", '{"n": null}'])
    store = open_store(tmp_path / ".asw")
    store.executions.create(a_new("later", execution_name="Später"))
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
        snapshot = await runs.snapshot(run)
        assert [event.id for event in snapshot.events] == [1, 2, 3, 4]
        assert snapshot.machine is not None
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


async def test_what_leaves_a_watch_is_not_told_as_deleted(folder):
    """One that goes on is no suspended one any more, and still there; it may come back."""
    store = open_store(folder / ".asw")
    store.executions.create(a_new("other"))
    told = []
    async with (
        open_runs(LOCAL) as runs,
        aclosing(runs.watch(Query(phases=("Suspended",)))) as changes,
    ):
        for steps in ((("later", True),), (("later", False), ("other", True)), (("later", True),)):
            for name, is_suspended in steps:
                store.executions.request_suspend(f"u-{name}", is_suspended=is_suspended)
            run = await anext(changes)
            told.append((run.name, run.shown_phase))
    store.close()
    assert told == [("later", "Suspended"), ("other", "Suspended"), ("later", "Suspended")]


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.request_stop("u-later", StopRequested(error="Enough")),
        lambda it: it.request_suspend("u-later", is_suspended=True),
        lambda it: it.request_redrive("u-later", Redrive(number=1)),
        lambda it: it.save(
            "u-later", Save(at=datetime.now(UTC), waiting=("WorkflowNotFound", "wait")), "1"
        ),
    ],
    ids=["stop", "suspend", "redrive", "save"],
)
def test_a_change_is_found_without_reading_all(folder, change):
    """A watch reads what has another mark, and every change of an execution gives it one."""
    store = open_store(folder / ".asw")
    before = store.shown.marks()
    change(store.executions)
    after = store.shown.marks()
    changed = [uid for uid in after if after[uid] != before[uid]]
    assert changed == ["u-later"]
    assert [shown.name for shown in store.shown.some(changed)] == ["later"]
    store.close()


def test_completion_waits_for_this_machine(folder, monkeypatch):
    """A store answers by itself, however busy the machine is: only clusters have a limit."""
    monkeypatch.setattr("asw.cli.completion.SECONDS", 0.0)
    assert kubectl_answer(main, ["get", "--local", "fai"]) == "fail-1\n:4"


async def test_connections_have_the_shape_of_a_clusters(folder):
    """Without certificates and credentials, which this machine has elsewhere; with the problem."""
    spec = {"kind": "aws", "region": "eu-central-1", "pathStyle": True, "timeoutSeconds": 9}
    one = Connection.parse({"metadata": {"name": "lab"}, "spec": spec})
    ca = {"ca": {"configMapKeyRef": {"name": "corp", "key": "ca.crt"}}}
    other = Connection.parse({"metadata": {"name": "odd"}, "spec": {**spec, **ca}})
    store = open_store(folder / ".asw")
    for each in (one, other):
        local = to_local_connection(each, {})
        store.catalogue.put_connection(local.name, local.to_plain())
    store.close()
    async with open_runs(LOCAL) as runs:
        found, odd = map(Connection.parse, await runs.connections())
        assert (found.metadata.name, found.status.ready) == ("lab", None)
        assert found.spec.model_dump() == one.spec.model_dump()
        assert odd.status.ready.reason == "NotConfigured"
        assert "corp" in odd.status.ready.message
        assert await runs.names("Connection") == ["lab", "odd"]
