"""``asw invite`` before ``asw serve``: what is asked for, and what refusals become."""

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.executions.cluster.inviting import Invitation, Invited, invite
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import BAD_INPUT, NO_CLUSTER, NOT_SUCCEEDED
from asw.failures import Failure
from tests.unit.executions.cluster.test_answering import ASKED

RUN = Run({"metadata": {"name": "release-1", "namespace": "shop"}, "spec": {}})


async def invited(tmp_path, status, body):
    """What is made of this answer, the address, and what was asked for."""
    seen = []

    async def answer(request):
        seen.append((request.path, await request.json(), request.headers.get("Authorization")))
        return web.Response(status=status, text=json.dumps(body))

    application = web.Application()
    application.router.add_post("/{path:.*}", answer)
    (tmp_path / "token").write_text("mine\n")
    async with TestServer(application) as server:
        url = f"http://127.0.0.1:{server.port}"
        wanted = Invitation(
            by="ann", seconds=60, url=f"{url}/", ca=None, token_file=tmp_path / "token"
        )
        return await invite(Target(), RUN, ASKED, wanted), url, seen


async def test_a_link_is_asked_for_by_ones_own_token(tmp_path):
    """Of the very task; the token is in the body, and the link where people reach asw serve."""
    made, url, seen = await invited(tmp_path, 200, {"link": "x.y", "until": "2026-01-02"})
    assert made == Invited(f"{url}/approve/x.y", "2026-01-02")
    ((path, said, authorization),) = seen
    assert (path, authorization) == ("/v1/approvals/links", None)
    assert said == {
        "token": "mine",
        "namespace": "shop",
        "execution": "release-1",
        "uid": ASKED.task_id.execution_uid,
        "task": 7,
        "for": "ann",
        "seconds": 60,
    }


@pytest.mark.parametrize(
    ("status", "error", "code", "told"),
    [
        (410, "ApprovalEnded", NOT_SUCCEEDED, "waits no more"),
        (403, "AnswerRefused", BAD_INPUT, "no such link: why"),
        (400, "ValidationException", BAD_INPUT, "no such link: why"),
        (403, "AccessDeniedException", NO_CLUSTER, "no link for you: why"),
        (401, "UnrecognizedClientException", NO_CLUSTER, "no link for you: why"),
        (400, "ThrottlingException", NO_CLUSTER, "no links now"),
        (503, "ServiceUnavailable", NO_CLUSTER, "no links now"),
    ],
)
async def test_refusals_say_why(tmp_path, status, error, code, told):
    """Each in words, with the exit code of who must act."""
    with pytest.raises(Failure, match=told) as raised:
        await invited(tmp_path, status, {"__type": error, "message": "why"})
    assert raised.value.code == code


async def test_a_file_without_a_token_is_named(tmp_path):
    """Whoever mistyped the name of the file learns which one it was."""
    wanted = Invitation(by="a", seconds=1, url="http://x", ca=None, token_file=tmp_path / "no")
    with pytest.raises(Failure, match="cannot read"):
        await invite(Target(), RUN, ASKED, wanted)
