"""A Parallel or Map that is tried again: what the pictures tell of its tries."""

import pytest

from asw.executions.port import Children
from asw.executions.progress import HistoryReader, read_history
from tests.support.cases import a_case
from tests.support.play import Raised, definition, in_turn, task

ALL = {"ErrorEquals": ["States.ALL"]}
MAP = {"Type": "Map", "ItemProcessor": {"StartAt": "B", "States": {"B": task()}}}
PARALLEL = {"Type": "Parallel", "Branches": [MAP["ItemProcessor"]]}
INNER = {"StartAt": "I", "States": {"I": {**PARALLEL, "End": True}}}
NESTED = {"Type": "Parallel", "Branches": [INNER]}


def tried(state, *answers):
    """The history of a state that is tried twice, and then caught."""
    fields = {"Retry": [{**ALL, "MaxAttempts": 1}], "Catch": [{**ALL, "Next": "D"}], "Next": "D"}
    machine = definition("A", A={**state, **fields}, D={"Type": "Succeed"})
    return a_case(machine, [1, 2], {"work": in_turn(*answers)}).events


def test_items_are_those_of_the_map_and_not_of_what_failed_in_it():
    """The second try begins after an event of a state within, and is the Map's all the same."""
    progress = read_history(tried(MAP, 1, Raised("Odd"), 1, 2)).progress
    assert progress["A"].children == Children(2, 2, 0)
    assert progress["B"].children is None


@pytest.mark.parametrize("state", [MAP, PARALLEL, NESTED], ids=["Map", "Parallel", "nested"])
def test_a_state_that_is_given_up_shows_as_caught(state):
    """However deep within it the failure was."""
    progress = read_history(tried(state, *[Raised("Odd")] * 4)).progress
    assert progress["A"].mark == "caught"
    assert progress["D"].mark == "done"


@pytest.mark.parametrize("state", [MAP, PARALLEL, NESTED], ids=["Map", "Parallel", "nested"])
def test_what_an_earlier_try_had_open_is_open_no_more(state):
    """While the next try runs, its own states alone are at work."""
    events = tried(state, *[Raised("Odd")] * 4)
    begun = (it for it in events if it.type in ("ParallelStateStarted", "MapStateStarted"))
    before = {it.id: events[it.previous_event_id - 1].type for it in begun}
    second = next(id_ for id_, type_ in before.items() if not type_.endswith("StateEntered"))
    reader = HistoryReader()
    reader.feed(events[:second])
    assert {name: it.open for name, it in reader.progress().items() if it.open} == {"A": 1}
