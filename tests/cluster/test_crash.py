"""The operator is killed again and again; nothing is lost, doubled or left behind."""

import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.host_operator import host_operator
from tests.support.space import Object, Space, call, execution, function, workflow

pytestmark = pytest.mark.cluster

EXECUTIONS = 20
LENGTH = 5
KILLS = 10
SOURCE = "def main_handler(event, context):\n    return event + 1\n"


def _chain() -> Object:
    names = [f"t{n}" for n in range(1, LENGTH + 1)]
    states = {name: call("inc", Next=after) for name, after in pairwise(names)}
    return {"StartAt": names[0], "States": {**states, names[-1]: call("inc")}}


@contextmanager
def created_jobs(space: Space) -> Iterator[dict[str, set[str]]]:
    """Uids of all Jobs ever seen in the namespace, by name."""
    seen: dict[str, set[str]] = defaultdict(set)
    words = [space.cluster.kubectl_binary, f"--kubeconfig={space.cluster.kubeconfig}"]
    words += [f"--namespace={space.namespace}", "get", "jobs", "--watch", "--no-headers"]
    words += ["--output=custom-columns=NAME:.metadata.name,UID:.metadata.uid"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = process.stdout

        def follow() -> None:
            for line in lines:
                name, uid = line.split()
                seen[name].add(uid)

        thread = threading.Thread(target=follow)
        thread.start()
        yield seen
        process.terminate()
        thread.join()


def test_ten_kills(space: Space, tmp_path: Path) -> None:
    """Ten SIGKILLs while 20 chains of five run: all succeed, each Job once, history whole."""
    names = [f"run-{n}" for n in range(EXECUTIONS)]
    log = tmp_path / "operator.log"
    with created_jobs(space) as jobs, host_operator(space.cluster, log) as operator:
        space.apply(function("inc", SOURCE), workflow("chain", _chain()))
        space.apply(*(execution(name, "chain", 0) for name in names))
        for _ in range(KILLS):
            time.sleep(2)  # lets it get somewhere; what is promised does not depend on how far
            assert operator.is_running, log.read_text()[-3000:]
            operator.kill()
            operator.start()
        ends = {name: space.finished(name, limit=300)["status"] for name in names}
    assert {status["phase"] for status in ends.values()} == {"Succeeded"}
    assert {status["output"] for status in ends.values()} == {LENGTH}
    for name, status in ends.items():
        ids = [event["id"] for event in status["history"]]
        assert ids == list(range(1, len(ids) + 1)), name
        assert [event["type"] for event in status["history"]] == _expected_types()
    assert len(jobs) == EXECUTIONS * LENGTH
    assert all(len(uids) == 1 for uids in jobs.values())


def _expected_types() -> list[str]:
    one = [
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
    ]
    return ["ExecutionStarted", *one * LENGTH, "ExecutionSucceeded"]
