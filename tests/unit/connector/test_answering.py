"""What a connector's pod reports of a task, whatever its event and its service are like."""

import asyncio
import json

import pytest

from asw.asl.values import to_text
from asw.connector.answering import answer
from asw.connector.calls import Done, Failed, from_event
from asw.connector.objects import to_work_event
from asw.engine.items import ResultFile
from asw.engine.limits import PAYLOAD_LIMIT
from asw.platforms.kubernetes.tasks.reported import outcome_of

EVENT = {
    "service": "dynamodb",
    "action": "getItem",
    "sdk": True,
    "parameters": {"TableName": "t"},
    "taskId": "uid-1",
    "origin": ["arn:execution", "arn:machine"],
}


async def _idle(work):
    raise AssertionError(work)


async def reported(outcome, event=EVENT):
    """What is reported if the call ends so; an exception is raised."""
    made = []

    async def make(call):
        made.append(call)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    text = event if isinstance(event, str) else to_text(event)
    told = json.loads(await answer(text, make, _idle))
    outcome_of(told)  # what the operator takes
    return told, made


async def test_a_result_is_the_tasks_output():
    """The call is made as the event says it, and its result goes on as it is."""
    told, made = await reported(Done(output={"Item": {"n": [1, None, "ü"]}}))
    assert told == {"output": {"Item": {"n": [1, None, "ü"]}}}
    assert made == [from_event(EVENT)]


async def test_a_failure_keeps_its_words():
    """Error and cause are those of the service: no trace, no wrapping."""
    failed = Failed(error="DynamoDb.ThrottlingException", cause="slow (Service: DynamoDb, ...)")
    told, _ = await reported(failed)
    assert told == {
        "error": "DynamoDb.ThrottlingException",
        "cause": "slow (Service: DynamoDb, ...)",
    }


async def test_a_long_failure_is_cut():
    """A service that answers with megabytes of message fills no history."""
    told, _ = await reported(Failed(error="E" * 1000, cause="c" * 1_000_000))
    assert (len(told["error"]), len(told["cause"])) == (256, 32_768)


@pytest.mark.parametrize(
    "event",
    ["", "{", "null", "[1]", '"text"', "{}", "[" * 100_000, '{"service": "s3"}', "NaN"],
    ids=lambda text: text[:10] or "empty",
)
async def test_garbage_is_a_failure(event):
    """What is no call ends with a name, makes no call, and is not quoted."""
    told, made = await reported(Done(output=1), event)
    assert told["error"] == "States.Runtime"
    assert told["cause"].startswith("The event of the task is no call of a service: ")
    assert made == []


async def test_an_answer_at_the_limit_is_a_result():
    """AWS: 262,144 bytes of UTF-8."""
    told, _ = await reported(Done(output="x" * (PAYLOAD_LIMIT - 2)))
    assert len(told["output"]) == PAYLOAD_LIMIT - 2


@pytest.mark.parametrize(
    "output",
    ["x" * (PAYLOAD_LIMIT - 1), ["ü" * 1000] * 200, json.loads("[" * 700 + "]" * 700)],
    ids=["a byte more", "in bytes, not characters", "too deep"],
)
async def test_an_answer_over_the_limit_is_a_failure(output):
    """As AWS words it, with the resource type."""
    told, _ = await reported(Done(output=output))
    assert told["error"] == "States.DataLimitExceeded"
    assert told["cause"] == (
        "The state/task 'aws-sdk:dynamodb' returned a result with a size exceeding the"
        " maximum number of bytes service limit."
    )


async def test_half_a_character_is_no_fault():
    """JSON can spell half of a surrogate pair, but nothing can store it: it is replaced."""
    told, _ = await reported(Done(output={"k": "a\ud83d"}))
    assert told == {"output": {"k": "a?"}}
    told, _ = await reported(Failed(error="E", cause="\ud83d"))
    assert told == {"error": "E", "cause": "?"}


async def test_a_fault_of_ours_ends_one_call(caplog):
    """The task fails by name; neither report nor log quotes the exception's text."""
    told, _ = await reported(KeyError("of-a-secret"))
    assert told == {
        "error": "Asw.TaskCrashed",
        "cause": "The connector failed while it called aws-sdk:dynamodb:getItem (KeyError)",
    }
    assert "KeyError" in caplog.text
    assert "of-a-secret" not in caplog.text


async def test_a_cancelled_call_reports_nothing():
    """Who cancels a task wants no outcome."""

    async def make(_call):
        await asyncio.Event().wait()

    making = asyncio.create_task(answer(to_text(EVENT), make, _idle))
    await asyncio.sleep(0)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making


@pytest.mark.parametrize("outcome", [Done(output={}), Failed(error="S3.S3Exception", cause="no")])
async def test_work_on_objects_is_done_and_reported(outcome):
    """It is no call, and what came of it is reported as of one."""
    file = ResultFile(bucket="b", key="k", body=b"[]")
    done = []

    async def do(work):
        done.append(work)
        return outcome

    told = json.loads(await answer(to_text(to_work_event(file)), _idle, do))
    assert done == [file]
    assert told == ({"output": {}} if outcome == Done(output={}) else contract(outcome))


def contract(failed):
    """As the contract of tasks has a failure."""
    return {"error": failed.error, "cause": failed.cause}
