"""The connector as the process of a pod: what it says to the operator, and what its calls end in.

The operator and the services are of these tests, on the loopback; the process is the real one.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asw.connector.pod.shared import ASKING, MOST_EVENT_BYTES
from tests.functions.fake_operator import POLL_TOKEN, Cut, FakeOperator, Refusal, operating
from tests.functions.pods import Pod
from tests.functions.result_server import make_certificates
from tests.local.test_connector_bad_days import own_certificate
from tests.support import odd_service as odd
from tests.support.busy_operator import busy_operator
from tests.support.connector_pods import (
    KEY_ID,
    SECRET_KEY,
    connection,
    connector_pod,
    event,
    put_keys,
    usual_keys,
)

ITEM = {"output": {"Item": {"id": {"S": "1"}}}}


@pytest.fixture
def start(operator: FakeOperator, tmp_path: Path) -> Iterator[Callable[..., Pod]]:
    """Starts the process of a Connection to the endpoint, with keys to sign with."""
    usual_keys(tmp_path / "connection")
    running = []

    def start(endpoint: str, spec: Any = None, **variables: str) -> Pod:
        given = connection(endpoint, **(spec or {}))
        told = {"ASW_CONCURRENCY": "4", **operator.variables()}
        pod = connector_pod(tmp_path, told, given, **variables)
        running.append(pod)
        return pod.__enter__()

    yield start
    for pod in running:
        pod.__exit__(None, None, None)


@pytest.fixture
async def item() -> AsyncIterator[odd.OddService]:
    """A service that has the item that is asked for."""
    async with odd.odd_service(odd.item) as service:
        yield service


async def outcome(operator: FakeOperator, task_id: str, given: Any = None) -> Any:
    """What the task ends in."""
    operator.give(task_id, event(task_id) if given is None else given)
    return await asyncio.to_thread(operator.outcome, task_id)


async def test_a_call_is_made(operator: FakeOperator, start: Any, item: odd.OddService) -> None:
    """Hello comes first, with slots and the begin of the process; then the call's own result."""
    start(item.endpoint, ASW_CONCURRENCY="3")
    assert await outcome(operator, "uid-1") == ITEM

    hello = operator.of("hello")[0]
    assert (hello["pod"], hello["name"], hello["slots"]) == ("pod-uid-1", "sum-two-abcde", 3)
    assert re.fullmatch(r"[0-9a-f]{16}", hello["boot"])
    assert hello["startedAt"] > 1_700_000_000
    assert operator.requests[0].verb == "hello"
    assert {it.token for it in operator.requests} == {POLL_TOKEN}
    told = next(it for it in operator.of("next") if "outcome" in it)
    assert "holds" not in told, "it would grow with what is under way"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", told["startedAt"])
    assert json.loads(item.bodies[0]) == event("uid-1")["parameters"]


