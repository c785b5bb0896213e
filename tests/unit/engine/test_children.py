"""Children of distributed Maps: which machine they run, and that their names follow from ids."""

import pytest

from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.engine.children import NoSuchMap, child_header, child_machine, map_run_arn
from asw.engine.commands import StartChild
from asw.engine.task_ids import TaskId
from tests.support.play import START, UID, definition, header

CONFIG = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def _end(name: str) -> Json:
    return definition(name, **{name: {"Type": "Pass", "End": True}})


def _map(block: Json, **config: Json) -> Json:
    return {"Type": "Map", "ItemProcessor": {**block, **config}, "End": True}


def test_maps_are_found_at_any_depth() -> None:
    """The Map may stand in a branch of a Parallel, or in another Map's iterations."""
    wanted = _map(_end("inside"), ProcessorConfig=CONFIG)
    within = definition("around", around=_map(definition("wanted", wanted=wanted)))
    both: Json = {"Type": "Parallel", "Branches": [_end("other"), within], "End": True}
    machine = parse(to_text({**definition("both", both=both), "TimeoutSeconds": 5}))
    child = child_machine(machine, "wanted")
    assert list(child.block.states) == ["inside"]
    assert child.timeout_seconds is None, "the bound is the parent's"


@pytest.mark.parametrize("name", ["nowhere", "inline", "end"])
def test_nothing_but_a_distributed_map_has_children(name: str) -> None:
    """A name that the machine lacks, or that is another state's, is answered by name."""
    inline = {**_map(_end("inside")), "Next": "end"}
    del inline["End"]
    states = {"inline": inline, "end": {"Type": "Succeed"}}
    with pytest.raises(NoSuchMap, match=f"no distributed Map '{name}'"):
        child_machine(parse(to_text(definition("inline", **states))), name)


def test_names_follow_from_the_task_id() -> None:
    """A child that is started twice is the same child; another one is another."""
    first, again, other = (
        child_header(
            header(),
            StartChild(
                task_id=TaskId(UID, ordinal),
                state="each",
                label="mine",
                index=0,
                input=None,
                execution_type="STANDARD",
            ),
            START,
        )
        for ordinal in (4, 4, 5)
    )
    assert first == again
    assert first.uid != other.uid
    assert first.arn == (f"arn:aws:states:us-east-1:123456789012:execution:flow/mine:{first.name}")
    assert map_run_arn(header(), "mine", 4).rpartition(":")[2] == first.name
