"""The task contract (docs/reference/task-contract.md), kept by a real process over real TLS."""

import json
import socket
from pathlib import Path

import pytest

from tests.functions.result_server import TOKEN, ResultServer, make_certificates
from tests.functions.tasks import Code, Tasks

SUM = Code(
    python="def main_handler(event, context):\n    return event['a'] + event['b']",
    nodejs="exports.main_handler = async (event) => event.a + event.b",
)
SUM_EVENT = '{"a": 1, "b": 2.5}'
LARGE = Code(
    python="def main_handler(event, context):\n    return 'x' * 5000",
    nodejs="exports.main_handler = async () => 'x'.repeat(5000)",
    shell="head -c 5000 /dev/zero | tr '\\0' x | sed 's/.*/\"&\"/'",
)
BEATS = Code(
    python="from asw_runtime import heartbeat\n"
    "def main_handler(event, context):\n"
    "    for _ in range(100):\n        heartbeat()\n    return event",
    nodejs="exports.main_handler = async (event, context) => {\n"
    "  for (let i = 0; i < 100; i += 1) context.heartbeat();\n  return event;\n};",
)
RAISES = Code(
    python="def main_handler(event, context):\n    raise ValueError('x' * 9000)",
    nodejs="exports.main_handler = async () => {\n"
    "  throw Object.assign(new Error('x'.repeat(9000)), { name: 'ValueError' });\n};",
)
VARIABLES = Code(
    python="import os\ndef main_handler(event, context):\n"
    "    return [sorted(os.environ), context['environment']]",
    nodejs="exports.main_handler = async (event, context) =>\n"
    "  [Object.keys(process.env), context.environment];",
    shell="env | sed 's/=.*//' | sort | tr '\\n' ' ' | sed 's/.*/\"&\"/'",
)
LARGE_BODY = json.dumps({"output": "x" * 5000}, separators=(",", ":")).encode()


@pytest.fixture(params=["python", "nodejs"])
def language(request: pytest.FixtureRequest) -> str:
    """Each runtime keeps it."""
    return str(request.param)


def test_the_outcome_is_pushed_and_left_in_the_file(tasks: Tasks, server: ResultServer) -> None:
    """A small outcome goes both ways, with the token, and the exit status says success."""
    ended = tasks.run(SUM, server=server, ASW_EVENT=SUM_EVENT)

    assert ended.status == 0
    assert ended.file == b'{"output":3.5}'
    [call] = server.calls
    assert (call.method, call.path, call.token) == ("POST", "/v1/tasks/uid-1/outcome", TOKEN)
    assert call.body == ended.file


def test_without_an_address_the_file_is_all(tasks: Tasks) -> None:
    """An installation that has switched the push off gets its outcomes by the file."""
    ended = tasks.run(SUM, ASW_EVENT=SUM_EVENT)

    assert (ended.status, ended.file) == (0, b'{"output":3.5}')


def test_a_large_outcome_is_pushed_only(tasks: Tasks, server: ResultServer) -> None:
    """What the file cannot hold is not put there in part."""
    ended = tasks.run(LARGE, server=server)

    assert (ended.status, ended.file) == (0, b"")
    assert server.bodies() == [LARGE_BODY]


def test_a_private_outcome_is_pushed_only(tasks: Tasks, server: ResultServer) -> None:
    """Whoever may read the pod's status finds nothing there, small as the outcome may be."""
    ended = tasks.run(SUM, server=server, ASW_EVENT=SUM_EVENT, ASW_PAYLOADS="Private")

    assert (ended.status, ended.file) == (0, b"")
    assert server.bodies() == [b'{"output":3.5}']


def test_a_private_failure_is_pushed_only(tasks: Tasks, server: ResultServer) -> None:
    """The cause of a failure is a payload like any other."""
    ended = tasks.run(RAISES, server=server, ASW_PAYLOADS="Private")

    assert (ended.status, ended.file) == (1, b"")
    assert b"errorType" in server.bodies()[0]


def test_a_private_outcome_that_finds_no_taker_is_told_by_the_exit_status(tasks: Tasks) -> None:
    """It is lost, which is no success: the engine knows it by EX_TEMPFAIL."""
    ended = tasks.run(
        SUM,
        ASW_EVENT=SUM_EVENT,
        ASW_PAYLOADS="Private",
        ASW_RESULT_URL="https://127.0.0.1:9/none",
        ASW_RESULT_WAIT="0.2",
    )

    assert (ended.status, ended.file) == (75, b"")


