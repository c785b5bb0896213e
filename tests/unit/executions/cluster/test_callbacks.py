"""``asw callback`` before a cluster: what is sent, and what refusals become."""

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.executions.cluster.callbacks import Address, report
from asw.executions.target import Target
from asw.exits import BAD_INPUT, NO_CLUSTER, NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure


async def reported(status, body, *, address=None, tmp_path=None):
    """What arrives of a report that is answered so."""
    seen = []

    async def answer(request):
        if request.method == "GET":
            item = {"metadata": {"name": "asw-serve"}}
            return web.json_response({"kind": "ServiceList", "metadata": {}, "items": [item]})
        seen.append((request.path, await request.json(), request.headers.get("Authorization")))
        return web.Response(status=status, text=json.dumps(body))

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(application) as server:
        url = f"http://127.0.0.1:{server.port}"
        if tmp_path is not None:
            config = {
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": url}}],
                "users": [{"name": "u", "user": {"token": "mine"}}],
            }
            (tmp_path / "config").write_text(json.dumps(config))
            target = Target(namespace="asw-system", kubeconfig=tmp_path / "config")
            address = Address(url=None, ca=None, target=target)
        address = address or Address(url=f"{url}/", ca=None, target=Target())
        await report(address, "success", {"token": "t", "output": [None]})
    return seen


async def test_the_token_is_in_the_body_alone():
    """Nothing else authorises at the address: paths and heads end up in logs."""
    (seen,) = await reported(200, {})
    assert seen == ("/v1/callbacks/success", {"token": "t", "output": [None]}, None)


async def test_without_an_address_the_api_server_passes_it_on(tmp_path):
    """As the user of the context, to the Service of the installation."""
    (seen,) = await reported(200, {}, tmp_path=tmp_path)
    path, said, user = seen
    assert path == (
        "/api/v1/namespaces/asw-system/services/https:asw-serve:https/proxy/v1/callbacks/success"
    )
    assert (said["token"], user) == ("t", "Bearer mine")


@pytest.mark.parametrize(
    ("status", "body", "code", "told"),
    [
        (400, {"__type": "InvalidToken"}, BAD_INPUT, "InvalidToken"),
        (400, {"__type": "TaskTimedOut"}, NOT_SUCCEEDED, "TaskTimedOut"),
        (400, {"__type": "TaskDoesNotExist"}, NOT_FOUND, "TaskDoesNotExist"),
        (400, {"__type": "ValidationException", "message": "why"}, BAD_INPUT, "why"),
        (403, {"kind": "Status", "message": "services/proxy"}, NO_CLUSTER, "services/proxy"),
        (503, {"__type": "ServiceUnavailable"}, NO_CLUSTER, "takes no reports now"),
        (502, [], NO_CLUSTER, "takes no reports now"),
    ],
    ids=["token", "late", "gone", "invalid", "forbidden", "not now", "gateway"],
)
async def test_refusals_are_named_with_a_remedy(status, body, code, told):
    """AWS's name where there is one, and an exit code that scripts can tell apart."""
    with pytest.raises(Failure, match=told) as refused:
        await reported(status, body)
    assert refused.value.code == code
    assert refused.value.remedy


async def test_an_address_where_nobody_listens():
    """Which option to look at; nothing of the report is said again."""
    address = Address(url="http://127.0.0.1:1", ca=None, target=Target())
    with pytest.raises(Failure, match="does not answer") as refused:
        await reported(200, {}, address=address)
    assert refused.value.code == NO_CLUSTER
