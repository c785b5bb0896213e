"""``asw run`` with Tasks that wait for jobs (``.sync``), bad days of services included."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from tests.local.test_service_calls import KEYS, a_call, a_connection, a_workflow, an_asw, write
from tests.support.job_service import job_service

STARTED = {"JobRunId": "jr_1"}
GLUE = a_call("glue:startJobRun.sync", Parameters={"JobName": "etl"})


def a_run(state, **fields):
    """What Glue tells of a run."""
    return {"JobRun": {"Id": "jr_1", "JobName": "etl", "JobRunState": state, **fields}}


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in a folder of its own, with credentials in its environment."""
    monkeypatch.chdir(tmp_path)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)

    async def asw(*arguments):
        return await asyncio.to_thread(CliRunner().invoke, main, arguments, catch_exceptions=False)

    return asw


def prepare(folder, service, **states):
    """The manifests of a Workflow of these states."""
    write(folder, a_connection(service.endpoint), a_workflow({"default": "lab"}, **states))


async def test_a_job_that_succeeds(asw, tmp_path):
    """Its run is the result, and the history tells when it was submitted and when it ended."""
    ended = a_run("SUCCEEDED", CompletedOn=1637210428.964)
    async with job_service(StartJobRun=[STARTED], GetJobRun=[a_run("RUNNING"), ended]) as glue:
        prepare(tmp_path, glue, Etl=GLUE)
        done = await asw("run", "all.yaml", "--json")
        told = await asw("history", "flow-1", "--local", "-o", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["output"] == {
        "CompletedOn": 1637210428964,
        "Id": "jr_1",
        "JobName": "etl",
        "JobRunState": "SUCCEEDED",
    }
    types = [it["type"] for it in json.loads(told.stdout)["events"]]
    assert types[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert len(glue.asked["StartJobRun"]) == 1
    assert glue.asked["GetJobRun"] == [{"JobName": "etl", "RunId": "jr_1"}] * 2


async def test_a_job_that_fails(asw, tmp_path):
    """The error can be caught, and its cause describes the run."""
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "After"}]
    after = {"Type": "Pass"}
    failed = a_run("FAILED", ErrorMessage="out of memory")
    async with job_service(StartJobRun=[STARTED], GetJobRun=[failed]) as glue:
        prepare(tmp_path, glue, Etl={**GLUE, "Catch": catch}, After=after)
        done = await asw("run", "all.yaml", "--json")
        assert not glue.asked["BatchStopJobRun"]
    output = json.loads(done.stdout)["output"]
    assert output["Error"] == "States.TaskFailed"
    assert json.loads(output["Cause"])["ErrorMessage"] == "out of memory"


@pytest.mark.parametrize("fault", ["busy", "down", "silent"])
async def test_a_service_with_a_bad_day(asw, tmp_path, fault):
    """Questions that fail for a while change nothing, and the job is not started again."""
    answers = [fault, fault, a_run("SUCCEEDED")]
    async with job_service(StartJobRun=[STARTED], GetJobRun=answers) as glue:
        prepare(tmp_path, glue, Etl=GLUE)
        done = await asw("run", "all.yaml")
        assert len(glue.asked["StartJobRun"]) == 1
    assert done.exit_code == 0, done.output


async def test_a_service_that_refuses_to_tell(asw, tmp_path):
    """The Task ends with the name of the refusal."""
    answers = ["EntityNotFoundException"]
    async with job_service(StartJobRun=[STARTED], GetJobRun=answers) as glue:
        prepare(tmp_path, glue, Etl=GLUE)
        done = await asw("run", "all.yaml")
    assert "Glue.EntityNotFoundException" in done.output


async def test_a_call_that_starts_nothing(asw, tmp_path):
    """A refused start is the Task's error, and nobody asks for a job."""
    async with job_service(StartJobRun=["ConcurrentRunsExceededException"]) as glue:
        prepare(tmp_path, glue, Etl=GLUE)
        done = await asw("run", "all.yaml")
    assert "Glue.ConcurrentRunsExceededException" in done.output


RUNNING = {
    "StartJobRun": [STARTED],
    "GetJobRun": [a_run("RUNNING")],
    "BatchStopJobRun": [{"SuccessfulSubmissions": []}],
}
STOPPED = [{"JobName": "etl", "JobRunIds": ["jr_1"]}]


async def test_a_task_that_times_out_stops_its_job(asw, tmp_path):
    """Once, before asw ends."""
    async with job_service(**RUNNING) as glue:
        prepare(tmp_path, glue, Etl={**GLUE, "TimeoutSeconds": 2})
        done = await asw("run", "all.yaml")
    assert "States.Timeout" in done.output
    assert glue.asked["BatchStopJobRun"] == STOPPED