def test_why_a_private_outcome_was_refused_is_pushed(tasks: Tasks, server: ResultServer) -> None:
    """There is no file to tell it in."""
    server.answers = [(400, b"not an outcome")]

    ended = tasks.run(SUM, server=server, ASW_EVENT=SUM_EVENT, ASW_PAYLOADS="Private")

    assert (ended.status, ended.file) == (1, b"")
    assert b"Asw.InvalidResult" in server.bodies()[1]


@pytest.mark.parametrize("answers", [[503, 429, 500, 408], [302]], ids=str)
def test_an_answer_that_is_not_final_is_tried_again(
    tasks: Tasks, server: ResultServer, answers: list[int]
) -> None:
    """Until the server says 200 the same body is posted again."""
    server.answers = [(status, b"") for status in answers]

    ended = tasks.run(SUM, server=server, ASW_EVENT=SUM_EVENT)

    assert ended.status == 0
    assert server.bodies() == [b'{"output":3.5}'] * (len(answers) + 1)


@pytest.mark.parametrize("status", [401, 403, 404, 409, 413])
def test_a_final_answer_ends_the_push(tasks: Tasks, server: ResultServer, status: int) -> None:
    """Wrong token, or the attempt is over: the file is left, nothing is tried again."""
    server.answers = [(status, b"")]

    ended = tasks.run(SUM, server=server, ASW_EVENT=SUM_EVENT)

    assert (ended.status, ended.file) == (0, b'{"output":3.5}')
    assert len(server.calls) == 1


def test_a_refused_outcome_leaves_the_reason(tasks: Tasks, server: ResultServer) -> None:
    """400 means that we are wrong: the file says why, and the task fails."""
    server.answers = [(400, b"output: too deep")]

    ended = tasks.run(SUM, server=server, ASW_EVENT=SUM_EVENT)

    assert ended.status == 1
    assert ended.outcome == {
        "error": "Asw.InvalidResult",
        "cause": "The engine refused the outcome: output: too deep",
    }


def test_an_outcome_over_the_limit_becomes_awss_error(tasks: Tasks, server: ResultServer) -> None:
    """413 for a large outcome: the error of Step Functions is pushed in its place."""
    server.answers = [(413, b"")]

    ended = tasks.run(LARGE, server=server)

    assert ended.status == 1
    assert ended.outcome == json.loads(server.bodies()[1])
    assert ended.outcome == {
        "error": "States.DataLimitExceeded",
        "cause": "The state/task 'Add' returned a result with a size exceeding"
        " the maximum number of bytes service limit.",
    }


def test_a_large_outcome_that_nobody_takes_is_lost_loudly(
    tasks: Tasks, server: ResultServer
) -> None:
    """After ASW_RESULT_WAIT the file says that there was an outcome, and how large."""
    nobody = _closed_port()
    variables = {**server.variables(), "ASW_RESULT_URL": f"https://127.0.0.1:{nobody}/outcome"}

    ended = tasks.run(LARGE, **variables, ASW_RESULT_WAIT="0.2")

    assert ended.status == 1
    assert ended.outcome == {
        "error": "Asw.ResultLost",
        "cause": "An outcome of 5013 bytes could not be delivered: no result server was reached,"
        " and the result file holds 4096.",
    }


@pytest.mark.parametrize("language", ["python", "nodejs", "shell"], indirect=True)
def test_a_server_that_has_another_address_is_found_by_its_name(
    tasks: Tasks, server: ResultServer
) -> None:
    """A Service that was made anew takes the outcome of a task that knows its old address."""
    ended = tasks.run(LARGE, **server.moved())

    assert (ended.status, ended.file) == (0, b"")
    assert server.bodies() == [LARGE_BODY]


def test_all_that_a_task_asks_for_is_found_by_name(tasks: Tasks, server: ResultServer) -> None:
    """Events and signs of life find the server as outcomes do, and know it from then on."""
    moved = server.moved()
    url = moved["ASW_RESULT_URL"].replace("outcome", "event")
    server.answers = [(200, b'"fetched"')]

    ended = tasks.run(BEATS, **moved, ASW_EVENT="", ASW_EVENT_URL=url)

    assert ended.outcome == {"output": "fetched"}
    asked = [call.path.rpartition("/")[2] for call in server.calls]
    assert asked == ["event", "heartbeat", "outcome"]


def test_a_server_is_found_by_its_address_again(tasks: Tasks, server: ResultServer) -> None:
    """A cluster without DNS loses nothing: address and name are tried in turns."""
    server.hang_up = 1

    ended = tasks.run(LARGE, server=server)

    assert ended.status == 0
    assert server.bodies() == [LARGE_BODY]


