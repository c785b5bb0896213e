"""Chains of warm calls under load, while pods and operators are killed at random; and the count.

Whatever happens: a start takes effect once at most, only what was lost with its pod is tried again,
nothing waits for ever, and the operator's counts of slots are right soon after each kill.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from asw.api.retention import DAY
from tests.soak.calls import Calls, counted_calls
from tests.soak.harms import CONCURRENCY, FUNCTIONS, KINDS, MOST_RESTARTS, VIOLENT, Harms, called
from tests.soak.verdict import Run, Seen, faults
from tests.support.host_operator import host_replicas
from tests.support.space import Object, Space, call, events, execution, workflow

STATES = ("S0", "S1", "S2", "S3")
IN_FLIGHT = 4
"""Executions of each Workflow at a time."""
LONGEST_CALL = 1.5
PAUSE_SECONDS = (1.0, 6.0)
"""Between two harms."""
CENSUS = "census"
"""Instead of a harm: one whose effect on the slots is counted."""
CENSUS_EVERY = 60.0
END_SECONDS = 180.0
"""No execution may take longer once nothing befalls it any more."""
COUNT_SECONDS = 60.0
"""Slots that are not counted right by then are said to be wrong for ever."""
SLOT_SECONDS = 5.0
"""So soon after a kill all slots are to be counted right."""
LOOK_SECONDS = 0.25


def chain(name: str) -> Object:
    """A call in each state, one after the other."""
    states = {}
    for state, later in zip(STATES, [*STATES[1:], ""], strict=True):
        states[state] = call(name, **({"Next": later} if later else {}))
    stay = {outcome: {"ttlSeconds": DAY} for outcome in ("succeeded", "failed")}
    return workflow(name, {"StartAt": STATES[0], "States": states}, retention=stay)


@dataclass(kw_only=True)
class Soak:
    """One soak in a namespace of its own. ``counted`` has how long the counts were wrong, in s."""

    space: Space
    calls: Calls
    seen: Seen
    harms: Harms
    tell: Callable[[str], None]
    counted: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _begun: dict[str, float] = field(default_factory=dict)
    _number: int = 0

    def begin(self) -> None:
        """Functions with their pods up, and Workflows."""
        self.space.apply(*(called(name, self.calls) for name in FUNCTIONS), *map(chain, FUNCTIONS))
        for name in FUNCTIONS:
            self.space.until(f"pods of {name}", partial(self._ready, name))

    def go(self, kinds: Iterable[str]) -> None:
        """One harm after the other under load; then calm, until all have ended."""
        for kind in kinds:
            if kind == CENSUS:
                self._census()
            else:
                self.tell(kind)
                self.harms.do(kind)
            end = time.monotonic() + self.harms.chance.uniform(*PAUSE_SECONDS)
            while time.monotonic() < end:
                self._load()
                self.harms.go_on()
                time.sleep(LOOK_SECONDS)
        self._census()
        self._finish()

    def _finish(self) -> None:
        self.harms.go_on(at_once=True)
        end = time.monotonic() + END_SECONDS
        while self._begun and time.monotonic() < end:
            self._gather()
            time.sleep(LOOK_SECONDS)
        self.complaints += [f"{name} does not end" for name in self._begun]
        self._count("all is over")
        self.seen.calls = list(self.calls.all)

    def _ready(self, name: str) -> int:
        status: Object = self.space.get("function", name).get("status", {})
        return int(status.get("warm", {}).get("ready", 0))

    # Load

    def _load(self) -> None:
        self._gather()
        made = []
        for name in FUNCTIONS:
            there = sum(it.startswith(name) for it in self._begun)
            for _ in range(IN_FLIGHT - there if IN_FLIGHT - there > 1 else 0):
                self._number += 1
                made.append(execution(f"{name}-{self._number}", name, 0))
        if made:
            self.space.apply(*made)
            now = time.monotonic()
            self._begun |= {it["metadata"]["name"]: now for it in made}

    def _gather(self) -> None:
        """Note the executions that have ended."""
        ended = []
        for item in self.space.all("executions"):
            name, status = item["metadata"]["name"], item.get("status", {})
            if name not in self._begun or "completionTime" not in status:
                continue
            run = Run(
                name=name,
                repeats=FUNCTIONS[item["spec"]["workflowRef"]["name"]] == "Retry",
                phase=status["phase"],
                output=status.get("output"),
                error=status.get("error"),
                begun_at=self._begun.pop(name),
                ended_at=time.monotonic(),
                losses=tuple(
                    f"{it['error']}: {it.get('cause')}"
                    for it in events(status, "LambdaFunctionFailed")
                ),
            )
            self.seen.runs.append(run)
            ended.append(name)
        if ended:
            self.space.kubectl("delete", "executions", *ended, "--wait=false")

    # Slots

    def _census(self) -> None:
        """Hold all calls, so that slots stay as they are; do harm, and see how soon it is known."""
        self.harms.go_on(at_once=True)
        self.calls.released.clear()
        self._count("before harm")
        kind = self.harms.chance.choice(VIOLENT)
        self.harms.most_restarts = 1  # how long the kubelet waits before another is its business
        self.harms.do(kind)
        self.harms.most_restarts = MOST_RESTARTS
        self.counted.append(self._count(kind))
        self.tell(f"{kind}: slots are right after {self.counted[-1]:.1f} s")
        self.calls.released.set()

    def _count(self, when: str) -> float:
        """Until the operator's counts are those of the calls themselves; how long that took."""
        begun = time.monotonic()
        while (told := self._slots()) is None or told != (truth := self._true_slots()):
            if time.monotonic() > begun + COUNT_SECONDS:
                names = sorted(it["metadata"]["name"] for it in self.harms.pods())
                self.complaints.append(
                    f"{when}: slots busy and free are {told}, in truth {truth}; {names}; "
                    f"{[f'{it.host} {it.execution} {it.state}' for it in self.calls.running]}"
                )
                self.tell(self.complaints[-1])
                break
            time.sleep(LOOK_SECONDS)
        return time.monotonic() - begun

    def _slots(self) -> tuple[int, int] | None:
        """Busy and free slots as the holder counts them."""
        holder = self.harms.holder()
        told = {} if holder is None else holder.metrics()
        busy, free = (told.get(f'asw_warm_slots{{state="{it}"}}') for it in ("busy", "free"))
        return None if busy is None or free is None else (int(busy), int(free))

    def _true_slots(self) -> tuple[int, int]:
        """The same as calls tell it, and pods that may get more."""
        there = {it["metadata"]["name"] for it in self.harms.pods()}
        running = [it for it in self.calls.running if it.is_warm]
        return len(running), CONCURRENCY * len(there) - sum(it.host in there for it in running)


