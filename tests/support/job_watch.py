"""Every Job that a namespace ever had, as a watch shows them while a test runs."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.space import Space

_COLUMNS = (
    "NAME:.metadata.name",
    "UID:.metadata.uid",
    r"EXECUTION:.metadata.labels.asw\.dev/execution",
    r"TASK:.metadata.labels.asw\.dev/task",
    r"STATE:.metadata.annotations.asw\.dev/state",
)


@dataclass
class SeenJobs:
    """Uids by name, and the state that each start of an execution was made for."""

    uids: dict[str, set[str]] = field(default_factory=dict)
    states: dict[str, dict[int, str]] = field(default_factory=dict)

    def see(self, line: str) -> None:
        """Take a line of the watch."""
        name, uid, execution, ordinal, state = line.split()
        self.uids.setdefault(name, set()).add(uid)
        if ordinal.isdigit():
            self.states.setdefault(execution, {})[int(ordinal)] = state


@contextmanager
def watched_jobs(space: Space) -> Iterator[SeenJobs]:
    """What is seen of the namespace's Jobs from now on; complete once the block is left."""
    seen = SeenJobs()
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
        finally:
            process.terminate()
            thread.join()
