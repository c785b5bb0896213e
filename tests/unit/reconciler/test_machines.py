"""Parsed definitions are shared."""

import pytest

from asw.asl.parse import parse
from asw.asl.problems import InvalidDefinition
from asw.asl.values import to_text
from asw.reconciler.machines import Machines
from asw.reconciler.platform import Revision
from asw.reconciler.reading import Reader
from tests.support.play import definition


def revision(name: str) -> Revision:
    """A revision of some small flow."""
    text = to_text(definition("S", S={"Type": "Succeed"}))
    return Revision(name=name, workflow_name="flow", text=text)


async def test_a_revision_is_parsed_once() -> None:
    """All executions of a revision share one machine."""
    machines = Machines(2)
    assert machines.find("ns", "a") is None
    machine = await machines.parse("ns", revision("a"))
    assert await machines.parse("ns", revision("a")) is machine
    assert machines.find("ns", "a") is machine
    assert machines.find("other", "a") is None


async def test_the_least_used_is_dropped() -> None:
    """The cache keeps what runs and is bounded."""
    machines = Machines(2)
    for name in ("a", "b"):
        await machines.parse("ns", revision(name))
    machines.find("ns", "a")
    await machines.parse("ns", revision("c"))
    assert machines.find("ns", "b") is None
    assert machines.find("ns", "a") is not None


async def test_children_share_the_machine_of_their_map() -> None:
    """The ItemProcessor of a distributed Map is found in a machine that is known, and kept."""
    inner = definition("In", In={"Type": "Succeed"})
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    state = {"Type": "Map", "ItemProcessor": {"ProcessorConfig": mode, **inner}, "End": True}
    text = to_text(definition("All", All=state))
    machines = Machines(2, Reader(parse=parse))
    assert machines.find("ns", "a", "All") is None
    await machines.parse("ns", Revision(name="a", workflow_name="flow", text=text))
    machine = machines.find("ns", "a", "All")
    assert machine is not None
    assert machine.block.start_at == "In"
    assert machines.find("ns", "a", "All") is machine


async def test_a_definition_with_problems_is_not_kept() -> None:
    """What cannot be parsed raises each time."""
    broken = Revision(name="x", workflow_name="flow", text="{}")
    with pytest.raises(InvalidDefinition):
        await Machines(2).parse("ns", broken)
