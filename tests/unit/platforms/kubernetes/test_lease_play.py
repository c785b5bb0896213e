"""Two candidates over a way that fails in every manner: never two that act, and always one soon."""

import random
from itertools import pairwise

import pytest

from asw.platforms.kubernetes.leader.lease import LEASE_DURATION, Candidate, Lease
from tests.support.fake_leases import FakeLeases, FaultyLeases, Turns

BAD_SECONDS = 300.0
SECONDS_TO_ACT = LEASE_DURATION + 5
"""After the last failure: the Lease of a silent holder expires, and is looked for in time."""


class Play:
    """Two processes that stand for one Lease; they are paused, and die and come again."""

    def __init__(self, seed, server=None):
        self.turns, self.chance = Turns(), random.Random(seed)
        self.server = server or FakeLeases()
        self.ways, self.leases, self.told = {}, {}, {}
        self.is_calm = False
        for place in ("one", "two"):
            self.ways[place] = FaultyLeases(self.server, self.turns, self.chance)
            self.turns.begin(lambda place=place: self._stand(place))

    def _stand(self, place):
        while True:
            self._begin(place)
            while self.is_calm or self.chance.random() > 0.02:
                lease, told = self.leases[place], self.told[place]
                pause = lease.attempt()
                assert (told[-1:] == [True]) == lease.may_act()
                assert all(one is not other for one, other in pairwise(told))
                paused = not self.is_calm and self.chance.random() < 0.02
                self.turns.sleep(pause + (self.chance.uniform(0, 40) if paused else 0))

    def _begin(self, place):
        """Another process at this place; the one before is gone, whatever term it had."""
        told = self.told[place] = []
        name = f"{place}-{self.turns.now}"
        candidate = Candidate(namespace="asw", name="lease", identity=name, address="")
        self.leases[place] = Lease(self.ways[place], candidate, told.append, self.turns.clock)

    def acting(self):
        """How many may act now."""
        return sum(lease.may_act() for lease in self.leases.values())

    def _check(self):
        assert self.acting() <= 1

    def play(self):
        """The bad time, and a quiet one after it."""
        self.turns.play(self.turns.now + BAD_SECONDS, self._check)
        self.is_calm = True
        for way in self.ways.values():
            way.is_calm = True
        self.turns.play(self.turns.now + 45 + SECONDS_TO_ACT, self._check)  # the last pause ends
        assert self.acting() == 1


class Hasty(FakeLeases):
    """A server that makes everybody believe that terms are short."""

    def get(self, namespace, name):
        """See Leases."""
        lease = super().get(namespace, name)
        return {**lease, "spec": {**lease["spec"], "leaseDurationSeconds": 4}}


def played(seed, server=None):
    play = Play(seed, server)
    try:
        play.play()
    finally:
        play.turns.end()


@pytest.mark.parametrize("block", range(10))
def test_never_two_that_act(block):
    """Time-outs, resets, lost and late answers, pages of balancers, pauses, deaths, our faults."""
    for seed in range(block * 8, (block + 1) * 8):
        played(seed)


def test_the_play_can_fail():
    """Where a standby takes the Lease too early, the play finds two that act."""
    found = 0
    for seed in range(20):
        try:
            played(seed, Hasty())
        except AssertionError:
            found += 1
    assert found
