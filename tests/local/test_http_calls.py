"""``http:invoke`` against APIs on the loopback, the worst of them included."""

import asyncio
import ipaddress
import json
from dataclasses import replace

import pytest
import yaml
from aiohttp import web
from click.testing import CliRunner

from asw.cli.main import main
from asw.connector.calls import Done, Failed
from asw.connector.http.access import HttpAccess
from asw.connector.http.authorization import ApiKey, Basic, OAuth, Whole
from asw.connector.http.caller import HttpCaller
from tests.support import odd_service as odd

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
ARN = "arn:aws:events:us-east-2:123456789012:connection/{}/81210c42-8af1-456b-9c4a-6ff02fc664ac"


def to(endpoint, **fields):
    """What a Connection for this API says."""
    return HttpAccess(name="api", endpoint=endpoint, **fields)


def get(url, **fields):
    """Parameters of a call."""
    return {"ApiEndpoint": url, "Method": "GET", **fields}


async def echo(request):
    """The request as JSON."""
    told = {
        "method": request.method,
        "path": request.path_qs,
        "headers": dict(request.headers),
        "body": (await request.read()).decode(),
    }
    return web.json_response(told)


async def test_a_call_arrives_as_it_was_meant():
    """Method, query, headers and body reach the API, with AWS's range and our name."""
    async with odd.odd_service(echo) as api, HttpCaller() as caller:
        parameters = get(
            f"{api.endpoint}/orders",
            Method="POST",
            QueryParameters={"a": [1, 2]},
            Headers={"X-Trace": "t-1"},
            RequestBody={"id": 7},
        )
        outcome = await caller.make(parameters, to(api.endpoint))
    assert isinstance(outcome, Done)
    assert (outcome.output["StatusCode"], outcome.output["StatusText"]) == (200, "OK")
    got = outcome.output["ResponseBody"]
    assert (got["method"], got["path"], got["body"]) == ("POST", "/orders?a=1&a=2", '{"id":7}')
    assert got["headers"]["X-Trace"] == "t-1"
    assert got["headers"]["Content-Type"] == "application/json"
    assert got["headers"]["Range"] == "bytes=0-262144"
    assert got["headers"]["User-Agent"].startswith("asw/")


async def test_a_secret_url_is_called_and_in_no_answer():
    """A webhook that echoes where it was called brings the secret into no history."""
    async with odd.odd_service(echo) as api, HttpCaller() as caller:
        hook = Whole(url=f"{api.endpoint}/hooks/of-tests?key=of-tests")
        access = to(api.endpoint, authorization=hook)
        outcome = await caller.make(get(api.endpoint, Method="POST", RequestBody={"id": 7}), access)
        elsewhere = await caller.make(get(f"{api.endpoint}/other"), access)
    assert isinstance(outcome, Done)
    got = outcome.output["ResponseBody"]
    assert (got["method"], got["path"], got["body"]) == ("POST", "[redacted]", '{"id":7}')
    assert isinstance(elsewhere, Failed)
    assert elsewhere.error == "States.Runtime"
    assert "of-tests" not in elsewhere.cause


@pytest.mark.parametrize(
    ("authorization", "header", "secret"),
    [
        (Basic(username="me", password="pass-1234"), "Authorization", "bWU6cGFzcy0xMjM0"),
        (ApiKey(header="X-Api-Key", value="key-1234"), "X-Api-Key", "key-1234"),
    ],
)
async def test_the_connection_authorizes(authorization, header, secret):
    """Its header is sent, in place of the state's own; an echo of it is taken out."""
    sent = []

    async def noting(request):
        sent.append(request.headers[header])
        return await echo(request)

    async with odd.odd_service(noting) as api, HttpCaller() as caller:
        access = to(api.endpoint, authorization=authorization)
        outcome = await caller.make(get(f"{api.endpoint}/a", Headers={header: "other"}), access)
    assert secret in sent[0]
    assert secret not in repr(outcome)


