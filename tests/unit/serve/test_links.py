"""One-time links, from whoever makes one to whoever answers, before the real result server."""

import logging
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.callback_tokens import Claim
from asw.platforms.kubernetes.keys.link_tokens import Link, link_token
from asw.serve.links import Links
from asw.serve.reviews import Reviews
from tests.support.callback_door import a_token, callback_door
from tests.support.kube_objects import CALLBACK_KEYS, KEY, UID, a_callback_ring
from tests.unit.platforms.kubernetes.test_approvals import over, types, waiting

PEOPLE = {"token-of-ann": "ann", "token-of-bot": "bot", "token-of-eve": "eve"}
MAY = {("ann", "patch"), ("bot", "patch"), ("bot", "invite"), ("eve", "invite")}
ORDER = {
    "token": "token-of-bot",
    "namespace": "shop",
    "execution": KEY.name,
    "uid": UID,
    "task": 1,
    "for": "ann",
    "seconds": 60,
}


async def asked(kind, spec):
    """An API server that knows these people, and what they may."""
    if "token" in spec:
        name = PEOPLE.get(spec["token"])
        return {"authenticated": name is not None, "user": {"username": name}}
    wanted = spec["resourceAttributes"]
    assert (wanted["group"], wanted["resource"]) == ("asw.dev", "executions")
    place = (wanted["namespace"], wanted["name"])
    return {"allowed": place[0] == "shop" and (spec["user"], wanted["verb"]) in MAY}


async def at_once(_):
    """No pause."""


@asynccontextmanager
async def door(**fields):
    """A world that waits for ann or somebody of ops, and the door before it."""
    made = []

    def links(results, clock):
        made.append(
            Links(
                ring=a_callback_ring(clock),
                results=results,
                reviews=Reviews(ask=asked),
                now=clock,
                pause=at_once,
            )
        )
        return made[0].add_to

    async with waiting(**fields) as world, callback_door(world, links) as opened:
        yield world, Door(opened, made[0])


class Door:
    """What people do at the door."""

    def __init__(self, opened, links):
        self._opened = opened
        self.links = links

    async def order(self, **said):
        """Status and answer for whoever wants a link."""
        url = f"{self._opened.url}/v1/approvals/links"
        async with self._opened.client.post(url, json={**ORDER, **said}) as answer:
            return answer.status, await answer.json()

    async def link(self, **said):
        """A link's token."""
        status, answer = await self.order(**said)
        assert status == 200, answer
        return answer["link"]

    async def open(self, token, method="GET", **form):
        """Status, text and heads of the page."""
        url = f"{self._opened.url}/approve/{token}"
        data = form or None
        async with self._opened.client.request(method, url, data=data) as answer:
            return answer.status, await answer.text(), answer.headers


def a_link(world, **fields):
    """A genuine token that says this."""
    until = world.time.now + timedelta(minutes=1)
    link = Link(Claim("shop", TaskId(UID, 1)), "ann", "bot", until)
    return link_token(CALLBACK_KEYS, link._replace(**fields))


async def test_looking_changes_nothing_and_pressing_decides():
    """The page shows what is asked; the output says who answered, and from whom the link was."""
    async with door() as (world, at):
        token = await at.link()
        before = dict(world.status)
        for method in ("GET", "HEAD", "GET"):
            status, text, heads = await at.open(token, method)
            assert status == 200
            assert heads["Referrer-Policy"] == "no-referrer"
            assert ("Go?" in text) == (method == "GET")
        assert world.status == before
        status, text, _ = await at.open(token, "POST", choice="approve", comment=" fine\r\n")
        assert (status, "recorded: approve" in text) == (200, True)
        await over(world)
        said = world.status["output"]
        assert (said["By"], said["LinkFrom"], said["Comment"]) == ("ann", "bot", "fine")


async def test_a_link_works_once():
    """Whoever comes again, by it or by another one, is told that the approval has ended."""
    async with door() as (world, at):
        one, other = await at.link(), await at.link(seconds=90)
        assert (await at.open(one, "POST", choice="reject"))[0] == 200
        await over(world)
        assert world.status["cause"] == "Rejected by ann, by a link from bot"
        for token in (one, other):
            for method, form in (("GET", {}), ("POST", {"choice": "approve"})):
                status, text, _ = await at.open(token, method, **form)
                assert (status, "This approval has ended" in text) == (410, True)
        assert types(world).count("TaskFailed") == 1
        assert (await at.order())[1]["__type"] == "ApprovalEnded"


async def test_a_link_ends_by_itself():
    """To the second, and says so."""
    async with door() as (world, at):
        token = await at.link(seconds=60)
        world.time.pass_(61)
        for method, form in (("GET", {}), ("POST", {"choice": "approve"})):
            status, text, _ = await at.open(token, method, **form)
            assert (status, "This link has expired" in text) == (410, True)
        assert world.status["phase"] == "Running"