async def test_a_pod_has_64_slots_unless_told_otherwise(
    operator: FakeOperator, start: Any, item: odd.OddService
) -> None:
    """Calls wait for others most of the time."""
    start(item.endpoint, ASW_CONCURRENCY="")
    await outcome(operator, "uid-1")
    assert operator.of("hello")[0]["slots"] == 64


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (odd.never, "DynamoDb.ApiCallTimeoutException"),
        (odd.garbage, "DynamoDb.SdkClientException"),
        (odd.huge, "States.DataLimitExceeded"),
        (odd.huge_in_pieces, "States.DataLimitExceeded"),
        (odd.throttled, "DynamoDb.ThrottlingException"),
        (odd.hangs_up, "DynamoDb.SdkClientException"),
        (odd.elsewhere, "DynamoDb.DynamoDbException"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_bad_service_ends_calls_by_name(
    operator: FakeOperator, start: Any, behaviour: odd.Behaviour, error: str
) -> None:
    """As many calls as there are slots fail so, and then the slots serve others as before."""
    is_bad = True

    async def service(request: Any) -> Any:
        return await (behaviour(request) if is_bad else odd.item(request))

    async with odd.odd_service(service) as running:
        seconds = 5 if behaviour is odd.never else 60
        start(running.endpoint, {"timeoutSeconds": seconds})
        ids = [f"uid-{number}" for number in range(4)]
        ended = await asyncio.gather(*(outcome(operator, it) for it in ids))
        assert {it["error"] for it in ended} == {error}
        is_bad = False
        assert await outcome(operator, "uid-9") == ITEM


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        (None, "it is no JSON object"),
        ({"service": "s3"}, "action is missing"),
        ("x" * 300_000, "it is no JSON object"),
        (event("uid-1", service="no-such"), "AWS has no service no-such"),
        (event("uid-1", action="noSuch"), "has no action noSuch"),
        (event("uid-1", {"Nope": 1}), 'field "Nope" is not supported'),
        (event("uid-1", []), "must be"),
    ],
    ids=["null", "incomplete", "long", "service", "action", "parameter", "list"],
)
async def test_hostile_events_end_tasks_and_not_the_process(
    operator: FakeOperator, start: Any, item: odd.OddService, given: Any, cause: str
) -> None:
    """Whatever a state sends has a failure with a name; nothing goes to the service."""
    pod = start(item.endpoint, ASW_CONCURRENCY="1")
    operator.give("uid-1", given)
    told = await asyncio.to_thread(operator.outcome, "uid-1")
    assert told["error"] == "States.Runtime"
    assert cause in told["cause"]
    assert item.bodies == []
    assert await outcome(operator, "uid-2") == ITEM
    assert pod.process.poll() is None


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"service": '], ids=str.__len__)
async def test_an_event_that_is_no_json_is_a_failure(
    operator: FakeOperator, start: Any, item: odd.OddService, text: str
) -> None:
    """Nested without end or cut: it is told, and not quoted."""
    start(item.endpoint)
    operator.give_text("uid-1", text)
    told = await asyncio.to_thread(operator.outcome, "uid-1")
    assert told == {
        "error": "States.Runtime",
        "cause": "The event of the task is no call of a service: it is no JSON",
    }


@pytest.mark.parametrize(
    "task",
    [
        7,
        {},
        {"taskId": 1, "event": "{}"},
        {"taskId": "uid-1"},
        {"taskId": "uid-1", "event": {}},
        {"taskId": "uid-1", "event": "{}", "timeoutSeconds": "soon"},
        {"taskId": "uid-1", "event": "{}", "timeoutSeconds": -1},
    ],
    ids=str,
)
async def test_what_is_no_task_is_left_alone(
    operator: FakeOperator, start: Any, item: odd.OddService, task: Any
) -> None:
    """An operator of another version costs a line of the log."""
    pod = start(item.endpoint, ASW_CONCURRENCY="1")
    with operator.changed:
        operator.tasks.append(task)
    await asyncio.to_thread(
        operator.wait, lambda: "sent what is no task" in pod.notes(), "it was taken"
    )
    assert await outcome(operator, "uid-2") == ITEM


async def test_rotated_keys_sign_the_next_call(
    operator: FakeOperator, start: Any, tmp_path: Path
) -> None:
    """A call that is under way ends with its key; the next has the new one, without a restart."""
    signed: list[str] = []
    goes_on = asyncio.Event()

    async def service(request: Any) -> Any:
        signed.append(re.findall(r"Credential=([^/]+)", request.headers["Authorization"])[0])
        if len(signed) == 1:
            await goes_on.wait()
        return odd.answer(200, odd.ITEM)

    async with odd.odd_service(service) as running:
        start(running.endpoint)
        first = asyncio.create_task(outcome(operator, "uid-1"))
        await running.has_request.wait()
        keys = {"AWS_ACCESS_KEY_ID": "AKIDNEW", "AWS_SECRET_ACCESS_KEY": "another-secret"}
        put_keys(tmp_path / "connection" / "credentials", **keys)
        assert await outcome(operator, "uid-2") == ITEM
        goes_on.set()
        assert await first == ITEM
        assert await outcome(operator, "uid-3") == ITEM
    assert signed == [KEY_ID, "AKIDNEW", "AKIDNEW"]


