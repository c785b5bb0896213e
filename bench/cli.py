"""Measure how long commands take from nothing to their end: `make bench-cli`. No cluster.

Each is a process of its own, as a user starts it; files are made anew. The user waits for the wall,
whose least value says what the program costs, and the median what it costs on this machine now.
Modules are compiled before, as they are where a program was installed: where a checkout must not
keep its bytecode, a third of the time would be that of the compiler.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from asw.asl.values import Json

TIMES = 20
STATES = 6_000
"""They make a definition of nearly a megabyte."""
EXAMPLE = Path(__file__).parents[1] / "examples/01-sum"
LOOKING = ("list", "get sum-1", "logs sum-1", "history sum-1", "why sum-1")
"""Verbs that show what a store has."""
GOALS: Mapping[str, float] = {
    "asw --help": 0.15,
    "asw validate (manifests)": 0.4,
    **{f"asw {words} --local": 0.25 for words in LOOKING},
}
"""Seconds that were promised."""


def definition(states: int, last: str = "End") -> Json:
    """Pass states in a row; the last one ends the machine, or says so with a slip."""
    names = [f"State {number} of a long line" for number in range(states)]
    made: dict[str, Json] = {
        name: {"Type": "Pass", "Comment": "x" * 64, "Next": follower}
        for name, follower in pairwise(names)
    }
    made[names[-1]] = {"Type": "Pass", last: True}
    return {"StartAt": names[0], "States": made}


def commands(folder: Path) -> Mapping[str, Sequence[str]]:
    """What is measured, by how it is called in the table."""
    (folder / "small.asl.json").write_text(json.dumps(definition(3)))
    (folder / "wrong.asl.json").write_text(json.dumps(definition(3, "Edn"), indent=2))
    (folder / "large.asl.json").write_text(json.dumps(definition(STATES), indent=1))
    (folder / "large-wrong.asl.json").write_text(json.dumps(definition(STATES, "Edn"), indent=1))
    return {
        "asw --help": ["--help"],
        "asw validate (manifests)": ["validate", str(EXAMPLE)],
        "asw validate (definition)": ["validate", str(folder / "small.asl.json")],
        "asw validate (a mistake)": ["validate", str(folder / "wrong.asl.json")],
        "asw validate --strict": ["validate", "--strict", str(EXAMPLE)],
        "asw validate (1 MB)": ["validate", str(folder / "large.asl.json")],
        "asw validate (1 MB, a mistake)": ["validate", str(folder / "large-wrong.asl.json")],
        "asw run -q (a Task)": ["run", "-q", "--data", str(folder / "data"), str(EXAMPLE)],
        **{
            f"asw {words} --local": [*words.split(), "--data", str(folder / "store")]
            for words in LOOKING
        },
    }


def make_store(folder: Path) -> None:
    """A store with one execution, which the verbs that look are asked for."""
    words = ["run", "-q", "--name", "sum-1", "--data", str(folder / "store"), str(EXAMPLE)]
    subprocess.run([sys.executable, "-m", "asw", *words], capture_output=True, check=True)


def compiled(folder: Path) -> Mapping[str, str]:
    """The environment of a program whose bytecode is kept, in this folder."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder)}


def measured(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[list[float], float]:
    """Seconds of every run on the wall, and those of a processor in the quickest half."""
    command = [sys.executable, "-m", "asw", *arguments]
    subprocess.run(command, capture_output=True, check=False, env=environment)
    walls, processor = [], []
    for _ in range(TIMES):
        before, began = _processor_seconds(), time.perf_counter()
        subprocess.run(command, capture_output=True, check=False, env=environment)
        walls.append(time.perf_counter() - began)
        processor.append(_processor_seconds() - before)
    return walls, statistics.mean(sorted(processor)[: TIMES // 2])


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print one table."""
    table = Table("command", "median", "least", "processor", "promised")
    with tempfile.TemporaryDirectory() as folder:
        environment = compiled(Path(folder) / "bytecode")
        make_store(Path(folder))
        for name, arguments in commands(Path(folder)).items():
            walls, processor = measured(arguments, environment)
            seconds = (statistics.median(walls), min(walls), processor)
            promised = f"< {GOALS[name]} s" if name in GOALS else ""
            table.add_row(name, *(f"{each:.2f} s" for each in seconds), promised)
    Console().print(table)


if __name__ == "__main__":
    main()
