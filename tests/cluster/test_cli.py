"""The command line against the real cluster: lists, objects, starts, logs, watches, refusals."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from asw.api.instants import parse_instant
from asw.cli.completion import kubectl_answer
from asw.cli.main import main
from asw.executions.opening import open_runs
from asw.executions.port import Query
from asw.executions.target import Target
from tests.support.space import Space, execution, function, one_task, workflow
from tests.support.typed import shell_environment, typed, without_patience

pytestmark = pytest.mark.cluster

SOURCE = """
import time

def main_handler(event, context):
    print("for", event["name"])
    time.sleep(event.get("seconds", 0))
    print("done")
    return {"greeting": f"Hello, {event['name']}!", "text": "x" * event.get("size", 0)}
"""
Typed = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(space: Space, tmp_path: Path) -> dict[str, str]:
    """A shell whose kubeconfig has the test's namespace, with ``asw`` and the plugin of kubectl."""
    config = yaml.safe_load(space.cluster.kubeconfig.read_text())
    for context in config["contexts"]:
        context["context"]["namespace"] = space.namespace
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    made = shell_environment(tmp_path / "bin", {"KUBECONFIG": str(file)})
    plugin = tmp_path / "bin" / "kubectl-asw"
    plugin.write_text((tmp_path / "bin" / "asw").read_text())
    plugin.chmod(0o755)
    kubectl_folder = Path(space.cluster.kubectl_binary).parent
    return {**made, "PATH": f"{made['PATH']}{os.pathsep}{kubectl_folder}"}


@pytest.fixture
def asw(environment: dict[str, str], space: Space, tmp_path: Path) -> Typed:
    """What a line typed into that shell gives; a Workflow ``hello`` is there, and its Function."""
    space.apply(function("greet", SOURCE), workflow("hello", one_task("greet")))
    space.kubectl("wait", "workflow/hello", "--for=condition=Ready", "--timeout=300s")
    return lambda line: typed(line, tmp_path, environment)


def test_a_start_that_waits_ends_with_the_output(asw: Typed) -> None:
    """Output on standard output, the rest beside it; the exit code is the outcome's."""
    done = asw("""asw start hello --input '{"name": "Ada"}' --name one --wait""")
    assert (done.returncode, json.loads(done.stdout)["greeting"]) == (0, "Hello, Ada!")
    assert "one" in done.stderr
    failed = asw("echo '{}' | asw start hello - --name two --wait -q")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "KeyError" in failed.stderr
    assert asw("asw list -o name").stdout.split() == [
        "execution.asw.dev/one",
        "execution.asw.dev/two",
    ]
    assert "two" in asw("asw list --phase failed --since 10m --no-headers").stdout
    again = asw("asw start hello --name one")
    assert (again.returncode, "already" in again.stderr) == (2, True)


def test_a_start_prints_the_name_that_it_got(asw: Typed, space: Space) -> None:
    """The name can be handed to any other verb; labels and input arrive as they were given."""
    done = asw("""asw start hello --input '{"z": 1.0, "name": "文"}' --label team=blue""")
    name = done.stdout.strip()
    assert name.startswith("hello-")
    text = space.finished(name)["spec"]["inputText"]
    assert text == '{"z":1.0,"name":"文"}'
    assert json.loads(asw(f"asw watch {name} -o json").stdout)["status"]["phase"] == "Succeeded"
    assert asw("asw list -l team=blue -o name").stdout == f"execution.asw.dev/{name}\n"
    assert asw("asw list -l team=red").stderr.startswith("no executions found in namespace")


