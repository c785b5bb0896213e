"""What is said of an execution that was ended from without, while a task of it was at work."""

import pytest

from asw.engine.facts import StopRequested, TaskStarted
from asw.engine.task_ids import TaskId
from asw.executions.port import LogLine
from asw.explain.explain import explain
from tests.support.cases import an_open_case
from tests.support.play import UID, definition, later, task

STARTED = TaskStarted(task_id=TaskId(UID, 1), at=later(1))
LINES = (LogLine("T", 0, "began", number=1), LogLine("T", 0, "half way", number=1))


@pytest.mark.parametrize("how", ["stopped", "timed out"])
def test_the_last_that_its_task_printed_is_told(how):
    """Nothing else says how far it had come."""
    machine = definition("T", T=task())
    facts = [(0, ()), (1, (STARTED,)), (9, (STARTED, StopRequested()))]
    if how == "timed out":
        machine = {**machine, "TimeoutSeconds": 5}
        facts = [(0, ()), (1, (STARTED,)), (9, (STARTED,))]
    explanation = explain(an_open_case(machine, facts=facts, lines=LINES))
    assert explanation.phase == ("Aborted" if how == "stopped" else "TimedOut")
    assert [line.text for line in explanation.log] == ["began", "half way"]


def test_a_task_that_had_not_started_printed_nothing():
    """Lines of an earlier one are not taken for its."""
    facts = [(0, ()), (9, (StopRequested(),))]
    explanation = explain(an_open_case(definition("T", T=task()), facts=facts, lines=LINES))
    assert "Its task had not started." in explanation.notes
    assert explanation.log == ()