async def test_a_branch_that_fails_stops_the_jobs_of_others(asw, tmp_path):
    """A Parallel that is over waits for none of them."""
    wait = {"Type": "Wait", "Seconds": 2, "Next": "No"}
    branches = [
        {"StartAt": "Etl", "States": {"Etl": {**GLUE, "End": True}}},
        {"StartAt": "W", "States": {"W": wait, "No": {"Type": "Fail", "Error": "No"}}},
    ]
    async with job_service(**RUNNING) as glue:
        prepare(tmp_path, glue, Both={"Type": "Parallel", "Branches": branches})
        done = await asw("run", "all.yaml")
    assert done.exit_code != 0
    assert glue.asked["BatchStopJobRun"] == STOPPED


async def test_a_run_that_is_stopped_stops_its_job(asw, tmp_path):
    """As at AWS."""
    async with job_service(**RUNNING) as glue:
        prepare(tmp_path, glue, Etl=GLUE)
        process = await an_asw(tmp_path, "run", "all.yaml")
        await glue.until_asked("GetJobRun")
        await asw("stop", "flow-1", "--local", "--yes")
        await process.communicate()
    assert glue.asked["BatchStopJobRun"] == STOPPED


async def test_a_job_that_starts_when_nobody_waits_any_more(asw, tmp_path):
    """The late answer names it: it is stopped at once, and asw does not end before."""
    async with job_service(**RUNNING) as glue:
        may_answer = glue.held["StartJobRun"] = asyncio.Event()
        prepare(tmp_path, glue, Etl={**GLUE, "TimeoutSeconds": 1})
        process = await an_asw(tmp_path, "run", "all.yaml")
        await glue.until_asked("StartJobRun")
        told = ""
        while "TaskTimedOut" not in told:
            told = (await asw("history", "flow-1", "--local")).output
        may_answer.set()
        await process.communicate()
    assert glue.asked["BatchStopJobRun"] == STOPPED


async def test_a_job_survives_its_asw(asw, tmp_path):
    """Another one follows it to its end, and does not start it again."""
    async with job_service(StartJobRun=[STARTED], GetJobRun=[a_run("RUNNING")]) as glue:
        prepare(tmp_path, glue, Etl=GLUE)
        process = await an_asw(tmp_path, "run", "all.yaml")
        await glue.until_asked("GetJobRun")
        process.kill()
        await process.communicate()
        glue.script = {**glue.script, "GetJobRun": [a_run("SUCCEEDED")]}
        done = await asw("resume", "--local", "--json")
        assert json.loads(done.stdout)["status"] == "SUCCEEDED", done.output
        assert len(glue.asked["StartJobRun"]) == 1


async def test_many_jobs_wait_at_the_same_time(asw, tmp_path):
    """Each costs a timer: those of a Map end together."""
    map_state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": {"StartAt": "Etl", "States": {"Etl": {**GLUE, "End": True}}},
        "ResultSelector": {"count.$": "States.ArrayLength($)"},
    }
    answers = [a_run("RUNNING")] * 40 + [a_run("SUCCEEDED")]
    async with job_service(StartJobRun=[STARTED], GetJobRun=answers) as glue:
        prepare(tmp_path, glue, All=map_state)
        items = json.dumps({"items": list(range(40))})
        done = await asw("run", "all.yaml", "--json", "--input", items)
    assert json.loads(done.stdout)["output"] == {"count": 40}


async def test_a_task_of_ecs(asw, tmp_path):
    """The result is the task, whose containers say how it ended."""
    task = {"taskArn": "t1", "clusterArn": "c1", "lastStatus": "STOPPED"}
    ended = {**task, "containers": [{"name": "app", "exitCode": 0}]}
    script = {
        "RunTask": [{"tasks": [{**task, "lastStatus": "PENDING"}], "failures": []}],
        "DescribeTasks": [{"tasks": [ended], "failures": []}],
    }
    state = a_call("ecs:runTask.sync", Parameters={"TaskDefinition": "d", "Cluster": "c"})
    async with job_service(**script) as ecs:
        prepare(tmp_path, ecs, Run=state)
        done = await asw("run", "all.yaml", "--json")
        assert ecs.asked["DescribeTasks"] == [{"cluster": "c1", "tasks": ["t1"]}]
    assert json.loads(done.stdout)["output"]["Containers"] == [{"ExitCode": 0, "Name": "app"}]