async def test_hello_tells_what_is_missing_until_it_is_there(
    operator: FakeOperator, start: Any, item: odd.OddService, tmp_path: Path
) -> None:
    """The Secret and its key by name, without a call and without any value; then nothing."""
    files = tmp_path / "connection" / "credentials"
    put_keys(files, AWS_ACCESS_KEY_ID=KEY_ID)
    (files / "AWS_SECRET_ACCESS_KEY").unlink()
    start(item.endpoint)
    await asyncio.to_thread(operator.wait, lambda: operator.of("hello"), "no hello")
    (amiss,) = (it["amiss"] for it in operator.of("hello")[:1])
    assert amiss["error"] == "Asw.NoCredentials"
    assert "Secret lab-keys has no key AWS_SECRET_ACCESS_KEY" in amiss["cause"]
    assert KEY_ID not in amiss["cause"]
    put_keys(files, AWS_ACCESS_KEY_ID=KEY_ID, AWS_SECRET_ACCESS_KEY=SECRET_KEY)
    mended = "hello does not tell that the key is there"
    is_told = lambda: operator.of("hello")[-1]["amiss"] == {}  # noqa: E731  short
    await asyncio.to_thread(operator.wait, is_told, mended)


async def test_a_missing_key_fails_calls_until_it_is_there(
    operator: FakeOperator, start: Any, item: odd.OddService, tmp_path: Path
) -> None:
    """The failure names the Secret's key, and the pod goes on."""
    files = tmp_path / "connection" / "credentials"
    put_keys(files, AWS_ACCESS_KEY_ID=KEY_ID)
    (files / "AWS_SECRET_ACCESS_KEY").unlink()
    start(item.endpoint)
    told = await outcome(operator, "uid-1")
    assert told["error"] == "Asw.NoCredentials"
    assert "Secret lab-keys has no key AWS_SECRET_ACCESS_KEY" in told["cause"]
    put_keys(files, AWS_ACCESS_KEY_ID=KEY_ID, AWS_SECRET_ACCESS_KEY=SECRET_KEY)
    assert await outcome(operator, "uid-2") == ITEM


async def test_tls_is_checked_by_the_connections_certificates(
    operator: FakeOperator, start: Any, tmp_path: Path
) -> None:
    """A certificate of nobody is refused, in whatever state the file of trusted ones is."""
    (tmp_path / "own").mkdir()
    certificate, tls = own_certificate(tmp_path / "own")
    ca = {"ca": {"configMapKeyRef": {"name": "lab-ca", "key": "ca.crt"}}}
    async with odd.odd_service(odd.item, tls) as service:
        start(service.endpoint, ca)
        told = await outcome(operator, "uid-1")
        assert "ConfigMap lab-ca, key ca.crt: add it" in told["cause"]
        other, _ = make_certificates(tmp_path / "own")
        put_keys(tmp_path / "connection" / "ca", **{"ca.crt": other})
        told = await outcome(operator, "uid-2")
        assert told["error"] == "DynamoDb.SdkClientException"
        assert "is not trusted" in told["cause"]
        put_keys(tmp_path / "connection" / "ca", **{"ca.crt": certificate})
        assert await outcome(operator, "uid-3") == ITEM


