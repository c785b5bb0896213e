"""What answers an approval on a cluster: the patch, and whom the API server takes us for."""

import json
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.asl.approvals import Decision, Question
from asw.engine.task_ids import TaskId
from asw.executions.approvals import OpenApproval
from asw.executions.cluster.answering import Person, patch_of, whoami
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import NO_CLUSTER
from asw.failures import Failure

AT = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = OpenApproval(
    task_id=TaskId("0f0e7f4c-0000-4000-8000-000000000001", 7),
    state="Ask",
    question=Question(
        title="Go?",
        message="",
        choices=("approve", "reject"),
        users=("ann",),
        groups=("ops", "qa"),
        rejects=True,
    ),
    asked_at=AT,
    until=None,
)


def patched(*told, **said):
    """The answers that a patch adds to those that are there."""
    manifest = {"metadata": {"name": "run"}, "spec": {"answers": {key: {} for key in told}}}
    decision = Decision(**{"choice": "approve", "by": "ann", "comment": "", "at": AT, **said})
    return patch_of(Run(manifest), ASKED, decision)["answers"]


def test_a_patch_says_what_was_decided_and_no_more():
    """What is empty is left out; of the person's groups, those that are asked."""
    assert patched() == {"7": {"choice": "approve", "by": "ann"}}
    said = patched(groups=("dev", "ops"), comment="fine")["7"]
    assert said == {"choice": "approve", "by": "ann", "groups": ["ops"], "comment": "fine"}


@pytest.mark.parametrize(
    ("told", "key"),
    [
        (("6", "7.2"), "7"),
        (("7",), "7.2"),
        (("7", "7.2", "7.4"), "7.3"),
        (("7", *(f"7.{it}" for it in range(2, 10))), "7.10"),
    ],
)
def test_a_further_answer_has_the_next_free_key(told, key):
    """What others said is never written again."""
    assert list(patched(*told)) == [key]


def test_where_no_answer_has_room_it_is_said():
    """64 answers of whatever tasks are all that an Execution holds."""
    assert patched(*map(str, range(100, 163)))
    with pytest.raises(Failure, match="run holds 64 answers, and no more"):
        patched(*map(str, range(100, 164)))


def test_no_answers_yet_may_be_written_as_null():
    """As an object may say it that was written by hand."""
    run = Run({"metadata": {"name": "run"}, "spec": {"answers": None}})
    decision = Decision(choice="reject", by="ann", comment="", at=AT)
    assert patch_of(run, ASKED, decision) == {"answers": {"7": {"choice": "reject", "by": "ann"}}}


async def asked(tmp_path, status, body):
    """Who an API server that answers so says we are, and what it was asked."""
    seen = []

    async def answer(request):
        seen.append((request.path, await request.json(), request.headers.get("Authorization")))
        return web.Response(status=status, text=body, content_type="application/json")

    application = web.Application()
    application.router.add_post("/{path:.*}", answer)
    async with TestServer(application) as server:
        config = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.port}"}}],
            "users": [{"name": "u", "user": {"token": "mine"}}],
        }
        (tmp_path / "config").write_text(json.dumps(config))
        return await whoami(Target(kubeconfig=tmp_path / "config")), seen


async def test_the_api_server_says_who_we_are(tmp_path):
    """By a review of our own token: name and groups are those that its policies will see."""
    body = {"status": {"userInfo": {"username": "ann", "groups": ["ops", "dev"]}}}
    person, seen = await asked(tmp_path, 201, json.dumps(body))
    assert person == Person(name="ann", groups=("ops", "dev"))
    ((path, said, authorization),) = seen
    assert path == "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    assert (said["kind"], authorization) == ("SelfSubjectReview", "Bearer mine")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, '{"kind": "Status"}'),
        (404, "{}"),
        (201, '{"status": {"userInfo": {}}}'),
        (201, "[]"),
        (201, "not JSON"),
        (302, '{"status": {"userInfo": {"username": "eve"}}}'),
    ],
)
async def test_nobody_is_made_up(tmp_path, status, body):
    """An API server that does not tell is no reason to answer in a name of our own choice."""
    with pytest.raises(Failure, match="does not say who you are") as raised:
        await asked(tmp_path, status, body)
    assert raised.value.code == NO_CLUSTER
