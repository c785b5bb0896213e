"""Every Job that a namespace ever had, as a watch shows them while a test runs."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.space import Object, Space

_COLUMNS = (
    "NAME:.metadata.name",
    "UID:.metadata.uid",
    r"EXECUTION:.metadata.labels.asw\.dev/execution",
    r"TASK:.metadata.labels.asw\.dev/task",
    r"STATE:.metadata.annotations.asw\.dev/state",
)


MARK: Object = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "mark"},
    "spec": {
        "suspend": True,
        "template": {
            "spec": {"restartPolicy": "Never", "containers": [{"name": "none", "image": "none"}]}
        },
    },
}
"""Runs nothing: what the watch shows after it came after it."""


@dataclass
class SeenJobs:
    """Uids by name, and the state that each start of an execution was made for."""

    space: Space
    uids: dict[str, set[str]] = field(default_factory=dict)
    states: dict[str, dict[int, str]] = field(default_factory=dict)

    marks: set[str] = field(default_factory=set)

    def catch_up(self) -> None:
        """Wait until all Jobs of before are seen: a watch may be late, and keeps the order."""
        self.space.apply(MARK)
        uid = self.space.get("job", "mark")["metadata"]["uid"]
        self.space.until("the mark", lambda: uid in self.marks)
        self.space.kubectl("delete", "job", "mark")

    def see(self, line: str) -> None:
        """Take a line of the watch."""
        name, uid, execution, ordinal, state = line.split()
        if name == "mark":
            self.marks.add(uid)
            return
        self.uids.setdefault(name, set()).add(uid)
        if ordinal.isdigit():
            self.states.setdefault(execution, {})[int(ordinal)] = state


@contextmanager
def watched_jobs(space: Space) -> Iterator[SeenJobs]:
    """What is seen of the namespace's Jobs from now on; complete once the block is left."""
    seen = SeenJobs(space)
    words = [space.cluster.kubectl_binary, f"--kubeconfig={space.cluster.kubeconfig}"]
    words += [f"--namespace={space.namespace}", "get", "jobs", "--watch", "--no-headers"]
    words += [f"--output=custom-columns={','.join(_COLUMNS)}"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = process.stdout

        def follow() -> None:
            for line in lines:
                seen.see(line)

        thread = threading.Thread(target=follow)
        thread.start()
        try:
            yield seen
            seen.catch_up()
        finally:
            process.terminate()
            thread.join()
