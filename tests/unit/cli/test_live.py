"""The view that follows executions: pictures on a terminal, plain lines elsewhere, or nothing."""

import asyncio
import io
from datetime import timedelta

import pytest
from rich.console import Console

from asw.cli.acting.following import AT_ONCE, follow
from asw.cli.live import LiveView
from asw.cli.views.moving import why_it_stands
from asw.executions.port import Children, Wait
from asw.exits import NOT_FOUND, TIMED_OUT
from asw.failures import Failure
from tests.support.snapshots import START, PlayedRuns, a_run, a_snapshot, events, machine_of

TWO = machine_of(
    {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Wait", "Seconds": 9, "End": True}}, "A"
)
HISTORY = events(
    (0, "ExecutionStarted", None),
    (0, "PassStateEntered", "A"),
    (2, "PassStateExited", "A"),
    (3, "WaitStateEntered", "B"),
    (4, "WaitStateExited", "B"),
    (5, "ExecutionSucceeded", None),
)


def a_console(*, is_terminal, width=80, height=24):
    """A console that writes to memory."""
    return Console(
        file=io.StringIO(),
        force_terminal=is_terminal,
        width=width,
        height=height,
        color_system=None,
        highlight=False,
    )


def frame(snapshot, seconds=10, width=80, height=24):
    """The lines of the picture of this sight, so many seconds after START."""
    console = a_console(is_terminal=True, width=width, height=height)
    view = LiveView(console, is_moving=True)
    view.take(snapshot)
    with console.capture() as captured:
        console.print(view._picture(START + timedelta(seconds=seconds)))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_picture_has_head_work_and_graph():
    """A terminal shows who runs, what is at work for how long, and the graph with its marks."""
    wait = Wait(state="B", kind="timer", until=START + timedelta(seconds=12))
    lines = frame(a_snapshot(history=HISTORY[:4], machine=TWO, waits=(wait,)))
    assert lines[0] == "run-1  Running  10.0 s  1 state done"
    assert lines[1].split(maxsplit=1)[1].startswith("B       7.0 s  until ")
    assert lines[1].endswith("in 2 s")
    assert any("✓ A  Pass" in line for line in lines)
    assert any("⋯ B  Wait" in line for line in lines)


def test_graph_gives_way_where_it_does_not_fit():
    """In few lines the states at work are shown rather than half a graph."""
    lines = frame(a_snapshot(history=HISTORY[:4], machine=TWO), height=8)
    assert len(lines) == 2
    assert "B" in lines[1]


def test_more_states_than_lines_are_counted():
    """What has no line is not left out silently."""
    many = events(*((0, "TaskStateEntered", f"S{number}") for number in range(50)))
    lines = frame(a_snapshot(history=many), height=12)
    assert len(lines) <= 10
    assert lines[-1] == f"  and {50 - (len(lines) - 2)} more"


def test_map_has_a_bar():
    """A Map shows done, failed and all; wide names and long notes are cut at the width."""
    begun = events((0, "ExecutionStarted", None), (0, "MapStateEntered", "每一个订单"))
    snapshot = a_snapshot(history=begun, map_runs={"每一个订单": Children(5000, 10000, 100)})
    (line,) = (line for line in frame(snapshot) if "每一个订单" in line)
    assert line.count("━") == 12
    assert line.endswith("5,000/10,000  100 failed")
    assert all(len(line) <= 20 for line in frame(snapshot, width=20))
    assert len(frame(snapshot, width=20)) == 2


def test_suspended_and_pending_say_why_nothing_happens():
    """An execution without work says what it stands for."""
    suspended = a_run(spec={"suspend": True})
    assert frame(a_snapshot(suspended))[1] == "  suspended: asw resume run-1 resumes it"
    pending = a_run(phase="Pending")
    assert frame(a_snapshot(pending))[1] == "  not started yet: the operator has not picked it up"
    stalled = {"type": "Stalled", "status": "True", "reason": "WorkflowMissing", "message": "none"}
    stuck = a_run(phase="Pending", status={"conditions": [stalled]})
    assert frame(a_snapshot(stuck))[1] == "  WorkflowMissing none"


@pytest.mark.parametrize(
    ("phase", "kind", "reason", "told"),
    [
        ("Pending", "Reconciling", "WaitingForSlot", "WaitingForSlot why"),
        ("Running", "Stalled", "RecordLost", "RecordLost why"),
        ("Running", "Reconciling", "Running", ""),
        ("Failed", "Stalled", "Failed", ""),
    ],
    ids=["waits", "is stuck", "goes its way", "is over"],
)
def test_only_what_stands_is_told_why(phase, kind, reason, told):
    """The conditions of one at work, or over, give no reason to wait."""
    condition = {"type": kind, "status": "True", "reason": reason, "message": "why"}
    assert why_it_stands(a_run(phase=phase, status={"conditions": [condition]})) == told


def lines_of(*snapshots, is_quiet=False):
    """What a log gets of these sights."""
    console = a_console(is_terminal=False)
    with LiveView(console, is_quiet=is_quiet) as view:
        for snapshot in snapshots:
            view.take(snapshot)
            view.draw()
    return console.file.getvalue().splitlines()


def test_log_gets_a_line_for_each_change():
    """Without a terminal each state that is entered, left or failed is a line, with its time."""
    failed = {"error": "Sad", "cause": "so\nsad"}
    history = events(
        (0, "ExecutionStarted", None),
        (0, "PassStateEntered", "A"),
        (2, "PassStateExited", "A"),
        (3, "TaskStateEntered", "B"),
        (4, "TaskScheduled", None),
        (5, "TaskFailed", failed),
        (6, "TaskScheduled", None),
    )
    assert lines_of(a_snapshot(history=history[:3]), a_snapshot(history=history)) == [
        "    1.0 s  run-1  A: entered",
        "    2.0 s  run-1  A: left after 1.0 s",
        "    3.0 s  run-1  B: entered",
        "    5.0 s  run-1  B: failed: Sad: so sad",
        "    6.0 s  run-1  B: tries again",
    ]


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ('{"errorMessage":"no\\napples","stackTrace":["..."]}', "no apples"),
        ('{"code":7}', '{"code":7}'),
        ("{no JSON", "{no JSON"),
    ],
    ids=["of Lambda", "other JSON", "text"],
)
def test_log_tells_the_message_of_a_cause(cause, told):
    """Of Lambda's JSON the message alone is for a line; other causes stay as they are."""
    history = events(
        (0, "ExecutionStarted", None),
        (0, "TaskStateEntered", "B"),
        (1, "TaskScheduled", None),
        (2, "TaskFailed", {"cause": cause, "error": "Sad"}),
    )
    assert lines_of(a_snapshot(history=history))[-1].endswith(f"  B: failed: Sad: {told}")


