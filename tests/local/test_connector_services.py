"""Calls of services that answer as AWS's do, each with the result or error that AWS gives a state.

The services are moto's; expected texts are those that AWS itself was recorded with.
"""

import re

import pytest

from asw.connector.calls import Call, Done, Failed
from asw.connector.connector import Connector
from tests.support.moto import access_to, running_moto

REQUEST = r"Request ID: \w+"


@pytest.fixture(scope="module")
def endpoint():
    """The address of all services."""
    with running_moto() as address:
        yield address


@pytest.fixture
async def make(endpoint):
    """Makes calls, each of a task of its own."""
    async with Connector() as connector:
        made = 0

        async def make(resource, task_id=None, **parameters):
            nonlocal made
            made += 1
            service, _, action = resource.removeprefix("aws-sdk:").rpartition(":")
            call = Call(
                service=service,
                action=action,
                sdk=resource.startswith("aws-sdk:"),
                parameters=parameters,
                task_id=task_id or f"uid-{made}",
                origin=("arn:execution", "arn:machine"),
            )
            return await connector.make(call, access_to(endpoint))

        yield make


def output(outcome):
    """The result, without what belongs to transport."""
    assert isinstance(outcome, Done), outcome
    hidden = ("SdkHttpMetadata", "SdkResponseMetadata")
    return {name: it for name, it in outcome.output.items() if name not in hidden}


def failure(outcome, error, cause):
    """Check that it failed in these words."""
    assert isinstance(outcome, Failed), outcome
    assert outcome.error == error
    assert re.fullmatch(cause, outcome.cause), outcome.cause


