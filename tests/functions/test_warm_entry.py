"""How our images become warm pods: by their environment alone (docs/reference/warm-contract.md)."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.fake_operator import FakeOperator
from tests.functions.pods import Pods
from tests.functions.tasks import Code, command, environment

SCRIPT = """
if [ "$ASW_EVENT" = '"hang"' ]; then
    trap '' TERM
    while :; do echo >> "$TICKS"; sleep 0.02; done
fi
echo "to the log"
echo "{\\"heard\\": $ASW_EVENT}"
"""


@pytest.fixture
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pods]:
    """Pods whose entry point is that of the image for this language."""
    language = request.param
    pods = Pods(tmp_path, command(language, "--warm"), has_own_child=True, language=language)
    yield pods
    pods.close()


KNOWN = Code(
    python="import os\ndef main_handler(event, context):\n"
    "    print('to the log')\n"
    "    return [event, sorted(it for it in os.environ if it.startswith('ASW_'))]",
    nodejs="exports.main_handler = async (event) => {\n"
    "  console.log('to the log');\n"
    "  return [event, Object.keys(process.env).filter((it) => it.startsWith('ASW_')).sort()];\n};",
)


@pytest.mark.parametrize("image", ["python", "nodejs"], indirect=True)
def test_an_image_is_warm_where_it_is_told_to_ask(operator: FakeOperator, image: Pods) -> None:
    """Its children serve its language, and know nothing of the operator."""
    pod = image.start(operator, KNOWN)
    operator.give("uid-1", 1)

    assert operator.outcome("uid-1") == {
        "output": [
            1,
            [
                *("ASW_EXECUTION", "ASW_FUNCTION_NAME", "ASW_NAMESPACE", "ASW_STATE"),
                "ASW_TASK_ID",
            ],
        ]
    }
    assert pod.log().splitlines() == ["START uid-1 Add", "to the log", "END uid-1"]


@pytest.mark.parametrize("image", ["python", "nodejs"], indirect=True)
def test_an_image_starts_the_child_that_it_is_told_to(operator: FakeOperator, image: Pods) -> None:
    """Any command that speaks the protocol of warm runtimes, in an image derived from ours."""
    image.has_own_child = False
    image.start(operator, {"index.py": "def main_handler(event, context):\n    return 'told'"})
    operator.give("uid-1")

    assert operator.outcome("uid-1") == {"output": "told"}


def test_the_nodejs_image_runs_one_task_where_it_is_not_told_to_ask() -> None:
    """Its entry point is the same in both modes; a Job pays for no Python."""
    env = environment("nodejs", "exports.main_handler = async () => console.log('ran');")
    ended = subprocess.run(
        command("nodejs", "--warm"), env=env, capture_output=True, timeout=60, check=False
    )

    assert (ended.returncode, ended.stdout) == (0, b"ran\n")


@pytest.mark.parametrize("image", ["shell"], indirect=True)
def test_a_shell_image_is_warm_where_it_is_told_to_ask(
    operator: FakeOperator, image: Pods, tmp_path: Path
) -> None:
    """A script that is cancelled ends too, although it leads a group of its own."""
    ticks = tmp_path / "ticks"
    pod = image.start(operator, {"index.sh": SCRIPT}, TICKS=str(ticks))
    operator.give("uid-1", "hang")
    operator.wait(ticks.exists, "the script does not run")
    operator.cancel("uid-1")
    operator.give("uid-2", "hello")
    assert operator.outcome("uid-2") == {"output": {"heard": "hello"}}
    size = ticks.stat().st_size
    operator.give("uid-3", "again")
    operator.outcome("uid-3")

    assert ticks.stat().st_size == size
    assert "to the log" in pod.log()
    assert "uid-1" not in operator.outcomes


@pytest.mark.parametrize("missing", ["ASW_POLL_TOKEN", "ASW_POD_UID", "ASW_CA"])
def test_a_pod_that_is_told_half_says_what_it_lacks(missing: str) -> None:
    """It ends with 2 and starts nothing."""
    told = {
        "ASW_POLL_URL": "https://127.0.0.1:1",
        "ASW_POLL_TOKEN": "x",
        "ASW_POD_UID": "x",
        "ASW_CA": "x",
    }
    env = {**environment("python", ""), **told, missing: ""}
    ended = subprocess.run(
        command("python"), env=env, capture_output=True, timeout=60, check=False, text=True
    )

    assert ended.returncode == 2
    assert ended.stderr == f"asw: ASW_POLL_URL is set, but not {missing}\n"


def test_serving_stays_what_it_is() -> None:
    """A process that is told to serve its stdin asks nobody, whatever the function declares."""
    env = environment(
        "python", "def main_handler(event, context):\n    return event", ASW_POLL_URL="x"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command("python", "--serve"), env=env, stdin=pipe, stdout=pipe
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"taskId": "uid-1", "event": "7"}\n')
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        process.stdin.close()

    assert answer == {"taskId": "uid-1", "outcome": {"output": 7}}
