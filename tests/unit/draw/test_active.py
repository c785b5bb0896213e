"""The view that moves has one line for each state at work, which says what it waits for."""

from datetime import timedelta

import pytest

from asw.draw.active import active_rows, states_done
from asw.executions.port import Children, TaskSnapshot, Wait
from asw.executions.progress import Progress, read_history
from tests.support.snapshots import START, events, machine_of

TASK = {"Type": "Task", "Resource": "asw:function:f", "End": True}


def working(**fields):
    """Progress of a state that is at work since START."""
    return Progress(**{"mark": "running", "visits": 1, "open": 1, "since": START, **fields})


def rows_of(progress, machine=None, waits=(), tasks=(), seconds=12):
    """The rows so many seconds after START."""
    return active_rows(machine, progress, waits, tasks, START + timedelta(seconds=seconds))


def test_states_at_work_have_a_row_each():
    """Those that are over and those not reached have none; time counts from the oldest visit."""
    progress = read_history(
        events(
            (0, "ExecutionStarted", None),
            (0, "TaskStateEntered", "A"),
            (2, "TaskStateExited", "A"),
            (3, "TaskStateEntered", "B"),
        )
    ).progress
    (row,) = rows_of(progress)
    assert (row.state, row.lines, row.elapsed) == ("B", 1, timedelta(seconds=9))
    assert states_done(progress) == 1


def test_a_clock_that_is_behind_makes_no_negative_time():
    """The cluster's clock may be ahead of this machine's."""
    (row,) = rows_of({"A": working()}, seconds=-5)
    assert row.elapsed == timedelta()


def test_branches_speak_for_their_parallel_and_items_stand_in_their_map():
    """A Parallel with work inside has no row; a Map has, and its states are set in."""
    machine = machine_of(
        {
            "P": {
                "Type": "Parallel",
                "End": True,
                "Branches": [
                    {"StartAt": "B", "States": {"B": TASK}},
                    {
                        "StartAt": "M",
                        "States": {
                            "M": {
                                "Type": "Map",
                                "End": True,
                                "ItemProcessor": {"StartAt": "I", "States": {"I": TASK}},
                            }
                        },
                    },
                ],
            }
        },
        "P",
    )
    progress = {
        "P": working(),
        "B": working(),
        "I": working(visits=40, open=40),
        "M": working(children=Children(3, 100)),
    }
    rows = [(row.state, row.depth, row.lines, row.children) for row in rows_of(progress, machine)]
    assert rows == [("B", 0, 1, None), ("M", 0, 1, Children(3, 100)), ("I", 1, 40, None)]
    assert [row.state for row in rows_of({"P": working()}, machine)] == ["P"]


def at(seconds):
    """So many seconds after START."""
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("waits", "note"),
    [
        pytest.param([Wait(state="A", kind="callback")], "waits for a callback", id="callback"),
        pytest.param(
            [Wait(state="A", kind="retry", until=at(20.5))], "tries again in 9 s", id="retry"
        ),
        pytest.param(
            [Wait(state="A", kind="retry", until=at(each)) for each in (90, 100)],
            "2 try again, the first in 1 min 18 s",
            id="retries",
        ),
        pytest.param(
            [Wait(state="A", kind="retry", until=at(3))], "tries again in 0 s", id="overdue"
        ),
        pytest.param([Wait(state="B", kind="callback")], "", id="another state"),
    ],
)
def test_a_row_says_what_is_waited_for(waits, note):
    """Of a try to come, a callback, the first of several."""
    (row,) = rows_of({"A": working()}, waits=waits)
    assert row.note == note


def test_a_timer_is_told_with_its_clock():
    """A Wait state says until when, and how long that is; the date where it is another day's."""
    (row,) = rows_of({"A": working()}, waits=[Wait(state="A", kind="timer", until=at(72))])
    assert row.note == f"until {at(72).astimezone():%H:%M:%S}, in 1 min"
    (row,) = rows_of({"A": working()}, waits=[Wait(state="A", kind="timer", until=at(300_000))])
    assert row.note == f"until {at(300_000).astimezone():%Y-%m-%d %H:%M:%S}, in 3 d 11 h"


def test_a_row_says_what_the_newest_task_met_with():
    """What somebody has to mend is said rather than which try it is; what is over is not."""
    progress = {"A": working(attempts=3)}
    old = TaskSnapshot(state="A", number=3, trouble="exit code 1")
    task = TaskSnapshot(state="A", number=4, trouble="no node has the memory")
    retry = Wait(state="A", kind="retry", until=at(20))
    assert [row.note for row in rows_of(progress)] == ["try 3"]
    assert [row.note for row in rows_of(progress, tasks=[task, old])] == ["no node has the memory"]
    well = TaskSnapshot(state="A", number=5)
    assert [row.note for row in rows_of(progress, tasks=[task, well])] == ["try 3"]
    rows = rows_of(progress, waits=[retry], tasks=[task])
    assert [row.note for row in rows] == ["tries again in 8 s: no node has the memory"]