async def test_tokens_of_other_purposes_open_nothing():
    """A callback's, a forged one, one of another namespace or execution: nothing is told."""
    async with door() as (world, at):
        claim = Claim("bank", TaskId(UID, 1))
        other = Claim("shop", TaskId("b" + UID[1:], 1))
        tokens = {
            a_token(): 404,
            a_link(world)[:-1] + "x": 404,
            a_link(world, claim=claim): 410,
            a_link(world, claim=other): 410,
            a_link(world, claim=Claim("shop", TaskId(UID, 2))): 410,
        }
        for token, expected in tokens.items():
            for method, form in (("GET", {}), ("POST", {"choice": "approve"})):
                status, text, heads = await at.open(token, method, **form)
                assert (status, "Go?" in text) == (expected, False)
                assert "default-src 'none'" in heads["Content-Security-Policy"]
        assert world.status["phase"] == "Running"


async def test_a_link_is_no_token_of_a_callback():
    """Whoever has one cannot write a result of their own."""
    async with waiting() as world, callback_door(world) as opened:
        assert await opened.code("success", token=a_link(world), output=1) == "InvalidToken"


REFUSED = {
    "nobody": ({"token": "x"}, "UnrecognizedClientException", 401),
    "no token": ({"token": None}, "ValidationException", 400),
    "who may not patch": ({"token": "token-of-eve", "for": "eve"}, "AccessDeniedException", 403),
    "for others without the verb invite": (
        {"token": "token-of-ann", "for": "bob"},
        "AccessDeniedException",
        403,
    ),
    "for nobody of the Approvers": ({"for": "eve"}, "AnswerRefused", 403),
    "for whoever is only in a group": ({"for": "ops"}, "AnswerRefused", 403),
    "in another namespace": ({"namespace": "bank"}, "AccessDeniedException", 403),
    "under the name of another execution": ({"execution": "other"}, "ApprovalEnded", 410),
    "of another uid": ({"uid": "b" + UID[1:]}, "ApprovalEnded", 410),
    "of no uid": ({"uid": ""}, "ValidationException", 400),
    "of a strange uid": ({"uid": "x/y.z"}, "ApprovalEnded", 410),
    "of another task": ({"task": 2}, "ApprovalEnded", 410),
    "of no task": ({"task": True}, "ValidationException", 400),
    "that lasts for ever": ({"seconds": 10**8}, "ValidationException", 400),
    "that lasts no time": ({"seconds": 0}, "ValidationException", 400),
    "for a huge name": ({"for": "n" * 257}, "ValidationException", 400),
    "for a name with a line": ({"for": "ann\nbob"}, "ValidationException", 400),
    "as another maker": ({"maker": "root"}, "ValidationException", 400),
}


@pytest.mark.parametrize(("said", "code", "status"), REFUSED.values(), ids=REFUSED)
async def test_who_may_not_gets_no_link(said, code, status):
    """The maker is whoever the token says, and is asked about the very execution."""
    async with door() as (_, at):
        found, answer = await at.order(**said)
        assert (found, answer["__type"]) == (status, code)
        assert "link" not in answer


async def test_for_oneself_the_right_to_answer_is_enough():
    """Who may patch makes a link in their own name without the verb invite."""
    async with door() as (_, at):
        assert (await at.order(token="token-of-ann"))[0] == 200


BAD_FORMS = {
    "no choice": ({"comment": "x"}, 400),
    "none of the choices": ({"choice": "later"}, 400),
    "a huge comment": ({"choice": "approve", "comment": "c" * 1025}, 400),
    "a huge form": ({"choice": "approve", "comment": "c" * 20_000}, 413),
    "another name": ({"choice": "approve", "by": "root"}, 400),
    "many fields": ({"choice": "approve", "comment": "x", "by": "root"}, 400),
}


@pytest.mark.parametrize(("form", "status"), BAD_FORMS.values(), ids=BAD_FORMS)
async def test_what_is_no_answer_leaves_the_question_open(form, status):
    """And the link is good for a better one."""
    async with door() as (world, at):
        token = await at.link()
        assert (await at.open(token, "POST", **form))[0] == status
        assert world.status["phase"] == "Running"
        assert (await at.open(token, "POST", choice="approve"))[0] == 200


async def test_who_opens_links_without_end_is_slowed():
    """Before the operator hears of it."""
    async with door() as (world, at):
        at.links.rates.per_second, at.links.rates.burst = 0.0, 2
        token = a_link(world)
        codes = [(await at.open(token))[0] for _ in range(3)]
        assert codes == [200, 200, 429]


async def test_the_result_server_makes_no_link_without_a_permit():
    """Pods reach it as well: a link is no permit, and neither is a callback's token."""
    async with door() as (world, at):
        said = {name: it for name, it in ORDER.items() if name != "token"}
        for token in ("", a_token(), a_link(world)):
            status, answer = await at.links.results.bring(
                "/v1/approvals/make", token, {**said, "maker": "root"}
            )
            assert (status, answer["__type"]) == (400, "InvalidToken")


async def test_nothing_of_a_link_is_logged(caplog):
    """Neither the token nor what is answered, whatever becomes of the request."""
    caplog.set_level(logging.DEBUG, logger="asw")
    async with door() as (_, at):
        token = await at.link()
        await at.open(token)
        await at.open(token, "POST", choice="approve", comment="secret-comment")
    assert token not in caplog.text
    assert "secret-comment" not in caplog.text
