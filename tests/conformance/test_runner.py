"""The runner itself: functions in virtual time, guarded processes, reports, and the rules."""

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest

from asw.asl.resources import FunctionInvocation
from asw.asl.values import from_text
from asw.engine.answers import Answer, Raised, Returned, SimulationError
from asw.engine.commands import StartTask
from asw.engine.task_ids import TaskId
from tests.conformance import matching, report
from tests.conformance.__main__ import main
from tests.conformance.case_files import CaseFile, case_files, recorded_folder, rules_of
from tests.conformance.functions import Functions
from tests.conformance.services import Services
from tests.conformance.verdicts import Verdict, judge
from tests.conformance.workers import TOO_LONG, judge_all


def called(source: str, event: Any = None, **more: Any) -> Answer:
    """What the function ``f`` answers."""
    recorded = {"source": source, "handler": "handler.handler", "timeout_seconds": 30, **more}
    invocation = FunctionInvocation(name="f")
    command = StartTask(
        task_id=TaskId("uid", 1),
        invocation=invocation,
        payload=event,
        state="s",
        frame=1,
        attempt=0,
    )
    return Functions({"f": recorded}).answer(command, ())


HANDLER = "def handler(event, context):\n    "
SLEEPS = {
    "module": f"import time\n{HANDLER}time.sleep(SECONDS)\n    return event",
    "inside": f"{HANDLER}import time\n    time.sleep(SECONDS)\n    return event",
    "name": f"from time import sleep\n{HANDLER}sleep(SECONDS)\n    return event",
    "inside name": f"{HANDLER}from time import sleep\n    sleep(SECONDS)\n    return event",
    "renamed": f"import time as t\n{HANDLER}t.sleep(SECONDS)\n    return event",
    "looking at the clock": (
        f"import time\n{HANDLER}end = time.time() + SECONDS\n"
        "    while time.time() < end:\n        time.sleep(1)\n    return event"
    ),
}


@pytest.mark.parametrize("source", SLEEPS.values(), ids=SLEEPS)
def test_sleep(source: str) -> None:
    """Sleeping takes virtual time only, however the function comes by it."""
    answer = called(source.replace("SECONDS", "20"), {"a": 1})
    assert answer.end == Returned({"a": 1})
    assert answer.seconds == pytest.approx(20)


@pytest.mark.parametrize("source", SLEEPS.values(), ids=SLEEPS)
def test_timeout(source: str) -> None:
    """A function that sleeps past its timeout is cut off there as AWS Lambda does it."""
    answer = called(source.replace("SECONDS", "3600"))
    assert isinstance(answer.end, Raised)
    assert (answer.end.error, answer.seconds) == ("Sandbox.Timedout", 30)
    cause = from_text(answer.end.cause or "")
    assert cause["errorMessage"].endswith("Error: Task timed out after 30.00 seconds")


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("def handler(event, context):\n    return event", {}),
        ("def handler(event, context):\n    return b'[1]'", [1]),
        ("def handler(event, context):\n    return b'not json'", "not json"),
        ("import os\ndef handler(event, context):\n    return os.environ['WHO']", "me"),
        ("def handler(event, context):\n    print('hi')\n    return context.function_name", "f"),
        ("def other(e, c):\n    return 1\ndef handler(e, c):\n    return other(e, c) + 1", 2),
    ],
    ids=["null event", "bytes", "bytes that are no JSON", "env", "context", "several handlers"],
)
def test_output(source: str, output: Any) -> None:
    """A function sees and gives what it does on AWS Lambda."""
    assert called(source, env={"WHO": "me"}).end == Returned(output)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("class Sour(Exception):\n    pass\ndef handler(e, c):\n    raise Sour('no')", "Sour"),
        ("def handler(e, c):\n    return {1, 2}", "Runtime.MarshalError"),
        ("import sys\ndef handler(e, c):\n    sys.exit(3)", "Runtime.ExitError"),
        ("def other(e, c):\n    return 1", "Runtime.HandlerNotFound"),
        ("def handler(e, c)\n", "Runtime.UserCodeSyntaxError"),
        ("import no_such_module", "Runtime.ImportModuleError"),
    ],
    ids=["raises", "no JSON", "exits", "no handler", "no Python", "no module"],
)
def test_failure(source: str, error: str) -> None:
    """A function's failure has the name that AWS Lambda gives it."""
    end = called(source).end
    assert isinstance(end, Raised)
    assert end.error == error
    assert from_text(end.cause or "")["errorType"] == error


def test_values_are_not_shared() -> None:
    """A function that changes its event changes a copy."""
    event = {"a": [1]}
    called("def handler(event, context):\n    event['a'].append(2)\n    return event", event)
    assert event == {"a": [1]}


ECHO = "def handler(event, context):\n    return event"


