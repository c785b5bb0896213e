"""Work of namespaces takes turns on the event loop; the clock goes on by what the work costs."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.engine.facts import Fact
from asw.engine.limits import Pace
from asw.engine.record import Record
from asw.engine.step import Step, step
from asw.reconciler.places import Places
from asw.reconciler.turns import ROUND_SECONDS, STEP_SECONDS, Turns
from tests.support.play import definition
from tests.support.virtual_time import VirtualTimeLoop
from tests.support.world import World

PASS = definition("P", P={"Type": "Pass", "End": True})


class Processor:
    """A clock that work moves on; ``log`` has each piece: whose it was, and when it ended."""

    def __init__(self) -> None:
        self.time = 0.0
        self.log: list[tuple[str, float]] = []
        self.turns = Turns(lambda: self.time)

    async def work(self, namespace: str, *costs: float) -> None:
        """Pieces that cost so much, each followed by giving way to the others."""
        for cost in costs:
            self.time += cost
            self.log.append((namespace, self.time))
            await asyncio.sleep(0)

    def begin(self, namespace: str, *costs: float) -> asyncio.Task[None]:
        """The same as a worker that takes turns."""
        return asyncio.create_task(
            self.turns.paced(namespace, lambda: self.work(namespace, *costs))
        )


async def test_who_comes_after_a_thousand_of_another_namespace_is_next() -> None:
    """It waits for the piece at hand, not for all that were there before it."""
    processor = Processor()
    many = [processor.begin("many", 0.05) for _ in range(1000)]
    await asyncio.sleep(0)
    came_at = processor.time
    await processor.begin("one", 0.001)
    ((_, ended_at),) = [entry for entry in processor.log if entry[0] == "one"]
    assert ended_at - came_at <= 0.05 + 0.001 + 1e-9
    await asyncio.gather(*many)
    assert len(processor.log) == 1001


async def test_namespaces_get_equal_time_not_equal_turns() -> None:
    """One whose pieces are ten times as long gets a tenth of the turns."""
    processor = Processor()
    works = [("long", 0.05), ("short", 0.005)] * 50
    await asyncio.gather(*(processor.begin(name, *[cost] * 40) for name, cost in works))
    used: dict[str, float] = defaultdict(float)
    before = 0.0
    for namespace, at in processor.log:
        used[namespace] += at - before
        before = at
        if used["short"] > 9:  # of the 10 s that it needs, when both still wait
            break
    assert used["long"] == pytest.approx(used["short"], rel=0.1)


async def test_a_namespace_is_served_in_the_order_of_its_wakes() -> None:
    """Within one it is first come, first served, also where a turn came too late in its round."""
    processor = Processor()
    order: list[int] = []

    async def note(number: int) -> None:
        processor.time += ROUND_SECONDS
        order.append(number)

    works = [
        processor.turns.paced("one", lambda number=number: note(number)) for number in range(30)
    ]
    await asyncio.gather(*map(asyncio.create_task, works))
    assert order == list(range(30))


async def test_the_loop_is_looked_at_between_pieces() -> None:
    """However much waits, what comes in (probes, the Lease, answers) is served after each piece."""
    processor = Processor()
    looks: list[float] = []

    async def look() -> None:
        while True:
            looks.append(processor.time)
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    await asyncio.gather(*(processor.begin(f"n{n % 7}", 0.05) for n in range(100)))
    looking.cancel()
    gaps = [later - earlier for earlier, later in pairwise(looks)]
    assert max(gaps) <= 0.05 + 1e-9


async def test_alone_it_goes_on_at_once() -> None:
    """Where nobody waits a piece of work costs no look of the loop."""
    processor = Processor()
    done: list[str] = []

    async def other() -> None:
        done.append("other")

    async def alone() -> None:
        done.append("alone")

    first = asyncio.create_task(processor.turns.paced("one", alone))
    second = asyncio.create_task(other())
    await asyncio.gather(first, second)
    assert done == ["alone", "other"]


async def test_work_ends_as_it_would_without_turns() -> None:
    """Results, failures and time-outs pass, and who is cancelled while waiting leaves the line."""
    turns = Turns(lambda: 0.0)

    async def give(value: Any) -> Any:
        await asyncio.sleep(1)
        if isinstance(value, Exception):
            raise value
        return value

    async def in_time() -> str:
        try:
            async with asyncio.timeout(5):
                await asyncio.Event().wait()
        except TimeoutError:
            return "late"
        return "early"

    assert await turns.paced("a", lambda: give(7)) == 7
    with pytest.raises(LookupError):
        await turns.paced("a", lambda: give(LookupError("no")))
    assert await turns.paced("a", in_time) == "late"


async def test_cancelled_while_waiting() -> None:
    """Who is cancelled before its turn ends at once, and those behind it have theirs."""
    processor = Processor()
    first, second, third = (processor.begin("one", 0.05) for _ in range(3))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, third)
    with pytest.raises(asyncio.CancelledError):
        await second
    assert len(processor.log) == 2


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.lists(st.floats(0.0001, 0.1), max_size=6)),
        max_size=30,
    )
)
def test_all_work_is_done_and_nobody_waits_for_long(
    works: list[tuple[str, list[float]]],
) -> None:
    """Whatever is there: a newcomer waits for the piece at hand and one of each namespace."""
    processor = Processor()
    waited: list[float] = []

    async def arrive() -> None:
        tasks = [processor.begin(namespace, *costs) for namespace, costs in works]
        await asyncio.sleep(0)
        came_at = processor.time
        await processor.begin("new", 0.0)
        ended_at = next(at for namespace, at in processor.log if namespace == "new")
        waited.append(ended_at - came_at)
        await asyncio.gather(*tasks)

    _run(arrive)
    assert len(processor.log) == 1 + sum(len(costs) for _, costs in works)
    longest: dict[str, float] = defaultdict(float)
    for namespace, costs in works:
        longest[namespace] = max(longest[namespace], *costs, 0.0)
    at_hand = max(longest.values(), default=0.0)
    assert waited[0] <= at_hand + sum(longest.values()) + 1e-9


def _run(action: Callable[[], Awaitable[None]]) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:

        async def main() -> None:
            await action()

        runner.run(main())


async def test_a_namespace_has_so_many_places() -> None:
    """Passes of one namespace wait for each other; those of another do not wait for them."""
    places = Places(2)
    inside: list[str] = []
    leave = asyncio.Event()

    async def come(namespace: str) -> None:
        async with places.place(namespace):
            inside.append(namespace)
            await leave.wait()

    tasks = [asyncio.create_task(come(name)) for name in ("a", "a", "a", "b")]
    await asyncio.sleep(1)
    assert inside == ["a", "a", "b"]
    leave.set()
    await asyncio.gather(*tasks)
    assert inside == ["a", "a", "b", "a"]
    assert not places._free


class CostlyWorld:
    """A world in which each step of namespace ``busy`` takes 50 ms of a processor's time.

    An execution of ``calm`` comes in their midst, after a second; ``calm_at`` is when it is
    worked on.
    """

    def __init__(self) -> None:
        self.processor = Processor()
        self.world = World(step_function=self._step, turns=self.processor.turns)
        self.came_at: float | None = None
        self.calm_at = 0.0
        for namespace in ("busy", "calm"):
            self.world.platform.put_workflow(namespace, PASS, namespace=namespace)

    def _step(
        self, machine: Any, record: Record, facts: list[Fact], now: Any, may_go_on: Pace
    ) -> Step:
        if record.header.workflow_name == "calm":
            self.calm_at = self.processor.time
        self.processor.time += 0.05
        if self.processor.time > 1 and self.came_at is None:
            self.came_at = self.processor.time
            self.world.platform.put_execution("calm", namespace="calm")
        return step(machine, record, facts, now, may_go_on)


async def test_a_run_beside_a_thousand_costly_ones_is_worked_on_soon() -> None:
    """A namespace whose thousand runs take 50 s of the processor does not delay another's."""
    costly = CostlyWorld()
    for _ in range(1000):
        costly.world.platform.put_execution("busy", namespace="busy")
    executions = costly.world.platform.executions.values()
    await costly.world.until(lambda: all(it.is_finished for it in executions))
    assert costly.processor.time > 50
    assert costly.came_at is not None
    assert costly.calm_at - costly.came_at < 0.5


async def test_a_step_that_takes_long_is_cut_and_saved() -> None:
    """What a step of many transitions decided so far is stored before it goes on."""
    processor = Processor()
    states = {
        f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} if n < 99 else {"Type": "Pass", "End": True}
        for n in range(100)
    }

    def slow(machine: Any, record: Any, facts: Any, now: Any, may_go_on: Pace) -> Step:
        def go_on() -> bool:
            processor.time += STEP_SECONDS / 10
            return may_go_on()

        return step(machine, record, facts, now, go_on)

    world = World(step_function=slow, turns=processor.turns)
    world.platform.put_workflow("flow", definition("S0", **states))
    key = world.platform.put_execution("flow")
    assert (await world.finish(key)).status == "SUCCEEDED"
    assert len(world.execution(key).saves) >= 8
    assert [event.id for event in world.execution(key).history] == list(range(1, 203))
