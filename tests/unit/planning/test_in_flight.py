"""What becomes of executions in flight when their Workflow gets another definition."""

from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.engine.step import begin, step
from asw.executions.run import Run
from asw.planning.in_flight import finished_states, flight_of
from tests.support.builders import chain
from tests.support.play import START, header


def machine(*functions):
    return parse(to_text(chain(*functions)))


OLD = machine("a", "b")


def run(revision="r1"):
    status = {"phase": "Running", "states": "S1"} | ({"revision": revision} if revision else {})
    return Run({"metadata": {"name": "flow-1"}, "spec": {}, "status": status})


def first_step():
    return step(OLD, begin(header(), {}), (), START)


def test_a_run_whose_states_are_all_there_could_move():
    """It keeps its revision, and a redrive could go on with the new one."""
    flight = flight_of(run(), machine("x", "y", "z"), old=OLD, record=first_step().record)
    assert flight.could_move
    assert flight.to_plain() == {
        "name": "flow-1",
        "phase": "Running",
        "states": "S1",
        "keepsRevision": "r1",
        "couldMove": True,
    }


def test_a_run_in_a_state_that_is_gone_could_not_move():
    """The reason names the state."""
    new = parse('{"StartAt": "T", "States": {"T": {"Type": "Succeed"}}}')
    flight = flight_of(run(), new, old=OLD, record=first_step().record)
    assert not flight.could_move
    assert flight.to_plain()["reason"] == "it has no state 'S1', which the run is in"


def test_finished_states_count_as_well():
    """A run that has left a state needs it in the new definition."""
    left = [
        it._replace(type="TaskStateExited") for it in first_step().history if "name" in it.details
    ]
    assert finished_states(left) == {"S1"}


def test_a_run_that_has_not_begun_takes_the_new_definition():
    """Nothing is pinned yet."""
    flight = flight_of(run(revision=None), OLD)
    assert flight.to_plain()["keepsRevision"] is None


def test_of_a_run_that_cannot_be_read_nothing_is_said():
    """Its revision or its record is gone: whether it could move is not known."""
    flight = flight_of(run(), OLD)
    assert flight.to_plain()["couldMove"] is None
