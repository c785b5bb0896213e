"""Functions of runtime image on this machine: the same promises from podman and from a fake engine.

The fake runs everywhere; podman where it is installed, so that the fake is known to tell the truth.
"""

import asyncio
import json

import pytest

from asw.api.function import Function
from asw.engine.task_ids import TaskId
from asw.platforms.local.engines import SETTING
from asw.platforms.local.functions import to_local, variables_of
from asw.platforms.local.logs import TaskLogs
from asw.platforms.local.runtime import Call
from asw.platforms.local.tasks import Failed, Succeeded
from asw.platforms.local.warm import Pool
from tests.support.engines import IMAGE, fake_engine, podman

PATIENCE_SECONDS = 120
RETURN_EVENT = 'printf \'{"output": %s}\' "$ASW_EVENT" > "$ASW_RESULT_FILE"'


@pytest.fixture(scope="module")
def podman_at_hand(tmp_path_factory):
    """podman, once for all tests."""
    with podman(tmp_path_factory.mktemp("podman")) as engine:
        yield engine


@pytest.fixture(params=["fake", "podman"])
def engine(request, tmp_path):
    """Each engine in turn."""
    if request.param == "fake":
        return fake_engine(tmp_path / "engine")
    return request.getfixturevalue("podman_at_hand")


class Bench:
    """A pool whose containers run in the engine; tasks are numbered from 1."""

    def __init__(self, engine, folder):
        self.printed = b""
        self.has_printed = asyncio.Event()
        self.started = []
        self.folder = folder
        self.engine = engine
        logs = TaskLogs(folder / "logs", self._echo)
        self.pool = Pool(folder / "code", logs, environ=engine.environ)
        self._number = 0

    def _echo(self, state, data):
        assert state == "S"
        self.printed += data
        self.has_printed.set()

    async def run(self, script=None, *, event=None, environ=None, **spec):
        """Run a task of an image Function whose command is the shell script."""
        self._number += 1
        given = {"runtime": "image", "image": IMAGE, **spec}
        if script is not None:
            given["command"] = ["sh", "-c", script]
        function = to_local(Function.parse({"metadata": {"name": "fn"}, "spec": given}), {})
        call = Call(
            task_id=TaskId("uid", self._number),
            function=function,
            variables=variables_of(function, environ or {}),
            event=event,
            execution="e-1",
            state="S",
        )
        work = self.pool.run(call, lambda: self.started.append(self._number), lambda: None)
        return await asyncio.wait_for(work, PATIENCE_SECONDS)


@pytest.fixture
def bench(engine, tmp_path):
    """The bench on one engine."""
    return Bench(engine, tmp_path / "data")