class Tokens:
    """An API with its own tokens, of which the newest is good."""

    def __init__(self, lives=3600):
        self.given = 0
        self.lives = lives

    async def __call__(self, request):
        """Give a token, or see whether one is good."""
        if request.path == "/token":
            form = await request.post()
            assert form["grant_type"] == "client_credentials"
            assert request.headers["Authorization"].startswith("Basic ")
            self.given += 1
            token = {"access_token": f"token-{self.given}", "expires_in": self.lives}
            return web.json_response(token)
        is_good = request.headers.get("Authorization") == f"Bearer token-{self.given}"
        return web.Response(status=200 if is_good else 401, text="who?")


def with_token(endpoint):
    """An access by client credentials."""
    given = OAuth(endpoint=f"{endpoint}/token", client_id="me", client_secret="secret-1")
    return to(endpoint, authorization=given)


async def test_a_token_is_asked_for_once():
    """All calls share it until it expires, those that come at the same time, too."""
    tokens = Tokens()
    async with odd.odd_service(tokens) as api, HttpCaller() as caller:
        calls = (caller.make(get(f"{api.endpoint}/a"), with_token(api.endpoint)) for _ in range(5))
        assert all(isinstance(it, Done) for it in await asyncio.gather(*calls))
    assert tokens.given == 1


async def test_an_expired_token_is_replaced():
    """One that is about to expire is not used again."""
    tokens = Tokens(lives=10)
    async with odd.odd_service(tokens) as api, HttpCaller() as caller:
        for _ in range(2):
            await caller.make(get(f"{api.endpoint}/a"), with_token(api.endpoint))
    assert tokens.given == 2


async def test_a_revoked_token_is_replaced_once():
    """An API that refuses it gets a new one; if it refuses that as well, this is the error."""
    tokens = Tokens()
    async with odd.odd_service(tokens) as api, HttpCaller() as caller:
        access = with_token(api.endpoint)
        await caller.make(get(f"{api.endpoint}/a"), access)
        tokens.given += 1  # nobody has the newest
        assert isinstance(await caller.make(get(f"{api.endpoint}/a"), access), Done)
    assert tokens.given == 3


async def test_no_token():
    """What the endpoint of tokens answers is told, without what it says."""

    async def refusing(request):
        return web.Response(status=400, text="secret-1 is wrong")

    async with odd.odd_service(refusing) as api, HttpCaller() as caller:
        outcome = await caller.make(get(f"{api.endpoint}/a"), with_token(api.endpoint))
    assert outcome == Failed(
        error="Asw.NoCredentials", cause="Connection api got no token: it answered 400"
    )


