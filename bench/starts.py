"""Measure what each runtime adds to a task: `make bench-starts`. No cluster.

A process is started as a pod starts it, with the variables of the contract, and posts its result
over TLS to a server here. The clock runs until the process has ended. The
runtimes take turns, so that whatever else this machine does is shared fairly. Name interpreters to
measure others than those of this machine, such as those of the images:
`make bench-starts INTERPRETERS="python=/path nodejs=/path"`.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.functions.result_server import ResultServer, serving
from tests.functions.tasks import FUNCTIONS, Code, environment

TIMES = 40
SUM = Code(
    python="def main_handler(event, context):\n    return event['a'] + event['b']",
    nodejs="exports.main_handler = async (event) => event.a + event.b",
)
MODULES = {"index.mjs": "export const main_handler = async (event) => event.a + event.b"}


@dataclass(slots=True)
class Case:
    """A function in a runtime, and what was measured of it in seconds."""

    words: list[str]
    variables: Mapping[str, str]
    walls: list[float] = field(default_factory=list)
    processors: list[float] = field(default_factory=list)

    def run(self, server: ResultServer) -> None:
        """Run it once; the result is at the server when the process ends."""
        before, used = time.perf_counter(), _used()
        subprocess.run(self.words, env=self.variables, check=True, capture_output=True)
        self.walls.append(time.perf_counter() - before)
        self.processors.append(_used() - used)
        if server.bodies() != [b'{"output":3}']:
            raise RuntimeError(f"{self.words[0]} did not push its result: {server.bodies()}")
        server.calls.clear()


def cases(interpreters: Mapping[str, str], pushing: Mapping[str, str]) -> dict[str, Case]:
    """By the name under which each is shown; with a timeout a runtime starts a thread more."""
    python = [
        interpreters["python"],
        "-S",
        "-P",
        str(FUNCTIONS / "python3/asw_runtime/__main__.py"),
    ]
    node = [interpreters["nodejs"], str(FUNCTIONS / "nodejs/asw_runtime/main.js")]
    given = {"ASW_EVENT": '{"a":1,"b":2}', **pushing}
    limited = {**given, "ASW_TIMEOUT_SECONDS": "30"}
    return {
        "python3": Case(python, environment("python", SUM, **given)),
        "python3, with a timeout": Case(python, environment("python", SUM, **limited)),
        "nodejs": Case(node, environment("nodejs", SUM, **given)),
        "nodejs, an ES module": Case(node, environment("nodejs", MODULES, **given)),
        "nodejs, with a timeout": Case(node, environment("nodejs", SUM, **limited)),
    }


def main() -> None:
    """Measure, and print a table in milliseconds."""
    given = dict(word.split("=", 1) for word in sys.argv[1:])
    found = {"python": sys.executable, "nodejs": shutil.which("node") or "node", **given}
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        measured = cases(found, server.variables())
        for _ in range(TIMES + 1):
            for case in measured.values():
                case.run(server)
    table = Table("runtime", "median", "least", "processor", title=f"{os.cpu_count()} cores, ms")
    for name, case in measured.items():
        walls, processors = case.walls[1:], case.processors[1:]  # the first reads from the disk
        row = (statistics.median(walls), min(walls), statistics.median(processors))
        table.add_row(name, *(f"{1000 * seconds:.0f}" for seconds in row))
    Console().print(table)


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
