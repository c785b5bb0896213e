"""Measure the engine, beside moto's, and print one table: `make bench-engine`."""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.engine.figures import Figure, Goal, Row
from bench.engine.machines import LARGE_MAP, SMALL_MAP, TRANSITIONS
from bench.engine.moto import NoMotoError, seconds_in_moto

ROOT: Final = Path(__file__).parents[2]
RATE: Final = "{:,.0f}/s"

SPEED: Final = Goal(must=20_000, aim=50_000, is_more_better=True, form=RATE)
LEAD: Final = Goal(must=100, aim=500, is_more_better=True, form="{:.0f} x")
FLAT: Final = Goal(must=1.3, aim=1.1, is_more_better=False, form="{:.2f} x")
READING: Final = Goal(must=0.5, aim=0.15, is_more_better=False, form="{:.2f} s")


class Plan(NamedTuple):
    """In how many processes a measure runs, and how many rounds warm up and count in each."""

    processes: int
    warm_ups: int
    rounds: int


PLANS: Final[Mapping[str, Plan]] = {
    "transitions": Plan(3, 1, 5),
    "inline": Plan(1, 1, 5),
    "distributed": Plan(1, 1, 5),
    "JSONPath": Plan(5, 0, 1),
    "JSONata": Plan(3, 0, 1),
}


def samples_of(name: str) -> Mapping[str, Sequence[float]]:
    """Seconds by what they were spent on."""
    found: dict[str, list[float]] = defaultdict(list)
    plan = PLANS[name]
    words = ["-m", "bench.engine.measures", name, str(plan.warm_ups), str(plan.rounds)]
    for _ in range(plan.processes):
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        for sample in json.loads(done.stdout):
            for what, seconds in sample.items():
                found[what].append(seconds)
    return found


def rows(loop: Figure) -> Iterator[Row]:
    """Measure all but moto, one line of the table after the other."""
    yield Row(what="Pass and Choice, transitions", figure=loop, goal=SPEED)
    for name in ("inline", "distributed"):
        by_size = samples_of(name)
        what = f"{name} Map: {LARGE_MAP:,} beside {SMALL_MAP}"
        large, small = _each(by_size["large"]), _each(by_size["small"])
        yield Row(what=what, figure=large, beside=small, goal=FLAT)
    for language in ("JSONPath", "JSONata"):
        reading = Figure(samples=samples_of(language)["reading"], form="{:.2f} s")
        yield Row(what=f"definition of 1 MiB in {language}", figure=reading, goal=READING)


def moto_row(loop: Figure) -> Row:
    """The loop beside moto's. Raises NoMotoError."""
    moto = _rate(seconds_in_moto())
    return Row(what="the same, beside moto", figure=loop, beside=moto, goal=LEAD)


def _rate(seconds: Sequence[float]) -> Figure:
    return Figure(samples=[TRANSITIONS / each for each in seconds], form=RATE)


def _each(seconds: Sequence[float]) -> Figure:
    return Figure(samples=[each / LARGE_MAP * 1e6 for each in seconds], form="{:.1f} µs")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.engine", description=__doc__)
    parser.add_argument("--without-moto", action="store_true", help="leave moto alone")
    asked = parser.parse_args()
    loop = _rate(samples_of("transitions")["loop"])
    measured = list(rows(loop))
    if not asked.without_moto:
        try:
            measured.insert(1, moto_row(loop))
        except NoMotoError as problem:
            print(f"moto was not measured: {problem}", file=sys.stderr)
    Console(width=130).print(table_of(measured))
    return 0


def table_of(measured: Sequence[Row]) -> Table:
    """The rows, each against its goal."""
    table = Table(title="The engine alone: no cluster, no tasks, no disk")
    for column in ("what", "median", "min - max", "beside", "ratio", "must", "aim", "reached"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for row in measured:
        table.add_row(*row.cells())
    return table


if __name__ == "__main__":
    sys.exit(main())
