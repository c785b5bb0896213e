"""The Lease: one replica acts, by its own clock only."""

import threading

import pytest

from asw.platforms.kubernetes.leader.lease import LOOK_PERIOD, RETRY_PERIOD, Candidate, Lease
from asw.reconciler.platform import Unavailable
from tests.support.fake_leases import FakeLeases


class Clock:
    """A monotonic clock that tests own."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        """What time it is."""
        return self.now


def a_lease(api, clock, name="one", changes=None):
    candidate = Candidate(namespace="asw", name="lease", identity=name, address=f"{name}:8443")
    return Lease(api, candidate, (changes if changes is not None else []).append, clock)


def test_first_comer_holds_it():
    """Where there is no Lease yet, it is ours."""
    api, clock, changes = FakeLeases(), Clock(), []
    lease = a_lease(api, clock, changes=changes)
    lease.attempt()
    assert lease.may_act()
    assert changes == [True]
    assert api.lease["spec"]["holderIdentity"] == "one"
    assert api.lease["metadata"]["annotations"]["asw.dev/holder-address"] == "one:8443"


def test_second_comer_waits_and_knows_the_holder():
    """A standby does not act, and knows where to forward to."""
    api, clock = FakeLeases(), Clock()
    a_lease(api, clock).attempt()
    second = a_lease(api, clock, "two")
    second.attempt()
    assert not second.may_act()
    assert second.holder_address == "one:8443"


def test_holder_stops_before_anybody_may_take_over():
    """Without an answer it acts for ten seconds; others wait for fifteen."""
    api, clock, changes = FakeLeases(), Clock(), []
    first, second = a_lease(api, clock, changes=changes), a_lease(api, clock, "two")
    first.attempt()
    second.attempt()
    api.outage = Unavailable("down")
    clock.now += 9.9
    first.attempt()
    assert first.may_act()
    clock.now += 0.1
    assert not first.may_act()
    first.attempt()
    assert changes == [True, False]
    api.outage = None
    second.attempt()
    assert not second.may_act()
    clock.now += 5.1
    second.attempt()
    assert second.may_act()
    assert api.lease["spec"]["leaseTransitions"] == 1


def test_renewal_counts_from_before_the_request():
    """A slow answer does not lengthen the term."""
    api, clock = FakeLeases(), Clock()
    lease = a_lease(api, clock)
    lease.attempt()
    slow = api.replace

    def replace(*args):
        clock.now += 8
        return slow(*args)

    api.replace = replace
    lease.attempt()
    clock.now += 2
    assert not lease.may_act()


def test_renewed_lease_is_not_taken():
    """A Lease that changes before our eyes is alive, whatever its times say."""
    api, clock = FakeLeases(), Clock()
    first, second = a_lease(api, clock), a_lease(api, clock, "two")
    for _ in range(10):
        first.attempt()
        second.attempt()
        clock.now += 4
    assert not second.may_act()


def test_lost_race_is_no_failure():
    """Of two that see an expired Lease one gets it."""
    api, clock = FakeLeases(), Clock()
    a_lease(api, clock).attempt()
    second, third = a_lease(api, clock, "two"), a_lease(api, clock, "three")
    second.attempt()
    third.attempt()
    clock.now += 16
    stale = api.lease
    second.attempt()
    api.get = lambda *_: stale
    third.attempt()
    assert second.may_act()
    assert not third.may_act()


def test_released_lease_is_free_at_once():
    """After SIGTERM the standby need not wait."""
    api, clock = FakeLeases(), Clock()
    first, second = a_lease(api, clock), a_lease(api, clock, "two")
    first.attempt()
    first.release()
    assert not first.may_act()
    second.attempt()
    assert second.may_act()


def test_what_is_not_ours_is_not_released():
    """A replica that never held it leaves it alone."""
    api, clock = FakeLeases(), Clock()
    a_lease(api, clock).attempt()
    second = a_lease(api, clock, "two")
    second.release()
    assert api.lease["spec"]["holderIdentity"] == "one"


def test_holder_renews_with_one_request():
    """It writes over what it wrote last; a look costs nothing as long as nobody else writes."""
    api, clock = FakeLeases(), Clock()
    lease = a_lease(api, clock)
    lease.attempt()
    api.get = None
    clock.now += RETRY_PERIOD
    assert lease.attempt() == RETRY_PERIOD
    assert lease.may_act()


def test_what_somebody_else_wrote_is_kept():
    """A foreign change of the Lease costs a look, not the Lease."""
    api, clock = FakeLeases(), Clock()
    lease = a_lease(api, clock)
    lease.attempt()
    api.lease["metadata"]["annotations"]["note"] = "theirs"
    api._store(api.lease)
    clock.now += RETRY_PERIOD
    lease.attempt()
    assert lease.may_act()
    assert api.lease["metadata"]["annotations"]["note"] == "theirs"


def test_standby_looks_at_the_instant_of_expiry():
    """Sixteen seconds and a request after the last renewal it acts, in the worst case."""
    api, clock = FakeLeases(), Clock()
    a_lease(api, clock).attempt()
    second = a_lease(api, clock, "two")
    clock.now += LOOK_PERIOD  # it looked right before the renewal, and looks again a period later
    began = clock.now
    while not second.may_act():
        clock.now += second.attempt()
        assert clock.now - began <= 15 + RETRY_PERIOD
    assert api.lease["spec"]["leaseTransitions"] == 1
    assert clock.now - RETRY_PERIOD - began == 15


def test_renewed_while_standby_looks():
    """The span begins anew with every change that it sees, and it looks once a second."""
    api, clock = FakeLeases(), Clock()
    first, second = a_lease(api, clock), a_lease(api, clock, "two")
    first.attempt()
    assert second.attempt() == LOOK_PERIOD
    clock.now += 14.5
    assert second.attempt() == 0.5
    first.attempt()
    assert second.attempt() == LOOK_PERIOD


def test_a_lapse_is_told():
    """Paused past its term and holder again: what was refused meanwhile is to be taken up."""
    api, clock, changes = FakeLeases(), Clock(), []
    lease = a_lease(api, clock, changes=changes)
    lease.attempt()
    clock.now += 12
    assert not lease.may_act()
    lease.attempt()
    assert changes == [True, False, True]
    assert api.lease["spec"]["leaseTransitions"] == 0


def test_a_slow_renewal_that_ran_over_the_term_is_a_lapse():
    """The answer comes when the term is over: for a moment nobody acted."""
    api, clock, changes = FakeLeases(), Clock(), []
    lease = a_lease(api, clock, changes=changes)
    lease.attempt()
    slow = api.replace

    def replace(*args):
        clock.now += 3
        return slow(*args)

    api.replace = replace
    clock.now += 8
    lease.attempt()
    assert changes == [True, False, True]


def test_paused_holder_finds_another():
    """Continued after its Lease was taken, it acts no more and waits like anybody."""
    api, clock, changes = FakeLeases(), Clock(), []
    first, second = a_lease(api, clock, changes=changes), a_lease(api, clock, "two")
    first.attempt()
    second.attempt()
    clock.now += 30
    second.attempt()
    assert not first.may_act()
    first.attempt()
    assert changes == [True, False]
    assert first.holder_address == "two:8443"
    second.release()
    first.attempt()
    assert changes == [True, False, True]
    assert first.holder_address is None


def test_a_lease_that_was_taken_by_force_is_lost_at_once():
    """Somebody edits the Lease: the term of who finds out ends there and then."""
    api, clock, changes = FakeLeases(), Clock(), []
    lease = a_lease(api, clock, changes=changes)
    lease.attempt()
    api.lease["spec"]["holderIdentity"] = "two"
    api._store(api.lease)
    lease.attempt()
    assert not lease.may_act()
    assert changes == [True, False]


def test_deleted_lease_is_made_again():
    """Somebody deletes it: the work goes on."""
    api, clock, changes = FakeLeases(), Clock(), []
    lease = a_lease(api, clock, changes=changes)
    lease.attempt()
    api.lease = None
    clock.now += RETRY_PERIOD
    lease.attempt()
    assert lease.may_act()
    assert changes == [True]


def test_it_knows_since_when_the_server_answers():
    """An outage is no fault of ours; the time since it ended counts."""
    api, clock = FakeLeases(), Clock()
    lease = a_lease(api, clock)
    lease.attempt()
    assert lease.answering_since == clock.now
    api.outage = Unavailable("down")
    lease.attempt()
    assert lease.answering_since is None
    api.outage = None
    clock.now += 60
    lease.attempt()
    clock.now += 5
    lease.attempt()
    assert lease.answering_since == clock.now - 5


def test_a_fault_of_ours_costs_one_try():
    """The thread outlives what nobody thought of; an end of the term that was due is told."""
    api, clock, changes = FakeLeases(), Clock(), []
    lease = a_lease(api, clock, changes=changes)
    lease.attempt()
    api.outage = KeyError("nobody thought of it")
    clock.now += 12
    assert lease.attempt() == LOOK_PERIOD
    assert changes == [True, False]
    api.outage = None
    lease.attempt()
    assert changes == [True, False, True]


def test_what_could_not_be_told_is_told_again():
    """Whoever is told may fail for once: news of the Lease is not lost by it."""
    api, clock, told, faults = FakeLeases(), Clock(), [], [RuntimeError("busy")]

    def tell(is_held):
        if faults:
            raise faults.pop()
        told.append(is_held)

    candidate = Candidate(namespace="asw", name="lease", identity="one", address="")
    lease = Lease(api, candidate, tell, clock)
    lease.attempt()
    assert told == []
    lease.attempt()
    assert told == [True]
    clock.now += 12
    faults.append(RuntimeError("busy"))
    lease.attempt()
    lease.attempt()
    assert told == [True, False, True]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ended_is_seen_and_begun_again():
    """What ends even a thread that survives faults leaves a trace, and is no end for good."""
    api, told = FakeLeases(), threading.Event()
    api.outage = SystemExit("a plugin of the kubeconfig left")
    candidate = Candidate(namespace="asw", name="lease", identity="one", address="")
    lease = Lease(api, candidate, lambda _: told.set())
    lease.start()
    for thread in threading.enumerate():
        if thread.name == "lease":
            thread.join()
    assert not lease.is_running()
    api.outage = None
    lease.start()
    assert told.wait(60)
    assert lease.is_running()
    lease.release()
    assert not lease.is_running()
