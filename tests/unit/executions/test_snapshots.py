"""What pictures are told of distributed Maps: how many children ended, and how many failed."""

from dataclasses import replace

import pytest

from asw.asl.values import to_text
from asw.engine.outputs import Outputs
from asw.executions.port import Children
from asw.executions.snapshots import machine_of, map_runs, remembers_more
from asw.failures import Failure
from asw.reconciler.platform import Revision
from tests.support.cases import a_case, an_open_case
from tests.support.play import Raised, definition, distributed, task


def odd(event):
    """A function that fails for odd numbers."""
    if event % 2:
        raise Raised("Odd")
    return event


@pytest.mark.parametrize("execution_type", ["EXPRESS", "STANDARD"])
def test_a_failed_map_run_tells_how_its_children_ended(execution_type):
    """Those that never began, or were aborted with it, have not ended."""
    case = a_case(distributed(execution_type, MaxConcurrency=2), [2, 4, 1, 6, 8, 3], {"work": odd})
    assert dict(map_runs(case.record)) == {"M": Children(4, 6, 1)}
    assert remembers_more(case.run, case.machine)


def test_a_redriven_map_run_counts_what_it_kept():
    """Children that are still to be run anew have not ended, though they were started once."""
    record = a_case(
        distributed(ToleratedFailureCount=1, MaxConcurrency=2), [2, 1, 3, 4], {"work": odd}
    ).record
    (frame,) = record.frames.values()
    again = replace(frame.waiting, open_children=(1,), restarts=((2, 3),), failures=Outputs())
    redriven = replace(record, frames={frame.id: replace(frame, waiting=again)})
    kept = len(again.outputs)
    assert again.next_index > kept + 1
    assert dict(map_runs(redriven)) == {"M": Children(kept, 4, 0)}


def test_records_are_read_for_nothing_else_of_what_is_over():
    """A history tells all of it: a Map that succeeded, and a run without distributed Maps."""
    well = a_case(distributed(MaxConcurrency=2), [2, 4], {"work": odd})
    plain = a_case(definition("T", T=task()), 1, {"work": odd})
    waiting = an_open_case(definition("W", W={"Type": "Wait", "Seconds": 5, "End": True}))
    assert [remembers_more(it.run, it.machine) for it in (well, plain, waiting)] == [
        False,
        False,
        True,
    ]


def test_a_child_of_no_map_is_a_sentence():
    """Whoever looks at an Execution that only claims to be a child is told so, and no more."""
    text = to_text({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    with pytest.raises(Failure, match="no distributed Map 'Nowhere'"):
        machine_of(Revision(name="r-1", workflow_name="flow", text=text), "Nowhere")
