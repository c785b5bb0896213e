"""What a warm pod promises (docs/reference/warm-contract.md), in whatever its parent is written."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.functions.fake_operator import POLL_TOKEN, Cut, FakeOperator, Refusal, operating
from tests.functions.pods import ECHO, Pods, handler, nodejs_handler, resident
from tests.functions.result_server import RESOLVABLE_NAME, make_certificates
from tests.functions.tasks import Code

in_each_language = pytest.mark.parametrize("parent", ["python3", "go", "nodejs"], indirect=True)
"""What the runtime in the child has a part in; the rest is the parent's alone."""
TOO_LARGE = "The state/task 'Add' returned a result with a size exceeding"


@in_each_language
def test_a_pod_says_hello_before_it_asks(operator: FakeOperator, pods: Pods) -> None:
    """The operator knows pod, boot and slots of whoever asks, and its token."""
    operator.befall("hello", Refusal(500), Refusal(503, retry_after="0"))
    pods.start(operator, ECHO, ASW_CONCURRENCY="2")
    operator.wait(lambda: len({it["slot"] for it in _asked(operator)}) == 2, "not two slots asked")

    assert [it.verb for it in operator.requests[:3]] == ["hello"] * 3
    hello = operator.of("hello")[0]
    assert hello["pod"] == "pod-uid-1"
    assert hello["name"] == "sum-two-abcde"
    assert hello["slots"] == 2
    assert hello["holds"] == []
    assert hello["draining"] is False
    assert len(bytes.fromhex(hello["boot"])) == 8
    assert {(it.content["pod"], it.content["boot"]) for it in operator.requests} == {
        ("pod-uid-1", hello["boot"])
    }
    assert {it.token for it in operator.requests} == {POLL_TOKEN}
    assert len({it.connection for it in operator.requests if it.verb == "next"}) == 2


