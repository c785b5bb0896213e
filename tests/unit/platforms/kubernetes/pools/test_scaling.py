"""How many warm pods are wanted: each rule, by what a pool shows."""

import itertools

from asw.api.warm import Warm
from asw.platforms.kubernetes.pools.scaling import Scaler, Signal


def after(scaler: Scaler, seconds: int, *, start: float = 1000.0, **signal: object) -> int:
    """What is wanted after so many seconds of the same signal, looked at each second."""
    wanted = 0
    for second in range(seconds + 1):
        wanted = scaler.wanted(Signal(at=start + second, busy_at=start + second, **signal))
    return wanted


def test_nothing_is_wanted_before_anybody_calls():
    """A Function that nobody calls has no pods, unless min says so."""
    assert after(Scaler(warm=Warm()), 10, demand=0) == 0
    assert after(Scaler(warm=Warm(min=2)), 10, demand=0) == 2


def test_a_slot_is_planned_to_be_busy_for_seven_tenths():
    """Demand of seven calls at a time needs ten slots."""
    assert after(Scaler(warm=Warm(max=50)), 60, demand=7) == 10
    assert after(Scaler(warm=Warm(max=50, concurrency=5)), 60, demand=7) == 2


def test_max_is_never_exceeded():
    """However much is asked for."""
    assert after(Scaler(warm=Warm(max=3)), 60, demand=500, waiting_since=1.0) == 3


def test_a_single_call_that_got_a_job_makes_no_pod_and_two_make_one():
    """A call now and then is served well by a Job."""
    one, two = Scaler(warm=Warm()), Scaler(warm=Warm())
    assert after(one, 5, demand=0, fell_back=[999.0]) == 0
    assert after(two, 5, demand=0, fell_back=[998.0, 999.0]) == 1


def test_calls_that_wait_ask_for_more_at_once():
    """Two seconds of waiting are enough; an average would take a minute to show."""
    scaler = Scaler(warm=Warm(max=20))
    after(scaler, 3, demand=1, fell_back=[999.0, 999.0])
    wanted = after(scaler, 3, start=1010, demand=9, waiting_since=1010.0)
    assert wanted >= 8


def test_calls_that_wait_for_pods_on_their_way_ask_for_no_more():
    """A pod takes seconds to start: one call that waits for the first one wants no second one."""
    scaler = Scaler(warm=Warm(max=20, concurrency=4))
    assert after(scaler, 20, demand=1, waiting_since=1000.0) == 1
    again = after(scaler, 5, start=1021, demand=9, waiting_since=1018.0)
    assert again == 3


def test_less_comes_slowly_and_nothing_after_idle():
    """At most half goes in half a minute; all of it once nobody called for idleSeconds."""
    scaler = Scaler(warm=Warm(max=50, idle_seconds=60))
    assert after(scaler, 60, demand=7) == 10
    busy_at = 1060.0
    counts = [
        scaler.wanted(Signal(at=1061.0 + second, demand=0, busy_at=busy_at))
        for second in range(240)
    ]
    assert counts[0] >= 5
    assert all(later >= earlier // 2 for earlier, later in itertools.pairwise(counts))
    assert counts[58] >= 1
    assert counts[-1] == 0


def test_a_long_call_is_demand_for_as_long_as_it_takes():
    """Calls count from their start, not at their end: a pod at work is never taken for idle."""
    scaler = Scaler(warm=Warm(idle_seconds=60))
    after(scaler, 3, demand=1, fell_back=[999.0, 999.0])
    wanted = [scaler.wanted(Signal(at=1010.0 + it, demand=1, busy_at=1000.0)) for it in range(600)]
    assert min(wanted) >= 1
