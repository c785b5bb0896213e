"""The analysis against the engine: what it says never happens does not happen."""

import json
import random

import pytest

from asw.asl.parse import parse
from asw.asl.problems import InvalidDefinition
from asw.lint.analysis.schema import of_schema
from asw.lint.analysis.walk import Walk
from tests.support.flow_check import contradictions, play
from tests.support.flows import a_flow
from tests.support.shapes import contains

MACHINES = 300
"""In each of the groups; a machine takes a few milliseconds."""


@pytest.mark.parametrize("group", range(4))
def test_no_run_contradicts_the_analysis(group: int) -> None:
    """Every value of every run on an input that fits is one that the analysis expects there."""
    chance = random.Random(f"analysis/{group}")
    looked_at = 0
    while looked_at < MACHINES:
        flow = a_flow(chance)
        text = json.dumps(flow.definition)
        try:
            machine = parse(text)
        except InvalidDefinition:
            continue
        looked_at += 1
        entered, _ = of_schema(flow.schema)
        walk = Walk(machine, entered)
        for value in flow.inputs:
            assert contains(entered, value), (flow.schema, value)
            found = contradictions(walk, play(machine, value, chance))
            assert not found, (found, value, flow.schema, text)
