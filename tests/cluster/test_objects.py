"""Objects of distributed Maps on the real cluster: real connectors, a server that answers as S3."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from asw.connector.calls import Call, Failed
from asw.connector.connector import Connector
from tests.cluster.test_callbacks import restart
from tests.cluster.test_calls import KEYS, connection, connectors, host, secret
from tests.support.moto import access_to, running_moto
from tests.support.space import Object, Space, events, execution, workflow

__all__ = ["host"]

pytestmark = pytest.mark.cluster

ROWS = 1200
READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
    "Parameters": {"Bucket.$": "$.bucket", "Key": "rows.csv"},
}
WRITER = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket.$": "$.bucket", "Prefix": "results"},
}
BATCH = {
    "StartAt": "Sum",
    "States": {
        "Sum": {
            "Type": "Pass",
            "Parameters": {"first.$": "$.Items[0].n", "rows.$": "States.ArrayLength($.Items)"},
            "End": True,
        }
    },
}


@pytest.fixture(scope="module")
def moto(host: str) -> Iterator[str]:
    """All services at one address."""
    with running_moto(host) as endpoint:
        yield endpoint


def made(endpoint: str, action: str, **wanted: Any) -> Any:
    """What S3 gives to a call."""

    async def make() -> Any:
        call = Call(service="s3", action=action, sdk=True, parameters=None, task_id="test")
        async with Connector() as connector:
            return await connector.exchange(call, wanted, access_to(endpoint))

    answer = asyncio.run(make())
    assert not isinstance(answer, Failed), answer
    return answer


def got(endpoint: str, bucket: str, key: str) -> Any:
    """The JSON in an object."""
    return json.loads(made(endpoint, "getObject", Bucket=bucket, Key=key)["Body"].data)


def batches(name: str, **fields: Any) -> Object:
    """A Workflow whose Map reads rows, has each 100 of them summed up, and writes what came of it.

    Its pods find S3 by the Connection ``lab``.
    """
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    state = {
        "Type": "Map",
        "ItemReader": READER,
        "ItemBatcher": {"MaxItemsPerBatch": 100},
        "ItemProcessor": {"ProcessorConfig": config, **BATCH},
        "End": True,
        **fields,
    }
    made = workflow(name, {"StartAt": "Rows", "States": {"Rows": state}})
    made["spec"]["connections"] = {"s3": "lab"}
    return made


def rows(endpoint: str, bucket: str) -> None:
    """Have a table of some 300 KB: more than one answer of a connector holds."""
    made(endpoint, "createBucket", Bucket=bucket)
    text = "n,told\n" + "".join(f"{number},{'x' * 250}\n" for number in range(ROWS))
    made(endpoint, "putObject", Bucket=bucket, Key="rows.csv", Body=text.encode())


def test_rows_are_read_and_results_are_written(space: Space, moto: str) -> None:
    """Every row once, in batches; the output names the manifest, and that names the results."""
    rows(moto, "rows-1")
    space.apply(
        secret(**KEYS), connection(moto, pathStyle=True), batches("etl", ResultWriter=WRITER)
    )
    status = space.run("etl-1", "etl", {"bucket": "rows-1"})
    assert status["phase"] == "Succeeded", status
    details = status["output"]["ResultWriterDetails"]
    assert details["Bucket"] == "rows-1"
    (file,) = got(moto, "rows-1", details["Key"])["ResultFiles"]["SUCCEEDED"]
    outputs = [json.loads(it["Output"]) for it in got(moto, "rows-1", file["Key"])]
    assert outputs == [{"first": str(n), "rows": 100} for n in range(0, ROWS, 100)]
    assert len(events(status, "MapRunSucceeded")) == 1


def test_an_object_that_is_missing_fails_the_map_in_the_words_of_s3(
    space: Space, moto: str
) -> None:
    """With AWS's error, so that a Catch finds it."""
    made(moto, "createBucket", Bucket="rows-2")
    space.apply(secret(**KEYS), connection(moto, pathStyle=True), batches("etl"))
    status = space.run("etl-1", "etl", {"bucket": "rows-2"})
    assert status["error"] == "States.ItemReaderFailed", status
    assert "The specified key does not exist" in status["cause"]


@pytest.mark.alone
def test_a_read_outlives_the_operator_and_the_connector(space: Space, moto: str) -> None:
    """Both are killed when the Map has begun: another operator reads by another pod."""
    rows(moto, "rows-3")
    space.apply(secret(**KEYS), batches("etl"), execution("etl-1", "etl", {"bucket": "rows-3"}))

    def waits() -> bool:
        status = space.get("execution", "etl-1").get("status", {})
        return bool(status.get("history") and events(status, "MapStateStarted"))

    space.until("the Map", waits)
    space.apply(connection(moto, pathStyle=True))
    space.until("a connector", lambda: connectors(space))
    selector = "--selector=asw.dev/connection=lab"
    space.kubectl("delete", "pods", selector, "--grace-period=0", "--force", check=False)
    restart(space, "operator")
    status = space.finished("etl-1")["status"]
    assert status["phase"] == "Succeeded", status
    assert [it["rows"] for it in status["output"]] == [100] * (ROWS // 100)
    assert len(events(status, "MapRunStarted")) == 1