async def test_dynamodb(make):
    """Items are in low-level JSON both ways, and errors go by two names."""
    key = {"AttributeName": "id"}
    await make(
        "aws-sdk:dynamodb:createTable",
        TableName="t",
        KeySchema=[{**key, "KeyType": "HASH"}],
        AttributeDefinitions=[{**key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"id": {"S": "id1"}, "data": {"S": "Hello"}}
    assert output(await make("dynamodb:putItem", TableName="t", Item=item)) == {}
    got = await make("dynamodb:getItem", TableName="t", Key={"id": {"S": "id1"}})
    assert output(got) == {"Item": item}
    assert got.output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert got.output["SdkHttpMetadata"]["AllHttpHeaders"]["Content-Length"] == ["54"]
    assert got.output["SdkResponseMetadata"]["RequestId"]
    by_sdk = await make("aws-sdk:dynamodb:getItem", TableName="t", Key={"id": {"S": "id1"}})
    assert by_sdk == Done(output={"Item": item})
    again = {"TableName": "t", "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
    failure(
        await make("dynamodb:putItem", **again),
        "DynamoDB.ConditionalCheckFailedException",
        r"The conditional request failed \(Service: AmazonDynamoDBv2; Status Code: 400;"
        rf" Error Code: ConditionalCheckFailedException; {REQUEST}; Proxy: null\)",
    )
    failure(
        await make("aws-sdk:dynamodb:putItem", **again),
        "DynamoDb.ConditionalCheckFailedException",
        r"The conditional request failed \(Service: DynamoDb, Status Code: 400,"
        rf" {REQUEST}\) \(SDK Attempt Count: 1\)",
    )
    failure(
        await make("dynamodb:putItem", TableName="no_such_table", Item=item),
        "DynamoDB.ResourceNotFoundException",
        r"Requested resource not found \(Service: AmazonDynamoDBv2; Status Code: 400;"
        rf" Error Code: ResourceNotFoundException; {REQUEST}; Proxy: null\)",
    )


async def test_s3(make):
    """Bodies are text, an object becomes JSON, and what is not found has its name."""
    await make("aws-sdk:s3:createBucket", Bucket="bucket")
    body = {"Dict": "Value"}
    put = await make("aws-sdk:s3:putObject", Bucket="bucket", Key="a ü/k", Body=body)
    assert put.output["ETag"] == '"49e31cee5aec8faf3345893addb14346"'  # as AWS was recorded
    assert put.output["ChecksumCRC32"] == "hnEfWw=="
    got = await make("aws-sdk:s3:getObject", Bucket="bucket", Key="a ü/k")
    assert got.output["Body"] == '{"Dict":"Value"}'
    assert got.output["Metadata"] == {}
    listed = await make("aws-sdk:s3:listObjectsV2", Bucket="bucket")
    assert [it["Key"] for it in listed.output["Contents"]] == ["a ü/k"]
    failure(
        await make("aws-sdk:s3:getObject", Bucket="bucket", Key="none"),
        "S3.NoSuchKeyException",
        rf"The specified key does not exist. \(Service: S3, Status Code: 404, {REQUEST}\).*",
    )
    failure(
        await make("aws-sdk:s3:headObject", Bucket="bucket", Key="none"),
        "S3.NoSuchKeyException",
        r"null \(Service: S3, Status Code: 404, Request ID: null\).*",
    )
    failure(
        await make("aws-sdk:s3:listObjects", Bucket="nobucket"),
        "S3.NoSuchBucketException",
        rf"The specified bucket does not exist \(Service: S3, Status Code: 404, {REQUEST}.*",
    )


async def test_sqs(make):
    """An object is a message's JSON, and a FIFO queue takes the same task once."""
    queue = output(await make("aws-sdk:sqs:createQueue", QueueName="q"))["QueueUrl"]
    sent = output(await make("sqs:sendMessage", QueueUrl=queue, MessageBody={"a": 1}))
    assert sent.keys() == {"MD5OfMessageBody", "MessageId"}
    (got,) = output(await make("aws-sdk:sqs:receiveMessage", QueueUrl=queue))["Messages"]
    assert got["Body"] == '{"a":1}'
    assert got["Md5OfBody"] == sent["MD5OfMessageBody"]
    fifo = {"QueueName": "q.fifo", "Attributes": {"FifoQueue": True}}
    queue = output(await make("aws-sdk:sqs:createQueue", **fifo))["QueueUrl"]
    message = {"QueueUrl": queue, "MessageBody": "once", "MessageGroupId": "g"}
    for _ in range(2):
        output(await make("sqs:sendMessage", task_id="the-same", **message))
    read = {"QueueUrl": queue, "MaxNumberOfMessages": 10}
    assert len(output(await make("aws-sdk:sqs:receiveMessage", **read))["Messages"]) == 1


async def test_sns(make):
    """An object is a message's JSON, and a topic that is not there has its name."""
    topic = output(await make("aws-sdk:sns:createTopic", Name="t"))["TopicArn"]
    sent = await make("sns:publish", TopicArn=topic, Message={"a": 1})
    assert output(sent).keys() == {"MessageId"}
    failure(
        await make("sns:publish", TopicArn=f"{topic}x", Message="m"),
        "SNS.NotFoundException",
        rf".* \(Service: AmazonSNS; Status Code: 404; Error Code: NotFound; {REQUEST};"
        r" Proxy: null\)",
    )


async def test_events(make):
    """One refused entry fails the state, with all of the answer as cause."""
    event = {"Detail": {"a": 1}, "DetailType": "x", "Source": "s"}
    sent = output(await make("events:putEvents", Entries=[event]))
    assert sent.keys() == {"Entries", "FailedEntryCount"}
    failure(
        await make("events:putEvents", Entries=[event, {"Detail": {}, "DetailType": "x"}]),
        "EventBridge.FailedEntry",
        r'\{.*"ErrorCode":"InvalidArgument","ErrorMessage":"Parameter Source is not valid\.'
        r' Reason: Source is a required argument\.".*\}',
    )


async def test_ssm(make):
    """Errors that the service calls without a suffix have one."""
    await make("aws-sdk:ssm:putParameter", Name="/p", Value="v", Type="String")
    got = await make("aws-sdk:ssm:getParameter", Name="/p")
    assert got.output["Parameter"]["Value"] == "v"
    assert re.fullmatch(r"\d{4}-.*T.*Z", got.output["Parameter"]["LastModifiedDate"])
    failure(
        await make("aws-sdk:ssm:getParameter", Name="/none"),
        "Ssm.ParameterNotFoundException",
        rf"Parameter /none not found. \(Service: Ssm, Status Code: 400, {REQUEST}\).*",
    )


async def test_step_functions(make):
    """Parameters are in PascalCase, whatever the service has; the same task starts one run."""
    role = "arn:aws:iam::123456789012:role/r"
    definition = {"StartAt": "P", "States": {"P": {"Type": "Wait", "Seconds": 60, "End": True}}}
    machine = {"Name": "m", "RoleArn": role, "Definition": definition}
    arn = output(await make("aws-sdk:sfn:createStateMachine", **machine))["StateMachineArn"]
    started = {"StateMachineArn": arn, "Input": {"key": "value"}}
    first = await make("aws-sdk:sfn:startExecution", task_id="the-same", **started)
    assert first.output.keys() == {"ExecutionArn", "StartDate"}
    described = {"ExecutionArn": first.output["ExecutionArn"]}
    told = await make("aws-sdk:sfn:describeExecution", **described)
    assert told.output["Input"] == '{"key":"value"}'
    again = await make("aws-sdk:sfn:startExecution", task_id="the-same", **started)
    assert again.output["ExecutionArn"] == first.output["ExecutionArn"]


async def test_services_of_other_protocols(make):
    """Query and EC2's own, whose names have acronyms."""
    assert (await make("aws-sdk:secretsmanager:listSecrets")).output == {"SecretList": []}
    vpcs = (await make("aws-sdk:ec2:describeVpcs")).output["Vpcs"]
    assert vpcs[0]["VpcId"].startswith("vpc-")
    failure(
        await make("aws-sdk:rds:describeDBInstances", DbInstanceIdentifier="none"),
        "Rds.DbInstanceNotFoundException",
        rf"DBInstance none not found. \(Service: Rds, Status Code: 404, {REQUEST}\).*",
    )


async def test_what_cannot_be_called(make):
    """A call that no request can be made of fails before anything is sent."""
    told = "The Parameters could not be used to start the Task aws-sdk:s3: "
    failure(await make("aws-sdk:s3:foo"), "States.Runtime", rf"{told}\[.*no action foo\]")
    failure(
        await make("aws-sdk:s3:getObject", Bukkit="b"), "States.Runtime", rf"{told}\[.*Bukkit.*"
    )