def test_waiting_may_end_before_the_execution(asw: Typed, environment, space: Space) -> None:
    """--timeout and Ctrl-C end the waiting alone, and say what there is to be done."""
    late = asw("""asw start hello --input '{"name": "A", "seconds": 600}' --name a --timeout 1s""")
    assert late.returncode == 5
    command = ["asw", "start", "hello", "--name", "b", "--wait", "--input-file", "-"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdin.write('{"name": "B", "seconds": 600}')
        process.stdin.close()
        while (line := process.stderr.readline()) != "b started\n":
            assert line, "it ended without a start"
            assert without_patience(line) == ""
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert process.returncode == 130
    assert "asw stop b" in told
    for name in ("a", "b"):
        space.until(name, lambda each=name: "Running" in asw(f"asw get {each}").stdout)


def test_objects_are_those_of_kubectl(asw: Typed, space: Space) -> None:
    """JSON and YAML differ from kubectl's in nothing; a name that is not there is told last."""
    space.run("one", "hello", {"name": "A"})
    item = space.get("execution", "one")
    assert json.loads(asw("asw get one -o json").stdout) == item
    assert yaml.safe_load(asw("asw get exe/one -o yaml").stdout) == item
    both = asw("asw get wf/hello fn/greet -o json")
    assert [it["kind"] for it in json.loads(both.stdout)["items"]] == ["Workflow", "Function"]
    missing = asw("asw get one onw")
    assert (missing.returncode, "one" in missing.stdout) == (4, True)
    assert "did you mean one?" in missing.stderr


def test_logs_are_followed_until_the_end(asw: Typed, space: Space) -> None:
    """Lines come while the task runs; they are there afterwards as well."""
    space.apply(execution("one", "hello", {"name": "A", "seconds": 3}))
    followed = asw("asw logs one -f")
    assert (followed.returncode, followed.stdout) == (0, "for A\ndone\n")
    assert space.finished("one")["status"]["phase"] == "Succeeded"
    assert asw("asw logs one --tail 1").stdout == "done\n"
    at, _, text = asw("asw logs one --tail 1 --timestamps --since 1h").stdout.partition(" ")
    assert text == "done\n"
    assert parse_instant(at) < datetime.now(UTC)
    assert "since then" in asw("asw logs one --since 0s").stderr
    wrong = asw("asw logs one --state tsak")
    assert (wrong.returncode, "did you mean task?" in wrong.stderr) == (4, True)


def test_a_watch_tells_every_change_until_the_end(asw: Typed, space: Space) -> None:
    """A line a change, and the exit code of the outcome."""
    space.apply(execution("one", "hello", {"seconds": 1}))
    done = asw("asw watch one")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["NAME", "WORKFLOW", "PHASE", "STATES", "AGE", "DURATION"]
    assert lines[-1].split()[:3] == ["one", "hello", "Failed"]


async def test_values_that_were_stored_apart_come_back(space: Space) -> None:
    """Outputs and histories too large for the status are read whole, from whatever holds them."""
    space.apply(function("greet", SOURCE), workflow("hello", one_task("greet")))
    name = {"name": "A" * 9000, "size": 30_000}
    await asyncio.to_thread(space.run, "one", "hello", name)
    target = Target(namespace=space.namespace, kubeconfig=space.cluster.kubeconfig)
    async with open_runs(target) as runs:
        run = await runs.get("one")
        assert "outputRef" in run.status
        assert len((await runs.output(run))["text"]) == 30_000
        events = await runs.history(run)
        assert [event.id for event in events] == list(range(1, len(events) + 1))
        assert events[0].details["input"] == name
        assert (await runs.record(run)).outcome.output == await runs.output(run)
        async with aclosing(runs.watch(Query(), name="one")) as changes:
            assert (await anext(changes)).phase == "Succeeded"


def test_without_permission_the_rule_that_it_takes_is_told(
    asw: Typed, environment, space: Space, tmp_path: Path
) -> None:
    """A ServiceAccount without rights hears verb, resource, namespace and the rule."""
    space.kubectl("create", "serviceaccount", "nobody")
    token = space.kubectl("create", "token", "nobody").strip()
    config = yaml.safe_load(Path(environment["KUBECONFIG"]).read_text())
    config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
    file = tmp_path / "nobody"
    file.write_text(yaml.safe_dump(config))
    for line, verb in (("asw list", "list"), ("asw get one", "get"), ("asw watch", "list")):
        done = asw(f"{line} --kubeconfig {file}")
        assert (done.returncode, done.stdout) == (3, "")
        assert f"may not {verb} executions in namespace {space.namespace}" in done.stderr
        assert f'resources: ["executions"], verbs: ["{verb}"]' in done.stderr
    config["users"][0]["user"]["token"] = "wrong"
    file.write_text(yaml.safe_dump(config))
    unknown = asw(f"asw list --kubeconfig {file}")
    assert (unknown.returncode, "log in" in unknown.stderr) == (3, True)


def test_names_that_there_are_not(asw: Typed) -> None:
    """Workflow, namespace and context: each has its exit code and a remedy."""
    wrong = asw("asw start helo")
    assert (wrong.returncode, "did you mean hello?" in wrong.stderr) == (4, True)
    nowhere = asw("asw list -n no-such-namespace")
    assert (nowhere.returncode, "no namespace" in nowhere.stderr) == (3, True)
    context = asw("asw list --context no-such-context")
    assert (context.returncode, "no context" in context.stderr) == (3, True)


def test_kubectl_asw_is_the_same_program(
    asw: Typed, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a plugin it acts in the same place; shells complete names from the cluster."""
    space.run("one", "hello", {"name": "A"})
    assert asw("kubectl asw list -o name").stdout == "execution.asw.dev/one\n"
    monkeypatch.setattr("asw.cli.completion.SECONDS", 60.0)
    assert kubectl_answer(main, ["logs", "-n", space.namespace, "o"]) == "one\n:4"