def a_case(name: str, source: str = ECHO, **more: Any) -> CaseFile:
    """An execution that calls a function with this source and wants the output 1."""
    state = {"Type": "Task", "Resource": "asw:function:f", "End": True}
    case = {
        "id": name,
        "category": "own",
        "kind": "execution",
        "needs": [],
        "definition": {"StartAt": "s", "States": {"s": state}},
        "input": 1,
        "input_given": True,
        "functions": {"f": {"source": source, "handler": "handler.handler"}},
        "expect": {"status": "SUCCEEDED", "output": 1},
        **more,
    }
    return CaseFile(case=case, rules=matching)


# Newer Pythons warn of forking beside threads, which a runner of tests may have; ours need none.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_bad_case_takes_no_other_down() -> None:
    """A function that ends its process, or never ends, fails its own case only."""
    ends = "import os\ndef handler(event, context):\n    os._exit(7)"
    hangs = "def handler(event, context):\n    while True:\n        pass"
    files = [a_case("a"), a_case("b", ends), a_case("c", hangs), a_case("d"), a_case("e", ends)]
    verdicts = judge_all(files, case_seconds=0.5)
    assert [it.passed for it in verdicts] == [True, False, False, True, False]
    details = [it.detail for it in verdicts]
    assert details[1:3] == ["the process ended with 7", TOO_LONG]


@pytest.mark.parametrize(
    ("more", "detail"),
    [
        ({"kind": "dance"}, "no runner for cases of kind dance"),
        ({"actions": [{"op": "wave"}]}, "no runner for the action wave"),
        ({"definition": {"StartAt": "s"}}, "the definition is refused"),
        ({"functions": None, "expect": {}}, "KeyError at"),
        ({"input": 2}, "output"),
    ],
    ids=["kind", "action", "refused", "our own fault", "another output"],
)
def test_failed(more: dict[str, Any], detail: str) -> None:
    """What cannot be run or differs fails and says why; a recorded history is then not equal."""
    verdict = judge(a_case("a", **more))
    assert not verdict.passed
    assert verdict.detail.startswith(detail)
    with_history = {"status": "FAILED", "history": []}
    assert judge(a_case("a", **{**more, "expect": with_history, "kind": "x"})).history is False


def recorded(number: int, parameters: Any, kind: str, **more: Any) -> list[dict[str, Any]]:
    """The three events of a recorded call of sns:publish, the first with this number."""
    named = {"resource": "publish", "resourceType": "sns"}
    return [
        {"id": number, "prev": 0, "type": "TaskScheduled", "parameters": parameters, **named},
        {"id": number + 1, "prev": number, "type": "TaskStarted", **named},
        {"id": number + 2, "prev": number + 1, "type": kind, **named, **more},
    ]


def test_services() -> None:
    """A service answers each request as recorded, whichever comes first, and no further one."""
    services = Services(
        [
            *recorded(1, {"Message": "a"}, "TaskSucceeded", output=1),
            *recorded(4, {"Message": "b"}, "TaskFailed", error="E", cause={"why": "x"}),
            *recorded(7, {"Message": "c"}, "TaskTimedOut", error="States.Timeout"),
        ]
    )
    ends = [services.answer("sns:publish", {"Message": it}).end for it in "ca"]
    ends.append(services.answer("sns:publish", {"Message": "another"}).end)
    assert ends == [None, Returned(1), Raised("E", '{"why":"x"}')]
    with pytest.raises(SimulationError, match="no answer of sns:publish"):
        services.answer("sns:publish", {"Message": "a"})


def test_history() -> None:
    """The whole history is judged apart from the outcome."""
    expect = {"status": "SUCCEEDED", "output": 1, "history": [{"type": "ExecutionStarted"}]}
    bags = {"history_unordered": False, "history_lossy": False}
    verdict = judge(a_case("a", expect={**expect, **bags}))
    assert (verdict.passed, verdict.history) == (True, False)