async def test_500_calls_are_in_flight(certificates: tuple[str, Path], tmp_path: Path) -> None:
    """One process has them all, idle slots keep few connections, and each call has its own end."""
    in_flight: set[str] = set()
    all_there = asyncio.Event()

    async def service(request: Any) -> Any:
        key = json.loads(await request.read())["Key"]["id"]["S"]
        in_flight.add(key)
        if len(in_flight) == 500:
            all_there.set()
        await all_there.wait()
        return odd.answer(200, json.dumps({"Item": {"id": {"S": key}}}).encode())

    ca, certificate = certificates
    usual_keys(tmp_path / "connection")
    async with odd.odd_service(service) as running, busy_operator(ca, certificate) as operator:
        spec = connection(running.endpoint, timeoutSeconds=600)
        variables = {**operator.variables(), "ASW_CONCURRENCY": "512"}
        with connector_pod(tmp_path, variables, spec) as pod:
            calls = [
                operator.run(f"uid-{it}", event(f"uid-{it}", {"TableName": "t", "Key": _key(it)}))
                for it in range(500)
            ]
            ended = await asyncio.gather(*calls)
            assert ended == [{"output": {"Item": _key(it)}} for it in range(500)]
            pod.terminate()
            assert await asyncio.to_thread(pod.end) == 0
    assert operator.most_requests < 50, "the operator takes no more connections from one address"


async def test_large_events_are_taken_as_far_as_there_is_room(
    certificates: tuple[str, Path], tmp_path: Path
) -> None:
    """No more are asked for while those under way have 24 MiB; in the end all are made."""
    under_way, most, goes_on = 0, 0, asyncio.Event()
    enough = MOST_EVENT_BYTES // 250_000

    async def service(request: Any) -> Any:
        nonlocal under_way, most
        await request.read()
        under_way += 1
        most = max(most, under_way)
        if under_way >= enough:
            goes_on.set()
        await goes_on.wait()
        under_way -= 1
        return odd.answer(200, odd.ITEM)

    ca, certificate = certificates
    usual_keys(tmp_path / "connection")
    async with odd.odd_service(service) as running, busy_operator(ca, certificate) as operator:
        variables = {**operator.variables(), "ASW_CONCURRENCY": "512"}
        spec = connection(running.endpoint, timeoutSeconds=600)
        with connector_pod(tmp_path, variables, spec):
            text = {"TableName": "t", "Key": {"id": {"S": "x" * 250_000}}}
            calls = [operator.run(f"uid-{it}", event(f"uid-{it}", text)) for it in range(200)]
            assert await asyncio.gather(*calls) == [ITEM] * 200
    assert most <= enough + ASKING + 1


def _key(number: int) -> Any:
    return {"id": {"S": str(number)}}


async def test_a_drain_finishes_what_runs(operator: FakeOperator, start: Any) -> None:
    """After SIGTERM the call under way is finished and told, and nothing new is begun."""
    goes_on = asyncio.Event()

    async def service(_request: Any) -> Any:
        await goes_on.wait()
        return odd.answer(200, odd.ITEM)

    async with odd.odd_service(service) as running:
        pod = start(running.endpoint, ASW_CONCURRENCY="8")
        call = asyncio.create_task(outcome(operator, "uid-1"))
        await running.has_request.wait()
        pod.terminate()
        await asyncio.to_thread(operator.wait, lambda: operator.drained, "it did not part")
        draining = next(it for it in operator.of("hello") if it["draining"])
        assert draining["holds"] == ["uid-1"]
        operator.give("uid-2", event("uid-2"))
        goes_on.set()
        assert await call == ITEM
        assert await asyncio.to_thread(pod.end) == 0
        assert len(running.bodies) == 1
    assert "uid-2" not in operator.outcomes


async def test_an_idle_pod_ends_at_once(
    operator: FakeOperator, start: Any, item: odd.OddService
) -> None:
    """Waiting requests are broken off; the operator has heard the last hello."""
    operator.hold = 30
    pod = start(item.endpoint)
    await outcome(operator, "uid-1")
    pod.terminate()
    assert await asyncio.to_thread(pod.end) == 0
    assert operator.drained


async def test_a_cancelled_call_ends_without_an_outcome(operator: FakeOperator, start: Any) -> None:
    """The request of a run that was stopped is hung up on, and its slot serves the next."""
    is_silent = True

    async def service(request: Any) -> Any:
        return await (odd.never(request) if is_silent else odd.item(request))

    async with odd.odd_service(service) as running:
        start(running.endpoint, ASW_CONCURRENCY="1")
        operator.give("uid-1", event("uid-1"))
        await running.has_request.wait()
        is_silent = False
        operator.cancel("uid-1", "uid-of-nobody")
        assert await outcome(operator, "uid-2") == ITEM
        is_gone = lambda: "uid-1" not in operator.of("hello")[-1]["holds"]  # noqa: E731 -- short
        await asyncio.to_thread(operator.wait, is_gone, "it is still held")
    assert "uid-1" not in operator.outcomes