@in_each_language
def test_an_outcome_comes_with_the_question_for_the_next_task(
    operator: FakeOperator, pods: Pods
) -> None:
    """One request says how a task ended and brings the next, on one connection."""
    pods.start(operator, ECHO)
    for number in range(20):
        operator.give(f"uid-{number}", number)
    assert [operator.outcome(f"uid-{number}") for number in range(20)] == [
        {"output": number} for number in range(20)
    ]

    answered = [it for it in operator.requests if it.verb == "next" and "outcome" in it.content]
    assert len(answered) == 20
    assert len({it.connection for it in answered}) == 1
    assert answered[3].content["holds"] == ["uid-3"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", answered[3].content["startedAt"])


def test_numbers_stay_as_they_were_written(operator: FakeOperator, pods: Pods) -> None:
    """Neither event nor outcome is read and written again on the way."""
    pods.start(operator, handler("return json.dumps(event).replace(' ', '').encode()"))
    operator.give_text(
        "uid-1", '[1.0, 123456789012345678901234567890, 1e3, "\\ud83d \\u0000 \U0001f600"]'
    )
    operator.outcome("uid-1")

    raw = next(it.raw for it in operator.requests if b'"output"' in it.raw)
    assert b'{"output":[1.0,123456789012345678901234567890,1000.0,' in raw


@in_each_language
def test_a_task_brings_its_variables_and_its_timeout(operator: FakeOperator, pods: Pods) -> None:
    """They hold for this task; the next has the function's own again."""
    names = "['ASW_STATE', 'ASW_TASK_ID', 'ASW_TIMEOUT_SECONDS']"
    code = Code(
        python=handler(f"return [os.environ.get(it) for it in {names}]"),
        nodejs=nodejs_handler(f"return {names}.map((it) => process.env[it]);"),
    )
    pods.start(operator, code, ASW_TIMEOUT_SECONDS="9")
    operator.give("uid-1", environment={"ASW_STATE": "Pay"}, timeoutSeconds=2.5)
    operator.give("uid-2", environment={"ASW_STATE": "Ship"})

    assert operator.outcome("uid-1") == {"output": ["Pay", "uid-1", "2.5"]}
    assert operator.outcome("uid-2") == {"output": ["Ship", "uid-2", "9"]}


@in_each_language
def test_code_is_loaded_before_the_first_task(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """A child starts with the pod, and serves one task after the other."""
    mark = tmp_path / "loaded"
    code = Code(
        python=handler("count.append(1)\nreturn len(count)", f"leave({str(mark)!r})\ncount = []"),
        nodejs=nodejs_handler("return (count += 1);", f"leave({str(mark)!r});\nlet count = 0;"),
    )
    pods.start(operator, code)
    operator.wait(lambda: len(_asked(operator)) > 1 and mark.exists(), "nothing was loaded")
    operator.give("uid-1")
    operator.give("uid-2")

    assert operator.outcome("uid-1") == {"output": 1}
    assert operator.outcome("uid-2") == {"output": 2}
    assert mark.read_text() == "x"


@pytest.mark.parametrize("parent", ["nodejs"], indirect=True)
def test_an_es_module_that_failed_is_loaded_again(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """What was missing once does not fail all calls of a pod that stays."""
    mark = str(tmp_path / "loaded")
    code = (
        "import fs from 'node:fs';\n"
        f"if (!fs.existsSync({mark!r})) {{\n"
        f"  fs.writeFileSync({mark!r}, '');\n  throw new Error('not yet');\n}}\n"
        "export const main_handler = async () => 'there';"
    )
    pods.start(operator, {"index.mjs": code})
    operator.give("uid-1")
    assert operator.outcome("uid-1")["error"] == "Error"
    operator.give("uid-2")

    assert operator.outcome("uid-2") == {"output": "there"}


@pytest.mark.parametrize("at", ["unread", "unheard", "unsaid", "middle"])
@in_each_language
def test_a_cut_connection_costs_no_outcome(
    operator: FakeOperator, pods: Pods, tmp_path: Path, at: str
) -> None:
    """Wherever it is cut: every effect happens once, and every outcome arrives."""
    effects = tmp_path / "effects"
    code = Code(
        python=handler(f"leave({str(effects)!r}, f'{{event}} ')\nreturn event"),
        nodejs=nodejs_handler(f"leave({str(effects)!r}, `${{event}} `);\nreturn event;"),
    )
    pods.start(operator, code)
    operator.outcomes["warmed up"] = []
    operator.give("uid-0", 0)
    operator.outcome("uid-0")
    for number in range(1, 6):
        operator.befall("next", Cut(at), None, Cut(at), Cut(at))
        operator.befall("hello", Cut(at))
        _give_until_taken(operator, f"uid-{number}", number)

    assert effects.read_text().split() == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("status", [400, 404, 408, 429, 500, 502, 503])
def test_an_outcome_is_offered_until_it_is_taken(
    operator: FakeOperator, pods: Pods, status: int
) -> None:
    """Only a 200 says what has become of it."""
    pods.start(operator, handler("return 'done'"))
    operator.give("uid-1")
    operator.wait(lambda: not operator.tasks, "the task was not taken")
    operator.befall("next", *[Refusal(status, retry_after="0")] * 4)

    assert operator.outcome("uid-1") == {"output": "done"}
    assert all(it["holds"] == ["uid-1"] for it in _asked(operator) if "outcome" in it)


def test_an_outcome_that_nobody_takes_is_given_up(operator: FakeOperator, pods: Pods) -> None:
    """After ASW_RESULT_WAIT the slot is free again, and the log says so."""
    pod = pods.start(operator, ECHO, ASW_RESULT_WAIT="0.3")
    operator.give("uid-1", 1)
    operator.wait(lambda: not operator.tasks, "the task was not taken")
    operator.befall("next", *[Refusal(500)] * 6)
    operator.wait(lambda: _asked(operator) and _asked(operator)[-1]["holds"] == [], "still held")
    operator.faults.clear()
    operator.give("uid-2", 2)

    assert operator.outcome("uid-2") == {"output": 2}
    if "uid-1" not in operator.outcomes:
        assert "uid-1: its outcome could not be delivered" in pod.notes()


@pytest.mark.parametrize(
    ("verdict", "error", "words"),
    [
        (400, "Asw.InvalidResult", "The engine refused the outcome: too odd"),
        (
            413,
            "States.DataLimitExceeded",
            f"{TOO_LARGE} the maximum number of bytes service limit.",
        ),
    ],
)
def test_a_refused_outcome_becomes_a_failure(
    operator: FakeOperator, pods: Pods, verdict: int, error: str, words: str
) -> None:
    """As after a POST to the result server; and what is refused again is given up."""
    operator.verdicts = [(verdict, "too odd"), (200, ""), (verdict, ""), (verdict, "")]
    pods.start(operator, ECHO)
    operator.give("uid-1", 1)
    assert operator.outcome("uid-1") == {"error": error, "cause": words}

    operator.give("uid-2", 2)
    operator.give("uid-3", 3)
    assert operator.outcome("uid-3") == {"output": 3}
    assert "uid-2" not in operator.outcomes


@pytest.mark.parametrize("verdict", [200, 409])
def test_an_outcome_is_acknowledged_whether_awaited_or_not(
    operator: FakeOperator, pods: Pods, verdict: int
) -> None:
    """It is told once, and not held any more."""
    operator.verdicts = [(verdict, "")]
    pods.start(operator, ECHO)
    operator.give("uid-1", 1)
    operator.outcome("uid-1")
    operator.wait(lambda: _asked(operator)[-1]["holds"] == [], "it is still held")

    assert operator.outcomes["uid-1"] == [{"output": 1}]


@in_each_language
def test_a_task_that_runs_here_is_not_started_again(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """The same id given to another slot is left alone; the slot asks on."""
    effects, gate = tmp_path / "effects", tmp_path / "gate"
    code = Code(
        python=handler(
            f"leave({str(effects)!r})\n"
            f"while event and not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
            "return event"
        ),
        nodejs=nodejs_handler(
            f"leave({str(effects)!r});\n"
            f"while (event && !fs.existsSync({str(gate)!r})) await sleep(0.01);\n"
            "return event;"
        ),
    )
    pod = pods.start(operator, code, ASW_CONCURRENCY="2")
    operator.give("uid-1", 1)
    operator.wait(lambda: not operator.tasks, "the task was not taken")
    operator.give("uid-1", 1)
    operator.wait(lambda: not operator.tasks, "the task was not taken twice")
    operator.give("uid-2", 0)
    assert operator.outcome("uid-2") == {"output": 0}
    gate.touch()

    assert operator.outcome("uid-1") == {"output": 1}
    assert effects.read_text() == "xx"
    assert "uid-1: not taken: held" in pod.notes()


@in_each_language
def test_a_task_that_has_run_here_is_not_started_again(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """Its outcome was handed over and is here no more: so says the answer."""
    effects = tmp_path / "effects"
    code = Code(
        python=handler(f"leave({str(effects)!r})\nreturn 1"),
        nodejs=nodejs_handler(f"leave({str(effects)!r});\nreturn 1;"),
    )
    pods.start(operator, code)
    for _ in range(3):
        operator.give("uid-1")
    operator.wait(lambda: len(operator.outcomes.get("uid-1", ())) == 3, "not three outcomes")

    assert [it.get("error") for it in operator.outcomes["uid-1"]] == [
        None,
        "Asw.ResultLost",
        "Asw.ResultLost",
    ]
    assert effects.read_text() == "x"


@in_each_language
def test_a_cancelled_task_ends_without_an_outcome(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """With all that it started; its slot goes on with a fresh child, its neighbour untouched."""
    ticks = tmp_path / "ticks"
    script = f"(while :; do echo >> {ticks}; sleep 0.02; done) & sleep 100"
    code = Code(
        python=handler(
            f"if event == 'hang': os.system({script!r})\n"
            "count.append(1)\nreturn [event, len(count)]",
            "count = []",
        ),
        nodejs=nodejs_handler(
            "if (event === 'hang')\n"
            f"  require('node:child_process').execSync({script!r});\n"
            "return [event, (count += 1)];",
            "let count = 0;",
        ),
    )
    pods.start(operator, code, ASW_CONCURRENCY="2")
    operator.give("uid-1", "hang")
    operator.wait(lambda: not operator.tasks, "the task was not taken")
    operator.give("uid-2", "a")
    assert operator.outcome("uid-2") == {"output": ["a", 1]}
    operator.wait(ticks.exists, "it has started nothing")
    operator.cancel("uid-1", "uid-of-nobody")
    operator.wait(lambda: _asked(operator)[-1]["holds"] == [], "it is still held")
    for number in range(3, 9):
        operator.give(f"uid-{number}", "b")
        operator.outcome(f"uid-{number}")

    counted = ticks.stat().st_size
    operator.give("uid-9", "c")
    operator.outcome("uid-9")
    assert ticks.stat().st_size == counted
    assert "uid-1" not in operator.outcomes
    assert not any(_told(it) == "uid-1" for it in _asked(operator))
    assert max(operator.outcome(f"uid-{number}")["output"][1] for number in range(2, 10)) >= 4


def test_another_holder_is_asked_from_now_on(
    operator: FakeOperator, pods: Pods, certificates: tuple[str, Path]
) -> None:
    """421 names it; where it cannot be reached, the way leads back."""
    ca, certificate = certificates
    pods.start(operator, ECHO)
    with operating(certificate, ca) as holder:
        operator.give("uid-1", 1)
        operator.outcome("uid-1")
        operator.befall("next", Refusal(421, {"holder": holder.url}))
        holder.give("uid-2", 2)
        assert holder.outcome("uid-2") == {"output": 2}
        holder.wait(lambda: holder.of("hello"), "no hello there")
    operator.give("uid-3", 3)

    assert operator.outcome("uid-3") == {"output": 3}


@pytest.mark.parametrize("holder", ["http://127.0.0.1:1", "nowhere", "", None, 7, "https://x:y"])
def test_a_holder_that_is_no_address_is_not_followed(
    operator: FakeOperator, pods: Pods, holder: Any
) -> None:
    """The pod stays with whom it knows."""
    pods.start(operator, ECHO)
    operator.befall("next", Refusal(421, {"holder": holder}))
    operator.give("uid-1", 1)

    assert operator.outcome("uid-1") == {"output": 1}


def test_a_stranger_gets_nothing(
    operator: FakeOperator, pods: Pods, tmp_path: Path, certificates: tuple[str, Path]
) -> None:
    """Neither token nor hello go to whom the CA has not signed."""
    (tmp_path / "stranger").mkdir()
    _, certificate = make_certificates(tmp_path / "stranger")
    with operating(certificate, certificates[0]) as stranger:
        operator.befall("next", Refusal(421, {"holder": stranger.url}))
        operator.give("uid-1", 1)
        pods.start(operator, ECHO)
        assert operator.outcome("uid-1") == {"output": 1}
        assert stranger.requests == []


def test_an_operator_that_moved_is_found_by_its_name(operator: FakeOperator, pods: Pods) -> None:
    """The address that the pod was told may be another one's by now."""
    moved = operator.url.replace("127.0.0.1", "127.0.0.2")
    pods.start(operator, ECHO, ASW_POLL_URL=moved, ASW_SERVER_NAME=RESOLVABLE_NAME)
    operator.give("uid-1", 1)

    assert operator.outcome("uid-1") == {"output": 1}


@in_each_language
def test_a_new_operator_is_told_what_runs_and_how_it_ended(
    pods: Pods, certificates: tuple[str, Path], tmp_path: Path
) -> None:
    """The process behind the address is another one when the task ends."""
    ca, certificate = certificates
    gate = tmp_path / "gate"
    code = until_there(gate)
    with operating(certificate, ca) as old:
        pod = pods.start(old, code)
        old.give("uid-1", 1)
        pod.wait_for_log("START uid-1")
    with operating(certificate, ca, port=old.port) as new:
        new.wait(lambda: new.of("hello"), "no hello")
        assert new.of("hello")[0]["holds"] == ["uid-1"]
        assert new.of("hello")[0]["boot"] == old.of("hello")[0]["boot"]
        gate.touch()
        assert new.outcome("uid-1") == {"output": 1}


def test_what_is_said_again_is_said_as_it_is_by_then(operator: FakeOperator, pods: Pods) -> None:
    """A hello that was cut off while it waited is not repeated word for word."""
    operator.hold = 2.0
    operator.befall("hello", None, Cut("unsaid"))
    pod = pods.start(operator, handler("time.sleep(100)"))
    operator.wait(lambda: len(operator.of("hello")) == 2, "no second hello")
    operator.give("uid-1", 1)
    pod.wait_for_log("START uid-1")
    operator.wait(lambda: len(operator.of("hello")) == 3, "no third hello")

    assert [it["holds"] for it in operator.of("hello")] == [[], [], ["uid-1"]]


def test_slow_answers_are_answers(operator: FakeOperator, pods: Pods) -> None:
    """They come byte by byte, and count."""
    pods.start(operator, ECHO)
    operator.befall("hello", "slow")
    operator.befall("next", *["slow"] * 20)
    operator.give("uid-1", "x" * 200)

    assert operator.outcome("uid-1") == {"output": "x" * 200}


@in_each_language
def test_heartbeats_are_passed_on(operator: FakeOperator, pods: Pods) -> None:
    """With the task's id, on a connection that no outcome waits for; once a second at most."""
    code = Code(
        python=handler(
            "for _ in range(1000): heartbeat()\nreturn 1", "from asw_runtime import heartbeat"
        ),
        nodejs=nodejs_handler("for (let n = 0; n < 1000; n += 1) context.heartbeat();\nreturn 1;"),
    )
    operator.befall("heartbeat", Refusal(500), Cut("unsaid"))
    pods.start(operator, code)
    operator.give("uid-1")
    operator.give("uid-2")
    operator.give("uid-3")
    operator.outcome("uid-3")
    operator.wait(lambda: operator.of("heartbeat"), "no heartbeat")

    beats = [it["taskId"] for it in operator.of("heartbeat")]
    assert set(beats) <= {"uid-1", "uid-2", "uid-3"}
    assert len(set(operator.of("heartbeat")[0]) & {"pod", "boot"}) == 2


CHILD = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    heartbeat = {"heartbeat": True, "taskId": request["taskId"]}
    print(json.dumps(heartbeat, indent=None), flush=True)
    answer = {"by": "me", "outcome": {"output": json.loads(request["event"])}, **heartbeat}
    print(" ", json.dumps(answer, separators=(" , ", " : ")), flush=True)
"""


def test_a_child_may_be_any_command(operator: FakeOperator, pods: Pods) -> None:
    """It speaks the protocol of warm runtimes, in whatever order and with whatever spaces."""
    pods.start(operator, "", child=["python3", "-S", "-c", CHILD])
    operator.give("uid-1", {"a": 1.5})

    assert operator.outcome("uid-1") == {"output": {"a": 1.5}}
    operator.wait(lambda: operator.of("heartbeat"), "no heartbeat")


@in_each_language
def test_a_parent_leaves_the_memory_to_the_function(operator: FakeOperator, pods: Pods) -> None:
    """It has less than 25 MiB in memory, shared pages included, after a thousand calls."""
    pod = pods.start(operator, ECHO)
    for number in range(1000):
        operator.give(f"uid-{number}", "x" * 1000)
    operator.outcome("uid-999")

    assert resident(pod.process.pid, "VmRSS") < 25 * 1024 * 1024


LAST = """
import json, os, sys
for line in sys.stdin:
    request = json.loads(line)
    outcome = {"output": os.getpid()}
    answer = {"taskId": request["taskId"], "outcome": outcome, "last": True}
    print(json.dumps(answer, separators=(",", ":")), flush=True)
"""


def test_a_child_that_takes_its_leave_is_asked_no_more(operator: FakeOperator, pods: Pods) -> None:
    """It is about to end: what it was given then would have begun as far as anybody can tell."""
    pods.start(operator, "", child=["python3", "-S", "-c", LAST])
    for number in range(3):
        operator.give(f"uid-{number}")
    pids = {operator.outcome(f"uid-{number}")["output"] for number in range(3)}

    assert len(pids) == 3


@in_each_language
def test_a_child_is_replaced_after_its_calls(operator: FakeOperator, pods: Pods) -> None:
    """ASW_MAX_CALLS bounds what leaks."""
    code = Code(python=handler("return os.getpid()"), nodejs=nodejs_handler("return process.pid;"))
    pods.start(operator, code, ASW_MAX_CALLS="2")
    for number in range(6):
        operator.give(f"uid-{number}")
    pids = [operator.outcome(f"uid-{number}")["output"] for number in range(6)]

    assert len(set(pids)) == 3
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4] == pids[5]


# -- the end ------------------------------------------------------------------------------------


@in_each_language
def test_a_pod_that_ends_finishes_what_runs(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """It says goodbye with what it holds, takes nothing more, delivers, and exits with 0."""
    gate = tmp_path / "gate"
    code = until_there(gate)
    pod = pods.start(operator, code, ASW_CONCURRENCY="2")
    operator.give("uid-1", 1)
    pod.wait_for_log("START uid-1")
    pod.terminate()
    operator.wait(lambda: operator.of("hello")[-1]["draining"], "no goodbye")
    assert operator.of("hello")[-1]["holds"] == ["uid-1"]
    operator.give("uid-2", 2)
    pod.terminate()
    gate.touch()

    assert pod.end() == 0
    assert operator.outcome("uid-1") == {"output": 1}
    assert "uid-2" not in operator.outcomes
    assert [it["draining"] for it in _asked(operator) if "outcome" in it] == [True]


@in_each_language
def test_a_pod_that_ends_says_so_to_each_operator(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """While it has something to deliver it says goodbye again: who took over did not hear it."""
    gate = tmp_path / "gate"
    pod = pods.start(operator, until_there(gate))
    operator.give("uid-1", 1)
    pod.wait_for_log("START uid-1")
    pod.terminate()
    goodbyes = lambda: [it["holds"] for it in operator.of("hello") if it["draining"]]  # noqa: E731 -- short
    operator.wait(lambda: len(goodbyes()) > 2, "it said goodbye once")
    assert goodbyes()[:3] == [["uid-1"]] * 3
    gate.touch()

    assert pod.end() == 0
    assert operator.outcome("uid-1") == {"output": 1}


@in_each_language
def test_an_idle_pod_ends_at_once(operator: FakeOperator, pods: Pods) -> None:
    """The operator hears of it, although it has let it wait."""
    operator.hold = 1000.0
    pod = pods.start(operator, ECHO, ASW_CONCURRENCY="3")
    operator.wait(lambda: len(operator.of("next")) == 3 and len(operator.of("hello")) > 1, "?")
    pod.terminate()

    assert pod.end() == 0
    goodbye = operator.of("hello")[-1]
    assert goodbye["draining"] is True
    assert goodbye["holds"] == []


def test_a_task_that_arrives_after_the_goodbye_is_not_run(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """The operator was told that it is not here, and may have started it elsewhere."""
    effects = tmp_path / "effects"
    sent: list[str] = []

    def send_late(content: Any) -> dict[str, Any] | None:
        operator.changed.wait_for(lambda: operator.drained, 60)
        if "outcome" in content or content["draining"]:
            return None
        sent.append("uid-1")
        return {"task": {"taskId": "uid-1", "event": "1"}}

    operator.on_next = send_late
    pod = pods.start(operator, handler(f"leave({str(effects)!r})"))
    operator.wait(lambda: len(operator.of("next")) == 1, "it did not ask")
    pod.terminate()

    assert pod.end() == 0
    operator.wait(lambda: sent, "it was not sent")
    assert not effects.exists()


def test_a_pod_ends_without_an_operator(pods: Pods, certificates: tuple[str, Path]) -> None:
    """Nobody answers, nothing is to be delivered: there is nothing to wait for."""
    ca, certificate = certificates
    with operating(certificate, ca) as operator:
        pod = pods.start(operator, ECHO)
        operator.wait(lambda: operator.of("next"), "it did not ask")
    pod.terminate()

    assert pod.end() == 0


@pytest.mark.parametrize(("status", "exit_code"), [(401, 1), (403, 1), (410, 0)])
@pytest.mark.parametrize("verb", ["hello", "next"])
def test_a_pod_that_is_not_wanted_ends(
    operator: FakeOperator, pods: Pods, status: int, exit_code: int, verb: str
) -> None:
    """Its token is not valid any more, or its revision is retired: the exit code says which."""
    operator.befall(verb, *[Refusal(status)] * 1000)
    pod = pods.start(operator, ECHO)

    assert pod.end() == exit_code


def test_a_retired_pod_delivers_first(operator: FakeOperator, pods: Pods, tmp_path: Path) -> None:
    """What runs is finished, and its outcome accepted."""
    gate = tmp_path / "gate"
    code = until_there(gate)
    pod = pods.start(operator, code)
    operator.give("uid-1", 1)
    pod.wait_for_log("START uid-1")
    operator.befall("hello", *[Refusal(410)] * 1000)
    operator.cancel("uid-of-nobody")
    operator.wait(lambda: "retired" in pod.notes(), "it did not hear")
    gate.touch()

    assert operator.outcome("uid-1") == {"output": 1}
    assert pod.end() == 0


# -- the log ------------------------------------------------------------------------------------


@in_each_language
def test_the_log_is_framed_by_tasks(operator: FakeOperator, pods: Pods) -> None:
    """All that a task prints stands between its START and its END, line by line."""
    code = Code(
        python=handler("print('hello', event)\nprint('no end', end='')\nreturn 1"),
        nodejs=nodejs_handler(
            "console.log('hello', event);\nprocess.stdout.write('no end');\nreturn 1;"
        ),
    )
    pod = pods.start(operator, code)
    operator.give("uid-1", 1)
    operator.give("uid-2", 2)
    operator.outcome("uid-2")

    assert pod.log().splitlines() == [
        *("START uid-1 Add", "hello 1", "no end", "END uid-1"),
        *("START uid-2 Add", "hello 2", "no end", "END uid-2"),
    ]


@in_each_language
def test_with_several_slots_each_line_names_its_task(operator: FakeOperator, pods: Pods) -> None:
    """Lines of neighbours may stand between; none is torn."""
    code = Code(
        python=handler("for n in range(200): print('line', n, 'x' * 300)\nreturn 1"),
        nodejs=nodejs_handler(
            "for (let n = 0; n < 200; n += 1) console.log('line', n, 'x'.repeat(300));\nreturn 1;"
        ),
    )
    pod = pods.start(operator, code, ASW_CONCURRENCY="3")
    for number in range(6):
        operator.give(f"uid-{number}")
    for number in range(6):
        operator.outcome(f"uid-{number}")

    lines = pod.log().splitlines()
    for number in range(6):
        own = [it for it in lines if it.startswith(f"uid-{number} ")]
        assert own == [f"uid-{number} line {n} {'x' * 300}" for n in range(200)]
        start, end = lines.index(f"START uid-{number} Add"), lines.index(f"END uid-{number}")
        places = [at for at, it in enumerate(lines) if it.startswith(f"uid-{number} ")]
        assert start < min(places)
        assert max(places) < end


@in_each_language
def test_a_long_line_is_cut_between_characters(operator: FakeOperator, pods: Pods) -> None:
    """Nothing of it is lost, and nobody's memory grows by it."""
    code = Code(
        python=handler("print('x' + '没' * 100_000)\nreturn 1"),
        nodejs=nodejs_handler("console.log('x' + '没'.repeat(100_000));\nreturn 1;"),
    )
    pod = pods.start(operator, code)
    operator.give("uid-1")
    operator.outcome("uid-1")

    pieces = (pod.folder / "stdout").read_bytes().decode().splitlines()[1:-1]
    assert "".join(pieces) == "x" + "没" * 100_000
    assert max(len(piece.encode()) for piece in pieces) <= 2 * 65536


@in_each_language
def test_the_log_shows_neither_payloads_nor_the_token(operator: FakeOperator, pods: Pods) -> None:
    """What the parent says of its own names tasks, never what they carry."""
    operator.verdicts = [(400, ""), (200, "")]
    operator.befall("next", Refusal(500), Cut("middle"))
    code = Code(
        python=handler("if event != 'crash': return event\nos._exit(3)"),
        nodejs=nodejs_handler("if (event !== 'crash') return event;\nprocess.reallyExit(3);"),
    )
    pod = pods.start(operator, code)
    operator.give("uid-1", "payload-in")
    operator.give("uid-2", "crash")
    operator.give("uid-2", "crash")
    operator.outcome("uid-2")
    pod.terminate()
    pod.end()

    for text in (pod.log(), pod.notes()):
        assert "payload-in" not in text
        assert POLL_TOKEN not in text


def until_there(gate: Path) -> Code:
    """A function that returns its event once there is such a file."""
    return Code(
        python=handler(f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\nreturn event"),
        nodejs=nodejs_handler(
            f"while (!fs.existsSync({str(gate)!r})) await sleep(0.01);\nreturn event;"
        ),
    )


def _asked(operator: FakeOperator) -> list[Any]:
    return operator.of("next")


def _told(content: Any) -> str | None:
    told = content.get("outcome")
    return None if told is None else str(told["taskId"])


def _give_until_taken(operator: FakeOperator, task_id: str, event: Any) -> None:
    """As the operator does it: what was sent and is not held was lost, and is sent again."""
    task = {"taskId": task_id, "event": json.dumps(event), "environment": {}}
    while task_id not in operator.outcomes:
        with operator.changed:
            operator.tasks.append(task)
        operator.wait(lambda: not operator.tasks, f"{task_id} was not taken")
        asked = len(operator.requests)
        operator.wait(
            lambda asked=asked: task_id in operator.outcomes or len(operator.requests) > asked,
            "nothing more was asked",
        )
        if any(task_id in it.content.get("holds", ()) for it in operator.requests[asked:]):
            operator.outcome(task_id)