def test_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run writes the report of all cases of a folder, unreadable files included."""
    (tmp_path / "good.json").write_text(json.dumps(a_case("good").case))
    (tmp_path / "bad.json").write_text("{")
    target = tmp_path / "out" / "report.json"
    assert main([str(tmp_path), str(target)]) == 0
    cases = json.loads(target.read_text())["cases"]
    assert cases["good"] == {"passed": True, "history": None, "detail": ""}
    assert cases["bad"]["passed"] is False
    assert cases["bad"]["detail"].startswith("the file cannot be read")
    assert "unreadable: bad: the file cannot be read" in capsys.readouterr().out


def test_no_folder(tmp_path: Path) -> None:
    """A folder that is not there is told by the exit code."""
    assert main([str(tmp_path / "missing"), ""]) == 1


def test_table() -> None:
    """Each category has a line with what passed and how many histories are equal."""
    judged = [
        (a_case("a"), Verdict(passed=True, history=True)),
        (a_case("b"), Verdict(passed=True, history=False, detail="event 3")),
        (a_case("c"), Verdict(passed=False, detail="status")),
    ]
    lines = list(report.lines(judged))
    assert lines[1].split() == ["own", "2", "/", "3", "1", "/", "2"]
    assert lines[3:] == [
        "\n1 failed:",
        "  own: c: status",
        "\n1 passed with another history:",
        "  own: b: event 3",
    ]


PAIRS: list[tuple[Any, Any, bool]] = [
    ({"a": 1}, {"a": 1.0}, True),
    ({"a": 1}, {"a": True}, False),
    ({"a": 1}, {"a": "1"}, False),
    ({"a": 1}, {"a": 1, "b": 2}, False),
    ({"a": 1, "b": 2}, {"a": 1}, False),
    ([1, 2], [2, 1], False),
    ([1], [1, 1], False),
    (None, 0, False),
    (False, None, False),
    (0.1 + 0.2, 0.3, True),
    (1, math.inf, False),
    ({}, [], False),
    ("<uuid:1>", "5f0e", True),
    ("<RandomNumberGenerated>", 17, True),
    ("<uuid>", None, True),
    ("x<y:1>", "y", False),
    ("x<y:1>z", "x1z", True),
    ("x<y:1>z", "xz", False),
    ("<date>", "2024-01-31T10:00:00.123Z", True),
    ("<date>", "2024-01-31T10:00:00+01:00", True),
    ("<date>", "yesterday", False),
    ("<date>", "date", True),
    ("<date>", 5, True),
    ("at <timestamp>!", "at 2024-01-31T10:00:00Z!", True),
    ("at <timestamp>!", "at noon!", False),
    ("arn:<partition>:lambda:<region>:1:function:f", "anything", True),
    ("arn:aws:lambda:us-east-1:1:function:f", "anything", True),
    ("arn:aws:lambda:us-east-1:1:function:f", "", False),
    ("arn:aws:lambda:us-east-1:1:function:f", None, False),
    ("arn:other", "anything", False),
    ({"x": 1, "SdkHttpMetadata": 2}, {"x": 1}, True),
    ({"x": 1}, {"x": 1, "requestId": 2}, True),
    ({"errorType": "E"}, '{"errorType": "E"}', True),
    ([1], "[1]", True),
    ([1], '{"a": 1}', False),
    ('{"a":1}', '{"a": 1}', True),
    ('{"a":1}', '{"a":2}', False),
    ('{"a":1}', {"a": 1}, True),
    ("[1", "[1 ", False),
    ("found in '<json-input:1>'", "found in '{}'", True),
    ('{"id":"<uuid:1>"}', '{ "id": "7" }', True),
    ("a\nb<c>", "a\nb\n", True),
]


@pytest.mark.parametrize(("expected", "actual", "fits"), PAIRS)
def test_matching(expected: Any, actual: Any, fits: bool) -> None:
    """The rules that the recorded cases come with, one by one."""
    found = matching.match(expected, actual)
    assert bool(found) == fits, found.mismatches


def _theirs() -> Any:
    folder = recorded_folder()
    rules = matching if folder is None else rules_of(folder)
    if rules is matching:
        pytest.skip("no match.py beside recorded cases: name their folder by ASW_CONFORMANCE")
    return rules


def test_matching_agrees() -> None:
    """Our rules and those that came with the cases say the same of every pair of the table."""
    theirs = _theirs()
    for expected, actual, _ in PAIRS:
        assert bool(theirs.match(expected, actual)) == bool(matching.match(expected, actual))


def test_matching_agrees_on_recorded_answers() -> None:
    """Both rules say the same of any recorded answer beside itself and beside its neighbour."""
    theirs = _theirs()
    expects = [it.case["expect"] for it in case_files(recorded_folder())]
    answers = [it for it in expects if "status" in it and "response" not in it]
    for one, other in zip(answers, [*answers[1:], answers[0]], strict=True):
        for actual in (one, other):
            said = theirs.match_outcome(one, actual), matching.match_outcome(one, actual)
            assert bool(said[0]) == bool(said[1]), (one, actual)
            for bags in ({}, {"unordered": True}, {"lossy": True}):
                events = one.get("history", []), actual.get("history", [])
                ours = matching.match_history(*events, **bags)
                assert bool(theirs.match_history(*events, **bags)) == bool(ours), (one, actual)


def test_runner_needs_no_real_time() -> None:
    """The functions of a case leave the clock of everybody else alone."""
    called("import time\ndef handler(event, context):\n    time.sleep(5)")
    assert sys.modules["time"].sleep.__module__ == "time"
