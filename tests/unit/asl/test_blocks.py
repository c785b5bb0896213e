"""States of a machine on all of its levels."""

from dataclasses import replace

import pytest

from asw.asl.blocks import state_names, walk, with_state
from asw.asl.parse import parse
from asw.asl.values import to_text
from tests.support.play import definition

MAP = {
    "Type": "Map",
    "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}},
    "Next": "P",
}
PARALLEL = {
    "Type": "Parallel",
    "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}],
    "End": True,
}


@pytest.mark.parametrize("name", ["M", "I", "P", "B"])
def test_one_state_is_changed_and_no_other(name):
    """Whatever Parallel or Map it is in, all the others stay as they are."""
    machine = parse(to_text(definition("M", M=MAP, P=PARALLEL)))
    changed = with_state(machine, name, lambda state: replace(state, comment="new"))
    assert state_names(changed) == state_names(machine)
    assert {state.name for state in walk(changed.block) if state.comment == "new"} == {name}
