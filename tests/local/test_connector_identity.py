"""Calls that are signed as a role, which the service account's token lets assume."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from asw.connector import services
from asw.connector.calls import Call, Done
from asw.connector.connector import Connector
from asw.connector.places import WebIdentity
from tests.support import odd_service as odd
from tests.support.moto import access_to

ROLE = "arn:aws:iam::123456789012:role/lab"
CALL = Call(
    service="dynamodb",
    action="getItem",
    sdk=True,
    parameters={"TableName": "t", "Key": {"id": {"S": "1"}}},
    task_id="uid-1",
)
ASSUMED = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>{key}</AccessKeyId>
<SecretAccessKey>of-the-role</SecretAccessKey><SessionToken>session-of-the-role</SessionToken>
<Expiration>{until}</Expiration></Credentials><AssumedRoleUser>
<Arn>arn:aws:sts::123456789012:assumed-role/lab/x</Arn><AssumedRoleId>A:x</AssumedRoleId>
</AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""
REFUSED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender
</Type><Code>InvalidIdentityToken</Code><Message>token-of-the-account is bad</Message></Error>
<RequestId>r-1</RequestId></ErrorResponse>"""


class Lab:
    """A service that has both an STS and an item. ``seconds`` is how long its keys are good."""

    def __init__(self, seconds=3600):
        self.seconds = seconds
        self.tokens = []
        self.signed = []
        self.refuses = False

    async def __call__(self, request):
        """Answer as STS or as DynamoDB does."""
        body = await request.read()
        if b"AssumeRoleWithWebIdentity" not in body:
            signature = request.headers["Authorization"]
            self.signed += re.findall(r"Credential=([^/]+)", signature)
            assert request.headers["X-Amz-Security-Token"] == "session-of-the-role"
            return odd.answer(200, odd.ITEM)
        assert "Authorization" not in request.headers
        asked = parse_qs(body.decode())
        assert asked["RoleArn"] == [ROLE]
        self.tokens += asked["WebIdentityToken"]
        if self.refuses:
            return odd.answer(400, REFUSED.encode())
        until = (datetime.now(UTC) + timedelta(seconds=self.seconds)).isoformat()
        return odd.answer(200, ASSUMED.format(key=f"ASIA{len(self.tokens)}", until=until).encode())


@pytest.fixture
def token(tmp_path):
    """The file of the token, which the kubelet renews."""
    file = tmp_path / "token"
    file.write_text("token-1")
    return file


def access(service, token):
    """The role at the lab's own STS."""
    identity = WebIdentity(role_arn=ROLE, token_file=str(token))
    return access_to(service.endpoint, credentials=None, web_identity=identity)


async def test_a_role_is_assumed_once_for_many_calls(token):
    """The token goes to the Connection's endpoint, unsigned, and calls are signed as the role."""
    lab = Lab()
    async with odd.odd_service(lab) as service, Connector() as connector:
        calls = (connector.make(CALL, access(service, token)) for _ in range(20))
        assert {type(it) for it in await asyncio.gather(*calls)} == {Done}
    assert lab.tokens == ["token-1"]
    assert lab.signed == ["ASIA1"] * 20


async def test_calls_of_api_gateway_are_signed_as_the_role(token):
    """As any other call, and a role that is refused has the same name."""
    lab, host = Lab(), "abc.execute-api.us-east-1.amazonaws.com"
    given = {"ApiEndpoint": host, "Method": "GET", "AuthType": "IAM_ROLE"}
    call = Call(service="apigateway", action="invoke", sdk=False, parameters=given, task_id="t")
    async with odd.odd_service(lab) as service, Connector() as connector:
        calls = (connector.make(call, access(service, token)) for _ in range(5))
        assert {type(it) for it in await asyncio.gather(*calls)} == {Done}
    assert (lab.tokens, lab.signed) == (["token-1"], ["ASIA1"] * 5)
    lab.refuses = True
    async with odd.odd_service(lab) as service, Connector() as connector:
        outcome = await connector.make(call, access(service, token))
    assert outcome.error == "Asw.NoCredentials"


