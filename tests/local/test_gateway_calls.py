"""``apigateway:invoke`` against APIs on the loopback that check what API Gateway checks."""

import asyncio
import ipaddress
import json
from dataclasses import replace

import pytest
from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from click.testing import CliRunner

from asw.cli.main import main
from asw.connector.calls import Call, Done, Failed
from asw.connector.connector import Connector
from asw.connector.http.access import HttpAccess
from asw.connector.places import Access, Credentials
from asw.connector.pod.callers import Callers
from tests.local.test_service_calls import a_call, a_connection, a_workflow, write
from tests.support import odd_service as odd

HOST = "abc123.execute-api.us-east-1.amazonaws.com"
KEY = Credentials(
    access_key_id="AKIDEXAMPLE", secret_access_key="of-tests", session_token="for-a-while"
)
REGION = "us-east-1"


def invoke(**fields):
    """A call, with what every one has."""
    parameters = {"ApiEndpoint": HOST, "Method": "GET", **fields}
    return Call(
        service="apigateway", action="invoke", sdk=False, parameters=parameters, task_id="t"
    )


def to(endpoint, **fields):
    """What a Connection says, with keys."""
    return Access(name="lab", region=REGION, endpoint=endpoint, **{"credentials": KEY, **fields})


def expected_signature(request, body, keys):
    """What botocore itself signs a request with that has these headers."""
    given = request.headers["Authorization"]
    names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {name: ",".join(request.headers.getall(name)) for name in names}
    whole = AWSRequest(
        method=request.method, url=f"http://{request.host}{request.raw_path}", data=body
    )
    for name, value in headers.items():
        whole.headers[name] = value
    whole.context["timestamp"] = request.headers["X-Amz-Date"]
    signer = SigV4Auth(keys, "execute-api", REGION)
    text = signer.string_to_sign(whole, signer.canonical_request(whole))
    return signer.signature(text, whole)


async def gateway(request):
    """Lets in whom IAM would let in, and tells the request."""
    body = await request.read()
    keys = ReadOnlyCredentials("AKIDEXAMPLE", "of-tests", "for-a-while")
    given = request.headers.get("Authorization", "")
    if not given or not given.endswith(f"={expected_signature(request, body, keys)}"):
        return web.json_response({"message": "Missing Authentication Token"}, status=403)
    return await echo(request)


async def echo(request):
    """The request as JSON."""
    told = {
        "path": request.raw_path,
        "headers": {name: request.headers.getall(name) for name in request.headers},
        "body": (await request.read()).decode(),
    }
    return web.json_response(told, headers={"X-Seen": "yes"})


async def test_a_signed_call_is_let_in():
    """Stage, path, query, headers and body are signed as they are sent; no secret comes back."""
    async with odd.odd_service(gateway) as api, Connector() as connector:
        call = invoke(
            Method="POST",
            Stage="prod",
            Path="bills/a b+ü/50%",
            QueryParameters={"b": ["2", "1"], "a": ["x&y =+", ""]},
            Headers={"X-Trace": ["one", "two  words"]},
            RequestBody={"id": 7, "none": None},
            AuthType="IAM_ROLE",
        )
        outcome = await connector.make(call, to(api.endpoint))
    assert isinstance(outcome, Done), outcome
    assert (outcome.output["StatusCode"], outcome.output["StatusText"]) == (200, "OK")
    assert outcome.output["Headers"]["X-Seen"] == ["yes"]
    got = outcome.output["ResponseBody"]
    assert got["path"].startswith("/prod/bills/a%20b+%C3%BC/50%25?b=2&b=1&a=x%26y%20%3D%2B&a=")
    assert got["body"] == '{"id":7}'
    assert got["headers"]["Host"] == [HOST]
    assert got["headers"]["X-Trace"] == ["one", "two  words"]
    assert got["headers"]["Authorization"] == ["[redacted]"]
    assert "for-a-while" not in repr(outcome)


async def test_a_wrong_key_is_not_let_in():
    """The error has the status, and the answer is the cause, as at AWS."""
    async with odd.odd_service(gateway) as api, Connector() as connector:
        access = to(api.endpoint, credentials=replace(KEY, secret_access_key="another"))
        outcome = await connector.make(invoke(AuthType="IAM_ROLE"), access)
    cause = '{"message": "Missing Authentication Token"}'
    assert outcome == Failed(error="ApiGateway.403", cause=cause)