def test_log_tells_of_a_map_in_tenths():
    """Ten thousand items are ten lines, not twenty thousand."""
    begun = [(0, "MapStateEntered", "M"), (1, "MapStateStarted", {"length": 1000})]
    for number in range(1000):
        index = {"name": "M", "index": number}
        begun += [(2, "MapIterationStarted", index), (len(begun) + 1, "PassStateEntered", "I")]
        begun += [(len(begun), "PassStateExited", "I")]
        begun += [(len(begun), "MapIterationSucceeded", index)]
    history = events(*begun)
    lines = lines_of(*(a_snapshot(history=history[:end]) for end in range(2, len(history) + 1, 40)))
    assert [line.partition("M: ")[2] for line in lines] == [
        "entered",
        *(f"{each}00 of 1,000" for each in range(1, 10)),
        "1,000 of 1,000",
    ]


def test_log_of_a_map_that_is_left_ends_with_that():
    """That a Map was left says that all of its items are done; a Fail state just fails."""
    index = {"name": "M", "index": 0}
    history = events(
        (0, "MapStateEntered", "M"),
        (1, "MapStateStarted", {"length": 1}),
        (2, "MapIterationStarted", index),
        (3, "MapIterationSucceeded", index),
        (4, "MapStateSucceeded", None),
        (5, "MapStateExited", "M"),
        (6, "FailStateEntered", "F"),
    )
    lines = lines_of(a_snapshot(history=history[:2]), a_snapshot(history=history))
    assert [line.partition("run-1  ")[2] for line in lines] == [
        "M: entered",
        "M: left after 5.0 s",
        "F: failed",
    ]


def test_quiet_says_nothing():
    """Who wants outputs only gets no line."""
    assert lines_of(a_snapshot(history=HISTORY), is_quiet=True) == []