async def test_a_task_has_its_own_time(operator: FakeOperator, start: Any) -> None:
    """Where the operator gives it one; the call is given up then."""
    async with odd.odd_service(odd.never) as running:
        start(running.endpoint)
        operator.give("uid-1", event("uid-1"), timeoutSeconds=0.3)
        told = await asyncio.to_thread(operator.outcome, "uid-1")
    assert told["error"] == "Sandbox.Timedout"
    assert "Task timed out after 0.30 seconds" in told["cause"]


async def test_a_task_is_run_once(operator: FakeOperator, start: Any, item: odd.OddService) -> None:
    """One that comes again is answered, and makes no second call."""
    start(item.endpoint, ASW_CONCURRENCY="1")
    assert await outcome(operator, "uid-1") == ITEM
    operator.give("uid-1", event("uid-1"))
    await asyncio.to_thread(
        operator.wait, lambda: len(operator.outcomes["uid-1"]) == 2, "it was not answered"
    )
    assert operator.outcomes["uid-1"][1]["error"] == "Asw.ResultLost"
    assert len(item.bodies) == 1


@pytest.mark.parametrize("at", ["unread", "unheard", "unsaid", "middle"])
async def test_a_cut_connection_costs_no_outcome(
    operator: FakeOperator, start: Any, item: odd.OddService, at: str
) -> None:
    """Wherever it is cut, every call is made once and every outcome arrives."""
    start(item.endpoint, ASW_CONCURRENCY="2")
    assert await outcome(operator, "uid-0") == ITEM
    for number in range(1, 4):
        operator.befall("hello", Cut(at))
        operator.befall("next", None, Cut(at))
        task_id = f"uid-{number}"
        operator.give(task_id, event(task_id))
        for _ in range(100):  # a task whose answer was cut is given again, as the operator does
            if task_id in operator.outcomes:
                break
            await asyncio.sleep(0.1)
            with operator.changed:
                if task_id in operator.lost:
                    operator.lost.discard(task_id)
                    operator.give(task_id, event(task_id))
        assert operator.outcomes[task_id][0] == ITEM
    assert len(item.bodies) == 4


@pytest.mark.parametrize(
    ("verdict", "error"), [(400, "Asw.InvalidResult"), (413, "States.DataLimitExceeded")]
)
async def test_a_refused_outcome_is_replaced(
    operator: FakeOperator, start: Any, item: odd.OddService, verdict: int, error: str
) -> None:
    """The state is told why, and the slot goes on."""
    operator.verdicts.append((verdict, "it has no name"))
    start(item.endpoint)
    assert (await outcome(operator, "uid-1"))["error"] == error


@pytest.mark.parametrize(("status", "code"), [(401, 1), (403, 1), (410, 0)])
async def test_a_refused_pod_ends(
    operator: FakeOperator, start: Any, item: odd.OddService, status: int, code: int
) -> None:
    """With a token that is not good any more by 1, of a retired revision by 0."""
    operator.befall("next", *[Refusal(status)] * 3)
    pod = start(item.endpoint)
    assert await asyncio.to_thread(pod.end) == code


async def test_another_replica_is_asked(
    operator: FakeOperator, start: Any, item: odd.OddService, certificates: tuple[str, Path]
) -> None:
    """Whoever holds the pool is found by the answer of who does not."""
    ca, certificate = certificates
    with operating(certificate, ca) as holder:
        operator.befall("hello", *[Refusal(421, {"holder": holder.url})] * 3)
        operator.befall("next", *[Refusal(421, {"holder": holder.url})] * 100)
        start(item.endpoint)
        assert await outcome(holder, "uid-1") == ITEM