async def test_no_auth_signs_nothing_and_needs_no_keys():
    """Not even keys that are there are shown to the API."""
    async with odd.odd_service(echo) as api, Callers(at_a_time=1) as callers:
        keyless = to(api.endpoint, credentials=None, unsigned="Connection lab: add keys")
        for access in (to(api.endpoint), keyless):
            outcome = await callers.make(invoke(AuthType="NO_AUTH"), access)
            assert isinstance(outcome, Done), outcome
            assert "Authorization" not in outcome.output["ResponseBody"]["headers"]
        refused = await callers.make(invoke(AuthType="IAM_ROLE"), keyless)
        assert len(api.bodies) == 2
    assert refused == Failed(error="Asw.NoCredentials", cause="Connection lab: add keys")


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_what_is_no_success_is_an_error(status):
    """Redirects are not followed; without a body the phrase is the cause."""
    async with (
        odd.odd_service(lambda _request: odd_status(status)) as api,
        Connector() as connector,
    ):
        outcome = await connector.make(invoke(), to(api.endpoint))
        assert len(api.bodies) == 1
    assert isinstance(outcome, Failed)
    assert outcome.error == f"ApiGateway.{status}"


async def odd_status(status):
    """An answer that is only a status."""
    return web.Response(status=status, headers={"Location": "/elsewhere"})


async def test_no_answer_has_the_name_of_the_exception():
    """Nothing, in time or at all; an address that the Connection does not name is not called."""
    async with odd.odd_service(odd.never) as api, Connector() as connector:
        late = await connector.make(invoke(), to(api.endpoint, call_seconds=0.2))
    async with Connector() as connector:
        gone = await connector.make(invoke(), to(api.endpoint))
        private = to("http://169.254.169.254", allowed=())
        refused = await connector.make(invoke(), private)
    assert late.error == "ApiGateway.ClientExecutionTimeoutException"
    assert gone.error == "ApiGateway.SdkClientException"
    assert refused.error == "Asw.AddressRefused"


async def test_what_is_too_large_is_not_read():
    """The limit is that of all calls of services."""
    big = web.Response(body=b"x" * 2000)
    async with (
        odd.odd_service(lambda _request: asyncio.sleep(0, big)) as api,
        Connector(most_bytes=1000) as connector,
    ):
        outcome = await connector.make(invoke(), to(api.endpoint))
    assert outcome.error == "States.DataLimitExceeded"


async def test_what_makes_no_request_sends_nothing():
    """The error is AWS's for Parameters that only data could show to be wrong."""
    async with odd.odd_service(echo) as api, Connector() as connector:
        call = invoke(Headers={"Authorization": ["x"]})
        outcome = await connector.make(call, to(api.endpoint))
        assert api.bodies == []
    cause = (
        "The Parameters could not be used to start the Task apigateway:"
        " [The 'Headers' field contains unsupported values: [Authorization]]"
    )
    assert outcome == Failed(error="States.Runtime", cause=cause)


async def test_a_connection_of_another_kind_is_refused_in_a_pod():
    """The pod calls APIs in API Gateway by kind aws only."""
    networks = (ipaddress.ip_network("127.0.0.0/8"),)
    async with Callers(at_a_time=1) as callers:
        outcome = await callers.make(invoke(), HttpAccess(name="api", allowed=networks))
    assert outcome.error == "Asw.NoConnection"


async def test_asw_run_calls(tmp_path, monkeypatch):
    """A definition as it was written for AWS, signed with the keys of the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-tests")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "for-a-while")
    given = {"ApiEndpoint": HOST, "Method": "GET", "Stage": "prod", "AuthType": "IAM_ROLE"}
    query = {"id.$": "States.Array($.id)"}
    step = a_call("apigateway:invoke", Parameters={**given, "QueryParameters": query})
    async with odd.odd_service(gateway) as api:
        flow = a_workflow({"apigateway": "lab"}, Ask=step)
        write(tmp_path, a_connection(api.endpoint), flow)
        arguments = ("run", "all.yaml", "--input", '{"id": "7"}', "--json")
        done = await asyncio.to_thread(CliRunner().invoke, main, arguments)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["output"]["ResponseBody"]["path"] == "/prod/?id=7"
    assert "for-a-while" not in done.output
