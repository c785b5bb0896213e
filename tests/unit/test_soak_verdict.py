"""What a soak on the cluster counts as wrong: a judge that finds nothing proves nothing."""

import pytest

from tests.soak.calls import Call
from tests.soak.verdict import Run, Seen, faults


def a_call(number, begun_at, ended_at, *, host="pod-a", is_complete=True, **fields):
    """A call of state S0 in the only execution."""
    given = {"task_id": f"uid-{number}", "execution": "run-1", "state": "S0", **fields}
    return Call(
        host=host,
        is_warm=True,
        begun_at=begun_at,
        heard_at=ended_at,
        ended_at=ended_at,
        is_complete=is_complete,
        **given,
    )


def judged(*calls, repeats=True, phase="Succeeded", error=None, killed=None):
    """What is wrong with a run of one state that made these calls; ``killed`` has a pod's spans."""
    run = Run(
        name="run-1",
        repeats=repeats,
        phase=phase,
        output=1,
        error=error,
        begun_at=0.0,
        ended_at=100.0,
    )
    seen = Seen(states=("S0",), calls=calls, runs=[run])
    for host, spans in (killed or {}).items():
        seen.killed[host] += spans
    return faults(seen)


LOST = a_call(1, 10.0, 12.0, is_complete=False)
AGAIN = a_call(2, 20.0, 21.0, host="pod-b")
KILLED = {"pod-a": [(11.0, 12.0)]}


def test_what_was_lost_may_be_made_again():
    """One call, or one more after the pod of the first was killed: all is well."""
    assert judged(a_call(1, 10.0, 12.0)) == []
    assert judged(LOST, AGAIN, killed=KILLED) == []
    assert judged(LOST, repeats=False, phase="Failed", error="Asw.TaskLost", killed=KILLED) == []


@pytest.mark.parametrize(
    ("calls", "given", "found"),
    [
        ((LOST, a_call(1, 20.0, 21.0)), {"killed": KILLED}, "took effect again"),
        ((LOST, AGAIN), {}, "though nobody killed pod-a"),
        ((LOST, AGAIN), {"killed": KILLED, "repeats": False}, "must not be repeated"),
        ((LOST, a_call(2, 11.5, 21.0)), {"killed": KILLED}, "at the same time"),
        ((LOST,), {"killed": KILLED}, "has no effect, and the run succeeded"),
        ((), {}, "has no effect, and the run succeeded"),
        ((LOST,), {"phase": "Failed", "error": "Asw.TaskLost", "killed": KILLED}, "Failed"),
        (
            (LOST,),
            {"phase": "Failed", "error": "Asw.TaskLost", "repeats": False},
            "though no pod was killed",
        ),
    ],
)
def test_what_must_not_be_is_found(calls, given, found):
    """Each way of doing too much, too little, or failing without a reason."""
    assert any(found in it for it in judged(*calls, **given))