async def test_nobody_else_gets_the_token(
    operator: FakeOperator, start: Any, item: odd.OddService, tmp_path: Path
) -> None:
    """A server that our authority does not vouch for, and one that no https leads to."""
    (tmp_path / "other").mkdir()
    ca, certificate = make_certificates(tmp_path / "other")
    with operating(certificate, ca) as impostor:
        operator.befall("hello", Refusal(421, {"holder": impostor.url}))
        operator.befall("hello", Refusal(421, {"holder": item.endpoint}))
        start(item.endpoint)
        assert await outcome(operator, "uid-1") == ITEM
        assert impostor.requests == []
    assert len(item.bodies) == 1


async def test_secrets_are_in_no_output(operator: FakeOperator, start: Any) -> None:
    """Neither logs nor reports nor the service hold a key, the token, or a payload."""
    parameters = {"TableName": "t", "Key": {"id": {"S": "payload-of-a-user"}}}
    answers = iter([odd.throttled, odd.garbage, odd.hangs_up, odd.item])

    async def service(request: Any) -> Any:
        return await next(answers)(request)

    async with odd.odd_service(service) as running:
        pod = start(running.endpoint, ASW_CONCURRENCY="1")
        for number in range(4):
            given = event(f"uid-{number}", parameters)
            await outcome(operator, f"uid-{number}", given)
        operator.give_text("uid-4", '{"payload-of-a-user": ')
        await asyncio.to_thread(operator.outcome, "uid-4")
        pod.terminate()
        assert await asyncio.to_thread(pod.end) == 0
    logged = pod.log() + pod.notes()
    assert "START uid-0 Add\nEND uid-0\n" in logged
    told = b"".join(it.raw for it in operator.requests).decode()
    for secret in (SECRET_KEY, POLL_TOKEN, "payload-of-a-user"):
        assert secret not in logged
        assert secret not in told
    assert all(SECRET_KEY.encode() not in it for it in running.bodies)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"ASW_POLL_TOKEN": "", "ASW_CA": ""}, "the connector needs ASW_POLL_TOKEN, ASW_CA"),
        ({"ASW_POLL_URL": "http://127.0.0.1:1"}, "ASW_POLL_URL is not https://ADDRESS:PORT"),
        ({"ASW_CONCURRENCY": "513"}, "ASW_CONCURRENCY is not a number from 1 to 512"),
        ({"ASW_CONCURRENCY": "many"}, "ASW_CONCURRENCY is not a number"),
        ({"ASW_CA": "x"}, "ASW_CA holds no certificates in PEM"),
    ],
)
def test_a_pod_that_is_set_up_wrongly_says_so(
    operator: FakeOperator, tmp_path: Path, variables: dict[str, str], told: str
) -> None:
    """It ends with 2, and names the variable and no value."""
    given = {**operator.variables(), **variables}
    with connector_pod(tmp_path, given, connection("http://lab")) as pod:
        assert pod.end() == 2
        assert told in pod.notes()
        assert POLL_TOKEN not in pod.notes()


async def test_the_sample_of_the_contract_is_a_connector(
    operator: FakeOperator, tmp_path: Path
) -> None:
    """What docs/reference/connector-contract.md shows runs as it stands there."""
    page = Path(__file__).parents[2] / "docs/reference/connector-contract.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    (tmp_path / "sample.py").write_text(code)
    command = [sys.executable, str(tmp_path / "sample.py")]
    sum_ = event("uid-1", {"Numbers": [1, 2, 3]}, service="sums", action="add")
    environment = {"PATH": "/usr/bin", **operator.variables()}
    with subprocess.Popen(command, env=environment) as process:  # noqa: ASYNC220  it forks, no more
        try:
            assert await outcome(operator, "uid-1", sum_) == {"output": 6}
            told = await outcome(operator, "uid-2")
            assert told == {"error": "States.Runtime", "cause": "no action dynamodb:getItem"}
            process.terminate()
            assert await asyncio.to_thread(process.wait, 60) == 0
        finally:
            process.kill()
