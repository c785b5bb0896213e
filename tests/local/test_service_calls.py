"""``asw run`` with Tasks that call services, by Connections among the manifests."""

import asyncio
import json
import os
import sys
from itertools import pairwise

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main
from tests.support import odd_service as odd
from tests.support.moto import running_moto

API = {"apiVersion": "asw.dev/v1alpha1"}
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "of-tests"}
SERVICES = "arn:aws:states:::"


@pytest.fixture(scope="module")
def endpoint():
    """The address of all services."""
    with running_moto() as address:
        yield address


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in a folder of its own, with credentials in its environment."""
    monkeypatch.chdir(tmp_path)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


def a_connection(endpoint, **spec):
    """A manifest of Connection ``lab``."""
    spec = {"kind": "aws", "region": "us-east-1", "endpoint": endpoint, "pathStyle": True, **spec}
    return {**API, "kind": "Connection", "metadata": {"name": "lab"}, "spec": spec}


def a_workflow(connections, **states):
    """A manifest of Workflow ``flow`` of these states, one after the other."""
    names = list(states)
    for name, after in pairwise(names):
        states[name] = {**states[name], "Next": after}
    states[names[-1]] = {**states[names[-1]], "End": True}
    definition = {"StartAt": names[0], "States": states}
    spec = {"definition": definition, "connections": connections}
    return {**API, "kind": "Workflow", "metadata": {"name": "flow"}, "spec": spec}


def a_call(resource, **fields):
    """A Task that calls an action."""
    return {"Type": "Task", "Resource": SERVICES + resource, **fields}


def write(folder, *objects):
    """The manifests as one file."""
    (folder / "all.yaml").write_text(yaml.safe_dump_all(objects))


def test_a_definition_as_it_was_written_for_aws(asw, tmp_path, endpoint):
    """Calls go where the Connection says, and results and errors are those of AWS."""
    table = {
        "TableName": "orders",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    item = {"id": {"S.$": "$.id"}, "total": {"N": "7"}}
    again = {
        "TableName": "orders",
        "Item": item,
        "ConditionExpression": "attribute_not_exists(id)",
    }
    caught = {
        "ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"],
        "ResultPath": "$.refused",
        "Next": "Get",
    }
    states = {
        "Create": a_call("aws-sdk:dynamodb:createTable", Parameters=table, ResultPath=None),
        "Put": a_call(
            "dynamodb:putItem", Parameters={"TableName": "orders", "Item": item}, ResultPath=None
        ),
        "Again": a_call("dynamodb:putItem", Parameters=again, Catch=[caught]),
        "Get": a_call(
            "aws-sdk:dynamodb:getItem",
            Parameters={"TableName": "orders", "Key": {"id": {"S.$": "$.id"}}},
            ResultPath="$.got",
        ),
    }
    write(tmp_path, a_connection(endpoint), a_workflow({"default": "lab"}, **states))
    done = asw("run", "all.yaml", "--input", '{"id": "a-1"}', "--json")
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    output = shown["output"]
    assert output["got"] == {"Item": {"id": {"S": "a-1"}, "total": {"N": "7"}}}
    assert output["refused"]["Error"] == "DynamoDB.ConditionalCheckFailedException"
    told = asw("history", "flow-1", "--local", "-o", "json").stdout
    assert "dynamodb" in told
    assert "of-tests" not in told


def test_a_service_without_connection(asw, tmp_path):
    """The check warns at the Task, and the call fails with a name that can be caught."""
    write(tmp_path, a_workflow({}, List=a_call("aws-sdk:s3:listBuckets", Parameters={})))
    done = asw("run", "all.yaml")
    assert done.exit_code != 0
    assert "no Connection for the service aws-sdk:s3" in done.output
    assert "Asw.NoConnection" in done.output


def test_a_connection_that_is_not_there(asw, tmp_path):
    """A name that no manifest has is told before the run."""
    states = {"List": a_call("aws-sdk:s3:listBuckets", Parameters={})}
    write(tmp_path, a_workflow({"s3": "lab"}, **states))
    done = asw("run", "all.yaml")
    assert "no manifest of Connection lab here" in done.output


@pytest.mark.parametrize(
    ("resource", "parameters", "answers", "is_made_again"),
    [
        ("aws-sdk:athena:startQueryExecution", {"QueryString": "q"}, {"QueryExecutionId": "i"}, 1),
        ("dynamodb:getItem", {"TableName": "t", "Key": {"id": {"S": "1"}}}, {}, 1),
        ("dynamodb:putItem", {"TableName": "t", "Item": {"id": {"S": "1"}}}, {}, 0),
    ],
)
async def test_a_call_of_a_killed_asw(tmp_path, resource, parameters, answers, is_made_again):
    """It is made again as the same task where that does no harm, else its end has a name."""
    has_answer = asyncio.Event()

    async def late(_request):
        await has_answer.wait()
        return odd.answer(200, json.dumps(answers).encode())

    async with odd.odd_service(late) as service:
        states = {"Call": a_call(resource, Parameters=parameters)}
        write(tmp_path, a_connection(service.endpoint), a_workflow({"default": "lab"}, **states))
        process = await an_asw(tmp_path, "run", "all.yaml")
        await service.has_request.wait()
        process.kill()
        await process.communicate()
        assert len(service.bodies) == 1
        has_answer.set()
        process = await an_asw(tmp_path, "resume", "--local", "--json")
        output, told = await process.communicate()
        assert len(service.bodies) == 1 + is_made_again
        assert len(set(service.bodies)) == 1  # the same token, too
    assert output, told
    shown = json.loads(output)
    ended = (shown["status"], shown.get("error"))
    expected = ("SUCCEEDED", None) if is_made_again else ("FAILED", "Asw.CallOutcomeUnknown")
    assert ended == expected


async def an_asw(folder, *arguments):
    """The command in a process of its own, with credentials in its environment."""
    path = os.pathsep.join(sys.path)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "asw",
        *arguments,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **KEYS},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
