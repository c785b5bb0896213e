"""Histories, lists and failures as people read them."""

import io
from datetime import UTC, datetime, timedelta

from rich.console import Console

from asw.cli.views.tables import failure_text, graph_text, history_lines
from asw.engine.history import Event
from asw.executions.progress import read_history

START = datetime(2026, 1, 1, tzinfo=UTC)


def shown(renderable, width=80):
    """The text that a terminal of this width shows."""
    out = io.StringIO()
    Console(file=out, width=width).print(renderable)
    return out.getvalue()


def history(*events, width=80):
    """The lines of the table of these events."""
    lines = history_lines(events, read_history(events), began_at=START, width=width)
    return [line.plain for line in lines]


def an_event(number, type_, seconds=0, **details):
    """An event so many seconds after START."""
    at = START + timedelta(seconds=seconds)
    return Event(id=number, previous_event_id=number - 1, type=type_, at=at, details=details)


def test_history_fits_the_terminal():
    """Each event is one line, with its state, and its details are cut, nothing else."""
    entered = an_event(1, "TaskStateEntered", name="Add", input={"text": "x" * 500})
    header, line = history(entered)
    assert header.split() == ["ID", "TIME", "TOOK", "EVENT", "STATE", "DETAIL"]
    assert line.startswith(' 1  0 ms        TaskStateEntered  Add    input: {"text":"xxx')
    assert line.endswith("…")
    assert len(line) == 80


def test_wide_history_cuts_nothing():
    """Who asks for all of a payload gets it, in one line."""
    entered = an_event(1, "TaskStateEntered", name="Add", input={"text": "x\ny" * 500})
    _, line = history(entered, width=None)
    assert line.endswith('"}')
    assert len(line) > 2000


def test_history_tells_the_message_of_a_cause():
    """Of Lambda's JSON the message is what one wants to read; wide shows all of it."""
    cause = '{"errorMessage":"no apples","errorType":"OutOfStock","trace":[]}'
    failed = an_event(1, "TaskFailed", error="OutOfStock", cause=cause)
    assert history(failed)[1].endswith("error: OutOfStock  cause: no apples")
    assert history(failed, width=None)[1].endswith(f"error: OutOfStock  cause: {cause}")


def test_history_tells_the_error_before_its_cause():
    """An API server sorts what it keeps by name; a reader wants to know what failed first."""
    failed = an_event(1, "TaskFailed", cause="none left", error="OutOfStock")
    assert history(failed)[1].endswith("error: OutOfStock  cause: none left")


def test_history_aligns_times_and_odd_names():
    """What ends something tells how long it took; a state's name is one line, whatever it is."""
    name = "付款\n并发货"
    assert history(
        an_event(1, "ExecutionStarted", input=1),
        an_event(2, "WaitStateEntered", name=name),
        an_event(3, "WaitStateExited", 90, name=name, output=2),
    ) == [
        "ID        TIME        TOOK  EVENT             STATE        DETAIL",
        " 1        0 ms              ExecutionStarted               input: 1",
        " 2        0 ms              WaitStateEntered  付款 并发货",
        " 3  1 min 30 s  1 min 30 s  WaitStateExited   付款 并发货  output: 2",
    ]


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