async def test_a_role_is_assumed_again_before_it_expires(token):
    """With the token that the file has by then."""
    lab = Lab(seconds=60)  # botocore wants new ones from 15 minutes before the end
    async with odd.odd_service(lab) as service, Connector() as connector:
        assert isinstance(await connector.make(CALL, access(service, token)), Done)
        token.write_text("token-2")
        lab.seconds = 3600
        for _ in range(2):
            assert isinstance(await connector.make(CALL, access(service, token)), Done)
    assert set(lab.tokens[:-1]) == {"token-1"}
    assert lab.tokens[-1] == "token-2"
    assert lab.signed[1:] == [f"ASIA{len(lab.tokens)}"] * 2


async def test_a_role_that_is_refused_is_no_error_of_the_service(token):
    """The failure names the role and STS's code, and quotes nothing that may hold the token."""
    lab = Lab()
    lab.refuses = True
    async with odd.odd_service(lab) as service, Connector() as connector:
        outcome = await connector.make(CALL, access(service, token))
        assert outcome.error == "Asw.NoCredentials"
        assert outcome.cause == (
            f"The role {ROLE} could not be assumed: AWS STS answered InvalidIdentityToken"
        )
        lab.refuses = False
        assert isinstance(await connector.make(CALL, access(service, token)), Done)


async def test_a_token_that_is_gone_is_told(token):
    """The failure says so; nothing is sent."""
    lab = Lab()
    token.unlink()
    async with odd.odd_service(lab) as service, Connector() as connector:
        outcome = await connector.make(CALL, access(service, token))
    assert outcome.error == "Asw.NoCredentials"
    assert outcome.cause == (
        f"The role {ROLE} could not be assumed: the token of the service account cannot be read:"
        " No such file or directory"
    )
    assert service.bodies == []


async def test_a_silent_sts_ends_the_call(token):
    """Within the time of a call, under the name that AWS gives that."""
    async with odd.odd_service(odd.never) as service, Connector() as connector:
        given = access_to(
            service.endpoint,
            credentials=None,
            web_identity=WebIdentity(role_arn=ROLE, token_file=str(token)),
            call_seconds=0.3,
        )
        outcome = await connector.make(CALL, given)
    assert outcome.error == "DynamoDb.ApiCallTimeoutException"


async def test_another_access_of_the_same_name_takes_its_place():
    """A rotated key: calls under way end as they would have, then nothing is left of the old."""
    goes_on = asyncio.Event()

    async def slow(_request):
        await goes_on.wait()
        return odd.answer(200, odd.ITEM)

    async with odd.odd_service(slow) as service, Connector() as connector:
        old, new = (access_to(service.endpoint, region=it) for it in ("us-east-1", "us-west-2"))
        first = asyncio.create_task(connector.make(CALL, old))
        await service.has_request.wait()
        second = asyncio.create_task(connector.make(CALL, new))
        await asyncio.sleep(0)
        goes_on.set()
        assert isinstance(await first, Done)
        assert isinstance(await second, Done)
        assert list(connector._places) == [new]


async def test_reading_a_model_holds_up_nothing():
    """While the model of a large service is read, other calls go on."""
    large = Call(
        service="ec2", action="describeInstances", sdk=True, parameters={}, task_id="uid-2"
    )
    async with odd.odd_service(odd.item) as service, Connector() as connector:
        given = access_to(service.endpoint)
        assert isinstance(await connector.make(CALL, given), Done)
        services._kept.pop("ec2", None)
        reading = asyncio.create_task(connector.make(large, given))
        await asyncio.sleep(0)
        made = 0
        while not services.is_at_hand(large):
            assert isinstance(await connector.make(CALL, given), Done)
            made += 1
        await reading
    assert made