@pytest.mark.parametrize(
    ("behaviour", "error", "cause"),
    [
        (odd.never, "States.Http.Socket", "timed out after 0.5 seconds"),
        (odd.drip, "States.Http.Socket", "timed out"),
        (odd.huge, "States.DataLimitExceeded", "'http' returned a result"),
        (odd.huge_in_pieces, "States.DataLimitExceeded", "maximum number of bytes"),
        (odd.hangs_up, "States.Http.Socket", "closed the connection"),
        (odd.throttled, "States.Http.StatusCode.429", "slow"),
        (odd.elsewhere, "States.Http.StatusCode.302", "Found"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_bad_api_has_a_named_end(behaviour, error, cause):
    """Whatever an API does, the state gets AWS's error, and the request was sent once."""
    async with odd.odd_service(behaviour) as api, HttpCaller() as caller:
        access = to(api.endpoint, call_seconds=0.5)
        outcome = await caller.make(get(f"{api.endpoint}/a?key=s3cret", Method="POST"), access)
        assert isinstance(outcome, Failed)
        assert outcome.error == error
        assert cause in outcome.cause
        assert "s3cret" not in outcome.cause
        assert len(api.bodies) == 1


async def test_what_has_the_most_bytes_still_fits():
    """AWS: 256 KiB of a body."""

    async def full(_request):
        return web.Response(text="x" * 262_144)

    async with odd.odd_service(full) as api, HttpCaller() as caller:
        outcome = await caller.make(get(api.endpoint), to(api.endpoint))
    assert len(outcome.output["ResponseBody"]) == 262_144


async def test_addresses_and_schemes():
    """The definition names the place, so only the Connection can open one that is not public."""
    async with odd.odd_service(echo) as api, HttpCaller() as caller:
        url = f"{api.endpoint}/a"
        other = url.replace("127.0.0.1", "localhost")
        anywhere = to(None)
        cases = {
            "not named": (url, anywhere, "Asw.AddressRefused"),
            "not named, by a name": (other, anywhere, "Asw.AddressRefused"),
            "no TLS": ("http://api.example.com/a", anywhere, "States.Runtime"),
            "elsewhere": ("https://api.example.com/a", to(api.endpoint), "States.Runtime"),
            "metadata": (
                "https://169.254.169.254/latest",
                replace(anywhere, allowed=LOOPBACK),
                "Asw.AddressRefused",
            ),
        }
        for name, (place, access, error) in cases.items():
            assert (await caller.make(get(place), access)).error == error, name
        assert api.bodies == []
        named = replace(anywhere, allowed=LOOPBACK)
        assert isinstance(await caller.make(get(url), named), Done)


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


def write(folder, endpoint, connections, arn=None, http=None):
    """A Workflow of one call, and its Connection ``my-api``."""
    api = {"apiVersion": "asw.dev/v1alpha1"}
    parameters = get(f"{endpoint}/orders")
    if arn is not None:
        parameters["Authentication"] = {"ConnectionArn": arn}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": parameters,
        "End": True,
    }
    spec = {
        "definition": {"StartAt": "Call", "States": {"Call": task}},
        "connections": connections,
    }
    objects = [
        {**api, "kind": "Workflow", "metadata": {"name": "flow"}, "spec": spec},
        {
            **api,
            "kind": "Connection",
            "metadata": {"name": "my-api"},
            "spec": {"kind": "http", "endpoint": endpoint, "http": http or {}},
        },
    ]
    (folder / "all.yaml").write_text(yaml.safe_dump_all(objects))


BASIC = {"basic": {"secretRef": {"name": "s"}}}


@pytest.mark.parametrize(
    ("connections", "arn"), [({}, ARN.format("my-api")), ({"http": "my-api"}, ARN.format("My_Api"))]
)
async def test_asw_run_calls(asw, tmp_path, monkeypatch, connections, arn):
    """The ARN names the Connection, else the Workflow does; secrets come from the environment."""
    monkeypatch.setenv("ASW_CONNECTION_MY_API_USERNAME", "me")
    monkeypatch.setenv("ASW_CONNECTION_MY_API_PASSWORD", "pass-1234")
    async with odd.odd_service(echo) as api:
        write(tmp_path, api.endpoint, connections, arn, BASIC)
        done = await asyncio.to_thread(asw, "run", "all.yaml", "--json")
        told = await asyncio.to_thread(asw, "history", "flow-1", "--local", "-o", "json")
    assert done.exit_code == 0, done.output
    assert "no Connection" not in done.output
    body = json.loads(done.stdout)["output"]["ResponseBody"]
    assert body["headers"]["Authorization"] == "Basic [redacted]"
    assert '"resourceType": "http"' in told.stdout
    assert "bWU6cGFzcy0xMjM0" not in told.stdout


async def test_secrets_that_are_not_there(asw, tmp_path):
    """The error names the variable to set, and nothing was sent."""
    async with odd.odd_service(echo) as api:
        write(tmp_path, api.endpoint, {"http": "my-api"}, http=BASIC)
        done = await asyncio.to_thread(asw, "run", "all.yaml")
        assert api.bodies == []
    assert "Asw.NoCredentials" in done.output
    assert "ASW_CONNECTION_MY_API_USERNAME" in done.output


def test_a_call_without_connection(asw, tmp_path):
    """The check warns at the Task, and the call fails with a name that can be caught."""
    write(tmp_path, "https://api.example.com", {})
    done = asw("run", "all.yaml")
    assert "no Connection for the service http" in done.output
    assert "Asw.NoConnection" in done.output