async def test_follow_reads_only_what_is_new():
    """Each look asks for events after those that are known, and the end is waited for."""
    over = a_run(phase="Succeeded")
    runs = PlayedRuns(
        a_snapshot(history=HISTORY[:2]), a_snapshot(history=HISTORY[:4]), a_snapshot(over, HISTORY)
    )
    console = a_console(is_terminal=False)
    (run,) = await follow(runs, ["run-1"], LiveView(console))
    assert run.phase == "Succeeded"
    assert runs.asked == [0, 2, 4]
    assert "B: left after 1.0 s" in console.file.getvalue()


async def test_changes_that_come_fast_are_looked_at_together():
    """Who changes faster than one can look is looked at as it stands then."""
    snapshots = [a_snapshot(a_run(status={"states": str(at)}), HISTORY[:4]) for at in range(50)]
    over = a_snapshot(a_run(phase="Succeeded"), HISTORY)
    runs = PlayedRuns(*snapshots, over, is_hasty=True)
    (run,) = await follow(runs, ["run-1"], LiveView(a_console(is_terminal=False)))
    assert run.phase == "Succeeded"
    assert len(runs.asked) < 50


async def test_follow_ends_when_its_time_is_over():
    """After the time that was given it says so, and how to go on; the execution runs on."""
    runs = PlayedRuns(a_snapshot(history=HISTORY[:2]), a_snapshot(), gates={1: asyncio.Event()})
    with pytest.raises(Failure, match="run-1 not over after 10 ms") as caught:
        await follow(runs, ["run-1"], LiveView(a_console(is_terminal=False)), at_most=0.01)
    assert caught.value.code == TIMED_OUT
    assert "asw watch" in caught.value.remedy


async def test_follow_tells_of_a_deletion():
    """One that is deleted while it is watched is no success."""
    runs = PlayedRuns(a_snapshot(), a_snapshot(a_run(phase="Deleted")))
    with pytest.raises(Failure, match="run-1 was deleted") as caught:
        await follow(runs, ["run-1"], LiveView(a_console(is_terminal=False)))
    assert caught.value.code == NOT_FOUND


class Told(io.StringIO):
    """Memory that says when something was written."""

    def __init__(self):
        super().__init__()
        self.is_told = asyncio.Event()

    def write(self, text):
        """Keep it."""
        self.is_told.set()
        return super().write(text)


async def test_slow_answers_are_told():
    """Where nothing comes the log says once what is waited for."""
    gate = asyncio.Event()
    runs = PlayedRuns(a_snapshot(a_run(phase="Succeeded"), HISTORY), gates={0: gate})
    told = Told()
    view = LiveView(Console(file=told, width=80))
    following = asyncio.create_task(follow(runs, ["run-1"], view, patience=0.0))
    await told.is_told.wait()
    gate.set()
    await following
    assert told.getvalue().count("waiting for an answer about run-1") == 1


class CountedRuns(PlayedRuns):
    """Executions that are over once as many are watched as may be; ``most`` tells how many."""

    def __init__(self, enough):
        super().__init__()
        self._enough, self._watched, self._is_full = enough, 0, asyncio.Event()
        self.most = 0

    async def watch(self, query, *, name=None):
        """That it is over, once enough are watched; those that come later at once."""
        self._watched += 1
        self.most = max(self.most, self._watched)
        if self._watched == self._enough:
            self._is_full.set()
        try:
            await self._is_full.wait()
            yield a_run(name=name, phase="Succeeded")
        finally:
            self._watched -= 1

    async def snapshot(self, run, *, after=0, with_children=True):
        """As it ended."""
        return a_snapshot(run=run, history=HISTORY)


async def test_of_many_executions_some_are_watched_at_a_time():
    """A watch is a connection: a thousand of them would keep the cluster from its work."""
    names = [f"run-{number}" for number in range(AT_ONCE + 7)]
    runs = CountedRuns(enough=AT_ONCE)
    view = LiveView(a_console(is_terminal=False), is_quiet=True)
    ended = await follow(runs, names, view)
    assert [run.name for run in ended] == names
    assert runs.most == AT_ONCE


async def test_of_many_that_are_late_some_are_named():
    """A line of a thousand names tells nobody anything."""
    names = [f"run-{number}" for number in range(7)]
    view = LiveView(a_console(is_terminal=False), is_quiet=True)
    with pytest.raises(Failure, match="run-3, run-4 and 2 more not over after 10 ms"):
        await follow(CountedRuns(enough=8), names, view, at_most=0.01)