def test_without_the_push_a_large_outcome_does_not_fit(tasks: Tasks) -> None:
    """Nothing was lost on the way that another try could bring: the error says what to do."""
    ended = tasks.run(LARGE)

    assert ended.status == 1
    assert ended.outcome["error"] == "Asw.ResultTruncated"
    assert "5013 bytes" in ended.outcome["cause"]


def test_a_large_failure_that_nobody_takes_keeps_its_name(tasks: Tasks) -> None:
    """An error is cut rather than lost: Retry and Catch still match it."""
    ended = tasks.run(RAISES)

    assert ended.outcome["error"] == "ValueError"
    assert ended.cause["errorMessage"].startswith("xxx")


@pytest.mark.parametrize(
    ("name", "value"), [("ASW_SERVER_NAME", "other.test"), ("ASW_CA", "other")], ids=["name", "ca"]
)
def test_an_impostor_learns_nothing(
    tasks: Tasks, server: ResultServer, tmp_path: Path, name: str, value: str
) -> None:
    """Neither token nor outcome goes to a server whose certificate does not fit."""
    other_ca, _ = make_certificates(tmp_path)
    variables = {**server.variables(), name: other_ca if value == "other" else value}

    ended = tasks.run(LARGE, **variables, ASW_RESULT_WAIT="0.1")

    assert ended.outcome["error"] == "Asw.ResultLost"
    assert server.calls == []


def test_a_large_event_is_fetched(tasks: Tasks, server: ResultServer) -> None:
    """ASW_EVENT_URL is read with the token, and again while the server is busy."""
    url = server.variables()["ASW_RESULT_URL"].replace("outcome", "event")
    server.answers = [(503, b""), (200, '{"a": "中", "b": "文"}'.encode())]

    ended = tasks.run(SUM, server=server, ASW_EVENT="", ASW_EVENT_URL=url)

    assert ended.outcome == {"output": "中文"}
    assert [(call.method, call.token) for call in server.calls[:2]] == [("GET", TOKEN)] * 2


def test_an_event_that_cannot_be_fetched_fails_the_task(tasks: Tasks, server: ResultServer) -> None:
    """User code does not run on an event that is not there."""
    url = server.variables()["ASW_RESULT_URL"].replace("outcome", "event")
    server.answers = [(403, b"")]

    ended = tasks.run(SUM, server=server, ASW_EVENT="", ASW_EVENT_URL=url)

    assert ended.outcome["error"] == "Asw.EventLost"
    assert ended.status == 1


@pytest.mark.parametrize("language", ["python", "nodejs", "shell"], indirect=True)
def test_the_token_is_not_for_user_code(tasks: Tasks, server: ResultServer) -> None:
    """Neither user code nor its children find token, CA or addresses in their environment."""
    ended = tasks.run(VARIABLES, server=server)

    said = ended.file.decode() + ended.stdout + ended.stderr
    assert "ASW_TASK_ID" in said
    assert TOKEN not in said
    for name in ("ASW_TASK_TOKEN", "ASW_CA", "ASW_RESULT_URL", "ASW_HEARTBEAT_URL"):
        assert name not in said


def test_heartbeats_are_posted_at_most_once_a_second(tasks: Tasks, server: ResultServer) -> None:
    """However often user code calls, one sign of life is sent in a second, with the token."""
    ended = tasks.run(BEATS, server=server)

    beat, outcome = server.calls
    assert ended.status == 0
    assert (beat.path, beat.token, beat.body) == ("/v1/tasks/uid-1/heartbeat", TOKEN, b"")
    assert outcome.path.endswith("/outcome")


def test_a_heartbeat_that_fails_does_not_fail_the_task(tasks: Tasks, server: ResultServer) -> None:
    """A sign of life that nobody hears is a line in the log."""
    url = f"https://127.0.0.1:{_closed_port()}/heartbeat"

    ended = tasks.run(BEATS, **{**server.variables(), "ASW_HEARTBEAT_URL": url})

    assert ended.outcome == {"output": {}}
    assert "a heartbeat was not delivered" in ended.stderr


def test_a_result_file_that_cannot_be_written_is_no_disaster(
    tasks: Tasks, server: ResultServer, tmp_path: Path
) -> None:
    """The push still goes out."""
    ended = tasks.run(
        SUM, server=server, ASW_EVENT=SUM_EVENT, ASW_RESULT_FILE=str(tmp_path / "no" / "file")
    )

    assert ended.status == 0
    assert server.bodies() == [b'{"output":3.5}']


def _closed_port() -> int:
    """A port that nobody listens on: it was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