async def until(condition):
    """Wait for what another process does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.01)


async def test_the_outcome_is_what_the_file_holds(bench):
    """The event comes by ASW_EVENT as written, and the file's output is the task's."""
    outcome = await bench.run(RETURN_EVENT, event={"a": "$(x) $HOME 你好"})
    assert outcome == Succeeded(output={"a": "$(x) $HOME 你好"})
    assert bench.started == [1]


async def test_prints_are_the_tasks_log(bench):
    """Both streams go to the log as they come, and never into the output."""
    assert await bench.run("echo out; echo err >&2") == Succeeded(output=None)
    assert sorted(bench.printed.split()) == [b"err", b"out"]


async def test_a_named_error_is_the_tasks(bench):
    """Error and cause in the file count, whatever the exit code."""
    script = 'printf \'{"error": "Bad", "cause": "no"}\' > "$ASW_RESULT_FILE"; exit 3'
    assert await bench.run(script) == Failed(error="Bad", cause="no")


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        pytest.param("exit 3", "Asw.TaskCrashed", "exit code 3", id="a code"),
        pytest.param(
            'printf \'{"output": 1}\' > "$ASW_RESULT_FILE"; exit 3',
            "Asw.TaskCrashed",
            "exit code 3",
            id="an output, and then a code",
        ),
        pytest.param("nosuch", "Asw.TaskCrashed", "exit code 127", id="a code of a shell"),
        pytest.param(
            'echo hello > "$ASW_RESULT_FILE"', "Asw.InvalidResult", "no outcome", id="no JSON"
        ),
        pytest.param(
            'echo [1] > "$ASW_RESULT_FILE"', "Asw.InvalidResult", "JSON object", id="a list"
        ),
    ],
)
async def test_other_ends_have_the_names_of_a_cluster(bench, script, error, words):
    """Without a usable outcome the error is the one that a cluster has for it."""
    outcome = await bench.run(script)
    assert isinstance(outcome, Failed)
    assert outcome.error == error
    assert words in outcome.cause


async def test_a_command_that_is_not_there_cannot_start(bench):
    """What the engine says of it is the cause."""
    outcome = await bench.run(command=["/no/such/program"])
    assert outcome.error == "Asw.StartFailed"
    assert "/no/such/program" in outcome.cause


async def test_args_follow_the_command(bench):
    """Command and args are lists, as in Kubernetes."""
    script = 'printf \'{"output": "%s %s"}\' "$1" "$2" > "$ASW_RESULT_FILE"'
    outcome = await bench.run(command=["sh", "-c", script, "x"], args=["a b", "c"])
    assert outcome == Succeeded(output="a b c")


async def test_variables_reach_it_and_ours_win(bench):
    """Plain values and those of Secrets are there; HOME is a folder that it may write."""
    env = [
        {"name": "PLAIN", "value": "a=b\nc"},
        {"name": "HIDDEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    script = (
        'echo x > "$HOME/written" &&'
        ' printf \'{"output": "%s|%s|%s|%s"}\' "$HIDDEN" "$HOME" "$ASW_STATE" "$ASW_FUNCTION_NAME"'
        ' > "$ASW_RESULT_FILE"; echo "$PLAIN"'
    )
    outcome = await bench.run(script, env=env, environ={"HIDDEN": "s3cret"})
    assert outcome == Succeeded(output="s3cret|/tmp|S|fn")
    assert bench.printed == b"a=b\nc\n"


async def test_secrets_and_events_are_on_no_command_line(tmp_path):
    """Other users of the machine see command lines: the engine's has names of these alone."""
    engine = fake_engine(tmp_path / "engine")
    bench = Bench(engine, tmp_path / "data")
    env = [{"name": "HIDDEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
    await bench.run("exit 0", env=env, environ={"HIDDEN": "s3cret"}, event="pri-vate")
    asked = json.dumps(engine.asked())
    assert "HIDDEN" in asked
    assert "s3cret" not in asked
    assert "pri-vate" not in asked


async def test_a_large_event_is_a_file(bench):
    """Above 16 KiB there is ASW_EVENT_URL instead, which curl and its like can read."""
    script = (
        'file="${ASW_EVENT_URL#file://}"; size=$(wc -c < "$file");'
        ' printf \'{"output": [%s, "%s"]}\' "$size" "${ASW_EVENT-none}" > "$ASW_RESULT_FILE"'
    )
    assert await bench.run(script, event="x" * 200_000) == Succeeded(output=[200_002, "none"])


async def test_a_large_outcome_is_taken_and_told(bench):
    """The file may hold more than on a cluster, and the log says that a cluster would cut it."""
    script = (
        "text=$(head -c 5000 /dev/zero | tr '\\0' x);"
        ' printf \'{"output": "%s"}\' "$text" > "$ASW_RESULT_FILE"'
    )
    if not bench.engine.is_fake:  # busybox has no tr of ours
        script = script.replace("tr '", "busybox tr '")
    assert await bench.run(script) == Succeeded(output="x" * 5000)
    assert b"on a cluster the result file holds 4096" in bench.printed


async def test_a_function_that_runs_too_long_is_killed(bench):
    """TimeoutSeconds ends it with the cluster's error, and nothing of it is left."""
    outcome = await bench.run("sleep 600", timeoutSeconds=1)
    assert outcome.error == "Sandbox.Timedout"
    assert bench.engine.containers() == []


async def test_a_cancelled_call_is_killed(bench):
    """Whoever cancels it finds no container afterwards, and no files."""
    running = asyncio.create_task(bench.run("echo there; exec sleep 600"))
    await asyncio.wait_for(bench.has_printed.wait(), PATIENCE_SECONDS)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert bench.engine.containers() == []
    assert list((bench.folder / "containers").iterdir()) == []


async def test_a_call_that_is_cancelled_early_leaves_no_container(tmp_path):
    """The engine may make the container only after it was told to remove it: it goes all the same.

    Asked of the fake, which can be that slow.
    """
    engine = fake_engine(tmp_path / "engine")
    (engine.folder / "slow").touch()
    bench = Bench(engine, tmp_path / "data")
    running = asyncio.create_task(bench.run("exec sleep 60"))
    await until(lambda: any(words[0] == "run" for words in engine.asked()))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await until((engine.folder / "made").exists)
    assert engine.containers() == []


async def test_user_and_limits_are_the_functions(tmp_path):
    """User 65532 without privileges, or as securityContext says; memory and processors as limits.

    Asked of the fake: what podman makes of them is its own.
    """
    engine = fake_engine(tmp_path / "engine")
    bench = Bench(engine, tmp_path / "data")
    await bench.run("exit 0")
    await bench.run(
        "exit 0",
        resources={"limits": {"memory": "64Mi", "cpu": "500m"}},
        securityContext={"runAsUser": 7, "readOnlyRootFilesystem": True},
    )
    plain, limited = (words for words in engine.asked() if words[0] == "run")
    assert plain[plain.index("--user") + 1] == "65532:65532"
    assert plain[plain.index("--cap-drop") + 1] == "ALL"
    assert "--memory" not in plain
    assert "--read-only" in limited
    for option, value in (("--user", "7:65532"), ("--memory", "67108864"), ("--cpus", "0.5")):
        assert limited[limited.index(option) + 1] == value


async def test_podman_runs_it_as_that_user(podman_at_hand, tmp_path):
    """The user is a number that nobody has, inside a real container, with a limit of memory."""
    bench = Bench(podman_at_hand, tmp_path)
    script = 'printf \'{"output": "%s"}\' "$(id -u):$(id -g)" > "$ASW_RESULT_FILE"'
    limits = {"limits": {"memory": "64Mi"}}
    assert await bench.run(script, resources=limits) == Succeeded(output="65532:65532")


async def test_podman_kills_what_takes_too_much_memory(podman_at_hand, tmp_path, monkeypatch):
    """The limit is the kernel's, and the error the cluster's; the user's folder stays as it is."""
    bench = Bench(podman_at_hand, tmp_path)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    script = "x=$(busybox head -c 200000000 /dev/zero | busybox tr '\\0' x); exit 137"
    outcome = await bench.run(script, resources={"limits": {"memory": "32Mi"}})
    assert outcome.error == "Asw.OutOfMemory"
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("policy", "image", "error"),
    [
        ("IfNotPresent", "somewhere/box:1", None),
        (None, "somewhere/box:1", None),
        ("Always", IMAGE, None),
        ("Never", "somewhere/box:1", "imagePullPolicy is Never"),
        (None, "nowhere/box:1", "cannot pull image nowhere/box:1: Error response from daemon"),
    ],
)
async def test_an_image_comes_as_its_policy_says(tmp_path, policy, image, error):
    """It is pulled where it is missing, or always; what keeps it away is the cause."""
    bench = Bench(fake_engine(tmp_path / "engine"), tmp_path / "data")
    fields = {"image": image} | ({} if policy is None else {"imagePullPolicy": policy})
    outcomes = [await bench.run("exit 0", **fields) for _ in range(2)]
    if error is None:
        assert outcomes == [Succeeded(output=None)] * 2
        assert sum(words[0] == "pull" for words in bench.engine.asked()) == 1
    else:
        assert {outcome.error for outcome in outcomes} == {"Asw.ImagePullFailed"}
        assert error in outcomes[0].cause


async def test_no_engine_is_said_with_a_remedy(tmp_path):
    """One that does not answer is named, with what it said; and how to get one."""
    engine = fake_engine(tmp_path / "engine")
    (engine.folder / "down").touch()
    environ = {**engine.environ, "PATH": str(engine.folder)}
    del environ[SETTING]
    object.__setattr__(engine, "environ", environ)
    bench = Bench(engine, tmp_path / "data")
    outcome = await bench.run("exit 0")
    assert outcome.error == "Asw.StartFailed"
    assert "docker does not answer (Cannot connect to the daemon.)" in outcome.cause
    assert "install podman" in outcome.cause
    assert bench.started == []


async def test_the_setting_names_the_engine(tmp_path):
    """A name that is nowhere is told; a path is taken as it is."""
    engine = fake_engine(tmp_path / "engine", name="my-engine")
    by_path = {**engine.environ, SETTING: str(engine.folder / "my-engine")}
    object.__setattr__(engine, "environ", by_path)
    assert await Bench(engine, tmp_path / "data").run("exit 0") == Succeeded(output=None)
    object.__setattr__(engine, "environ", {**engine.environ, SETTING: "nosuch"})
    outcome = await Bench(engine, tmp_path / "data").run("exit 0")
    assert "ASW_CONTAINER_ENGINE names nosuch, which is not on the PATH" in outcome.cause
