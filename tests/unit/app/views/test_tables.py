"""Histories, lists and failures as people read them."""

import io
from datetime import UTC, datetime, timedelta

from rich.console import Console

from asw.app.views.progress import read_history
from asw.app.views.tables import executions_table, failure_text, graph_text, history_table
from asw.engine.history import Event
from asw.local.executions import Summary
from asw.reconciler.platform import ExecutionKey

START = datetime(2026, 1, 1, tzinfo=UTC)


def shown(renderable, width=80):
    """The text that a terminal of this width shows."""
    out = io.StringIO()
    Console(file=out, width=width).print(renderable)
    return out.getvalue()


def test_history_fits_the_terminal():
    """Each event is one line, with its state, and its details are cut, nothing else."""
    event = Event(
        id=1,
        previous_event_id=0,
        type="TaskStateEntered",
        at=START,
        details={"name": "Add", "input": {"text": "x" * 500}},
    )
    text = shown(history_table([event], read_history([event]), since=START, width=80))
    header, line = text.splitlines()
    assert header.split() == ["#", "Time", "Event", "State", "Detail"]
    assert line.startswith('1  0 ms  TaskStateEntered  Add    input: {"text":"xxx')
    assert line.endswith("…")


def test_list_shows_how_each_stands():
    """A running execution has no end, a finished one how long it took."""
    key = ExecutionKey("default", "run-1", "uid")
    running = Summary(key=key, workflow_name="flow", created_at=START, revision=None)
    over = Summary(
        key=key,
        workflow_name="flow",
        created_at=START,
        revision=None,
        status="TIMED_OUT",
        ended_at=START + timedelta(seconds=2),
    )
    lines = shown(executions_table([running, over])).splitlines()
    assert "RUNNING" in lines[1]
    assert "TIMED_OUT" in lines[2]
    assert lines[2].split()[-2:] == ["2.0", "s"]


def test_cause_in_the_manner_of_lambda_is_told_as_an_exception():
    """Message and stack trace are shown, not the JSON that carries them."""
    cause = (
        '{"errorMessage":"no apples","errorType":"OutOfStock","requestId":"1",'
        '"stackTrace":["  File \\"/var/task/index.py\\", line 2, in handler\\n    raise X\\n"]}'
    )
    assert shown(failure_text("OutOfStock", cause)) == (
        'OutOfStock: no apples\n  File "/var/task/index.py", line 2, in handler\n    raise X\n'
    )


def test_other_causes_are_shown_as_they_are():
    """A sentence follows the error, other JSON is laid out."""
    assert shown(failure_text("E", "because")) == "E: because\n"
    assert shown(failure_text("E", None)) == "E\n"
    assert shown(failure_text(None, '{"a":1}')) == '(no error name)\n{\n  "a": 1\n}\n'
    assert shown(failure_text("E", '{"errorMessage":"m"}')) == "E: m\n"


def test_marks_of_the_graph_are_coloured():
    """A mark has its colour, the same character in a name has not."""
    text = graph_text(["│ ✓ a ✓ b  Pass │", "╭─ ✗ P  Map ─╮  "])
    assert [(span.start, span.end, span.style) for span in text.spans] == [
        (2, 3, "green"),
        (21, 22, "bold red"),
    ]
    assert text.plain.endswith("╮")
