"""Services that are slow, silent, huge or broken: every call ends, and its end has a name."""

import asyncio
import re

import pytest

from asw.connector.calls import Call, Done, Failed
from asw.connector.connector import Connector
from tests.support import odd_service as odd
from tests.support.certificates import own_certificate
from tests.support.moto import access_to

CLIENT = "DynamoDb.SdkClientException"


def call(resource="aws-sdk:dynamodb:getItem", task_id="uid-1"):
    """A call that every test makes."""
    service, _, action = resource.removeprefix("aws-sdk:").rpartition(":")
    parameters = {"TableName": "t", "Key": {"id": {"S": "1"}}}
    sdk = resource.startswith("aws-sdk:")
    return Call(service=service, action=action, sdk=sdk, parameters=parameters, task_id=task_id)


@pytest.mark.parametrize(
    ("behaviour", "error", "cause"),
    [
        (odd.never, "DynamoDb.ApiCallTimeoutException", "configuration: 500 millis"),
        (odd.drip, "DynamoDb.ApiCallTimeoutException", "configuration: 500 millis"),
        (odd.garbage, CLIENT, "cannot be read"),
        (odd.huge, "States.DataLimitExceeded", "'aws-sdk:dynamodb' returned a result"),
        (odd.huge_in_pieces, "States.DataLimitExceeded", "maximum number of bytes"),
        (
            odd.throttled,
            "DynamoDb.ThrottlingException",
            r"slow \(Service: DynamoDb, Status Code: 429",
        ),
        (odd.hangs_up, CLIENT, "closed the connection"),
        (odd.elsewhere, "DynamoDb.DynamoDbException", "Status Code: 302"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_bad_service_has_a_named_end(behaviour, error, cause):
    """Whatever a service does, the state gets an error that AWS would name so, and no more."""
    async with odd.odd_service(behaviour) as service, Connector() as connector:
        access = access_to(service.endpoint, call_seconds=0.5)
        outcome = await connector.make(call(), access)
        assert isinstance(outcome, Failed)
        assert outcome.error == error
        assert re.search(cause, outcome.cause)
        assert len(service.bodies) == 1  # a Retry of the state decides whether there is another


async def test_a_bad_service_keeps_no_slot():
    """Calls that never got an answer leave room for those that do."""
    is_silent = True

    async def sometimes(request):
        return await (odd.never(request) if is_silent else odd.item(request))

    async with odd.odd_service(sometimes) as service, Connector(at_a_time=2) as connector:
        access = access_to(service.endpoint, call_seconds=0.2)
        lost = await asyncio.gather(*(connector.make(call(), access) for _ in range(6)))
        assert {it.error for it in lost} == {"DynamoDb.ApiCallTimeoutException"}
        is_silent = False
        assert isinstance(await connector.make(call(), access), Done)


async def test_a_slow_service_holds_up_no_other():
    """One that is silent does not delay calls of another one."""
    async with (
        odd.odd_service(odd.never) as silent,
        odd.odd_service(odd.item) as quick,
        Connector(at_a_time=1) as connector,
    ):
        stuck = asyncio.create_task(connector.make(call(), access_to(silent.endpoint)))
        assert isinstance(await connector.make(call(), access_to(quick.endpoint)), Done)
        assert not stuck.done()
        stuck.cancel()


async def test_a_cancelled_call_frees_its_slot():
    """A state that timed out or a run that was stopped leaves nothing behind."""
    async with odd.odd_service(odd.never) as service, Connector(at_a_time=1) as connector:
        access = access_to(service.endpoint, call_seconds=0.5)
        stuck = asyncio.create_task(connector.make(call(), access))
        await service.has_request.wait()
        stuck.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stuck
        assert isinstance(await connector.make(call(), access), Failed)
        assert len(service.bodies) == 2


async def test_nobody_listens():
    """A connection that is refused is told with its address."""
    async with odd.odd_service(odd.item) as service:
        gone = service.endpoint
    async with Connector() as connector:
        outcome = await connector.make(call("dynamodb:getItem"), access_to(gone))
    assert outcome.error == "DynamoDB.SdkClientException"
    assert gone in outcome.cause


async def test_an_unknown_host():
    """So is a name that nobody knows."""
    async with Connector() as connector:
        outcome = await connector.make(call(), access_to("http://nobody.invalid"))
    assert outcome.error == CLIENT
    assert "the host of http://nobody.invalid/ is unknown" in outcome.cause


async def test_a_private_address_is_refused_before_anything_is_sent():
    """A name that leads into the own network is an error with its remedy, however it is spelt."""
    async with odd.odd_service(odd.item) as service, Connector() as connector:
        by_name = service.endpoint.replace("127.0.0.1", "0x7f000001")
        outcome = await connector.make(call(), access_to(by_name))
        assert outcome.error == "Asw.AddressRefused"
        assert "spec.allowedAddresses" in outcome.cause
        assert service.bodies == []


async def test_tls_is_checked(tmp_path):
    """A certificate of nobody is refused; named in the Connection it is trusted."""
    certificate, tls = own_certificate(tmp_path)
    async with odd.odd_service(odd.item, tls) as service, Connector() as connector:
        outcome = await connector.make(call(), access_to(service.endpoint))
        assert outcome.error == CLIENT
        assert "is not trusted" in outcome.cause
        trusting = access_to(service.endpoint, ca=certificate)
        assert isinstance(await connector.make(call(), trusting), Done)


async def test_what_is_no_tls():
    """An endpoint without TLS under https is an error, not a hang."""
    async with odd.odd_service(odd.item) as service, Connector() as connector:
        secure = service.endpoint.replace("http:", "https:")
        outcome = await connector.make(call(), access_to(secure))
    assert outcome.error == CLIENT


async def test_no_credentials(monkeypatch, tmp_path):
    """Without anything to sign with, the error says where to put it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    async with odd.odd_service(odd.item) as service, Connector() as connector:
        outcome = await connector.make(call(), access_to(service.endpoint, credentials=None))
    assert outcome.error == "Asw.NoCredentials"


async def test_calls_keep_the_pace_of_their_connection():
    """A Connection may bound how many calls start in a second; the others wait for their turn."""
    async with odd.odd_service(odd.item) as service, Connector() as connector:
        access = access_to(service.endpoint, calls_per_second=20)
        loop = asyncio.get_running_loop()
        await connector.make(call(), access)
        before = loop.time()
        await asyncio.gather(*(connector.make(call(), access) for _ in range(30)))
        assert loop.time() - before >= 0.5  # 19 are left of the first second, 11 have to wait
