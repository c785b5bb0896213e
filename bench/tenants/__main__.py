"""Attack the installed operator from one namespace and measure another: `make bench-tenants`.

A fresh operator and two fresh namespaces for each attack. The victim starts a run of one Pass
every 150 ms, first while nothing else happens. ``python -m bench.tenants jsonata-merge starts``
tries some by name, ``--all-at-once`` all together, ``--list`` says what each does.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import connect
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.reconciler.platform import PlatformError
from bench.tenants.attacker import BITES
from bench.tenants.catalogue import ATTACKS
from bench.tenants.figures import Disturbed, Round, table_of
from bench.tenants.operator_pod import renewed
from bench.tenants.tenant import settled
from bench.tenants.victim import victim_in

SECONDS = 15.0
QUIET = "(quiet)"
QUIET_TIMES = 3
"""The quiet round is so many times as long: all others are judged by its slowest runs."""
ALL = "(all at once)"
MOST_ENDS = 3
LONGEST_END_SECONDS = 15.0
_TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"


class Attacker:
    """The process that attacks."""

    def __init__(self, process: Process, output: asyncio.StreamReader) -> None:
        self._process = process
        self._output = output

    @classmethod
    async def begin(cls, kubeconfig: Path, seconds: float, attacks: Sequence[str]) -> "Attacker":
        """For so long, from when it bites."""
        words = ("-m", "bench.tenants.attacker", str(kubeconfig), kubeconfig.name)
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, str(seconds), *attacks, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        if BITES not in (await process.stdout.readline()).decode():
            raise Disturbed("the attack could not be prepared; see above")
        return cls(process, process.stdout)

    async def end(self) -> str:
        """What was refused to it. Raises Disturbed where it did not do what it was to do."""
        try:
            async with asyncio.timeout(LONGEST_END_SECONDS):
                told = await self._output.read()
        except TimeoutError:
            self._process.kill()
            told = b""
        if await self._process.wait() > 0:
            raise Disturbed("the attack failed; see above")
        return told.decode().strip()


class Bench:
    """Rounds on one cluster."""

    def __init__(self, admin: KubeClient, folder: Path, seconds: float) -> None:
        self._admin = admin
        self._folder = folder
        self._seconds = seconds
        self._stamp = f"{int(time.time()):x}"
        self._number = 0

    async def round(self, name: str, attacks: Sequence[str] = ()) -> Round:
        """A fresh operator, a victim, and somebody who does all this.

        Raises Disturbed, and PlatformError where the API server does not answer.
        """
        self._number += 1
        there = f"asw-tenants-{self._stamp}-{self._number}"
        names = [f"{there}-a", f"{there}-v"]
        async with settled(self._admin, names, self._folder) as (bad, good):
            pod = await asyncio.to_thread(renewed, self._admin)
            async with victim_in(good, good.name) as victim, pod.observed():
                if attacks:
                    attacker = await Attacker.begin(bad, self._seconds, attacks)
                    latencies = await victim.measure(self._seconds)
                    refused = await attacker.end()
                else:
                    latencies = await victim.measure(QUIET_TIMES * self._seconds)
                    refused = ""
                strain = await asyncio.to_thread(pod.strain)
            ends = await self._ends(bad.name)
        ends = ", refused: ".join(filter(None, (ends, refused)))
        return Round(name=name, latencies=latencies, strain=strain, ends=ends)

    async def _ends(self, namespace: str) -> str:
        """How many of its runs ended with which error, the most frequent first."""
        ends: Counter[str] = Counter()
        selectors = {"includeObject": "None"}
        async for page in self._admin.pages(EXECUTIONS, namespace, selectors, accept=_TABLE):
            names = [column["name"] for column in page["columnDefinitions"]]
            for row in page["rows"] or ():
                cells = dict(zip(names, row["cells"], strict=True))
                ends[cells["Error"] or cells["Phase"] or "not begun"] += 1
        return ", ".join(f"{count} {what}" for what, count in ends.most_common(MOST_ENDS))


async def measure(names: Sequence[str], *, seconds: float, is_one: bool) -> Sequence[Round]:
    """The quiet round, then one for each attack, or one for all of them."""
    rounds: list[Round] = []
    plan = [(QUIET, ()), *([(ALL, names)] if is_one else [(name, [name]) for name in names])]
    with tempfile.TemporaryDirectory() as folder:
        async with KubeClient(connect()) as admin:
            bench = Bench(admin, Path(folder), seconds)
            for name, attacks in plan:
                try:
                    rounds.append(await bench.round(name, attacks))
                except (Disturbed, PlatformError) as reason:
                    if not rounds:
                        raise
                    print(f"{name}: {reason}", file=sys.stderr, flush=True)
                    continue
                cells = rounds[-1].cells(rounds[0].latencies)
                print("  ".join(filter(None, cells)), file=sys.stderr, flush=True)
    return rounds


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.tenants", description=__doc__)
    parser.add_argument("attack", nargs="*", help="by default all, one after the other")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each is measured")
    parser.add_argument("--all-at-once", action="store_true", help="in one namespace, together")
    parser.add_argument("--list", action="store_true", help="print what each attack does")
    given = parser.parse_args()
    if unknown := set(given.attack) - ATTACKS.keys():
        parser.error(f"no such attack: {', '.join(sorted(unknown))}; see --list")
    if given.list:
        print("\n".join(f"{it.name:26}{it.says}" for it in ATTACKS.values()))
        return 0
    names = given.attack or list(ATTACKS)
    quiet, *rounds = asyncio.run(measure(names, seconds=given.seconds, is_one=given.all_at_once))
    Console(width=200).print(table_of(quiet, rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