def at_random(seed: int, seconds: float) -> Iterator[str]:
    """Harms for so long, and the count in between."""
    chance, end = random.Random(seed), time.monotonic() + seconds
    counted_at = time.monotonic()
    while time.monotonic() < end:
        if time.monotonic() > counted_at + CENSUS_EVERY:
            yield CENSUS
            counted_at = time.monotonic()
        yield chance.choices([*KINDS], [weight for _, weight in KINDS.values()])[0]


@contextmanager
def soaking(
    space: Space, seed: int, logs: Path, tell: Callable[[str], None] = print
) -> Iterator[Soak]:
    """Two replicas on this machine instead of what is installed, and something to count with."""
    chance = random.Random(seed)
    pace = random.Random(seed + 1)
    with (
        counted_calls(space.cluster, lambda: pace.uniform(0.02, LONGEST_CALL)) as calls,
        host_replicas(space.cluster, logs, space.namespace) as replicas,
    ):
        seen = Seen(states=STATES)
        harms = Harms(space=space, calls=calls, seen=seen, replicas=replicas, chance=chance)
        soak = Soak(space=space, calls=calls, seen=seen, harms=harms, tell=tell)
        soak.begin()
        yield soak


def complaints(soak: Soak) -> list[str]:
    """Everything that is wrong."""
    return [*soak.complaints, *faults(soak.seen)]
