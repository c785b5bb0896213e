"""Installations that meet: one acts in a namespace, the others say who does."""

import random
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import pytest

from asw.platforms.kubernetes.client.errors import Forbidden
from asw.platforms.kubernetes.leader.claiming import ANNOTATION_EXCEPTED
from asw.platforms.kubernetes.leader.claims import (
    ALL,
    CLAIM_SECONDS,
    DEADLINE,
    FAREWELL_SECONDS,
    LONGEST_PAUSE,
    LOOK_PERIOD,
    PUBLIC_NAMESPACE,
    RENEW_PERIOD,
    Claims,
)
from asw.platforms.kubernetes.leader.permissions import CLAIM_OF_ALL, CLAIM_OF_ONE
from asw.reconciler.platform import Unavailable
from tests.support.leases import FakeLeases


class Clock:
    """A monotonic clock that tests own."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        """What time it is."""
        return self.now


@pytest.fixture
def api():
    return FakeLeases()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def install(api, clock):
    """An installation of this name that watches these namespaces; none for all."""

    def made(name, *namespaces):
        return Claims(api, f"asw-system/{name}", namespaces, clock)

    return made


def pass_(clock, seconds, *installations):
    """Let time go by, with these at work."""
    until = clock.now + seconds
    while clock.now < until:
        clock.now += LOOK_PERIOD
        for each in installations:
            each.step()


def test_the_first_comer_acts(install, api):
    """Everywhere, or where it watches; one request to look, one to write, one to look again."""
    first = install("one", "a", "b")
    first.step()
    assert (first.covers("a"), first.covers("b"), first.covers("c")) == (True, True, False)
    assert first.sentences() == []
    assert api.leases["a", CLAIM_OF_ONE]["spec"]["holderIdentity"] == "asw-system/one"


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ((), (), "a"),
        ((), ("a",), "a"),
        (("a",), (), "a"),
        (("a", "b"), ("b", "c"), "b"),
    ],
    ids=["two of all", "all, then one", "one, then all", "two that overlap"],
)
def test_of_two_the_later_one_does_not_act_and_says_who_does(install, clock, first, second, shared):
    """As long as the first is there; once it is gone without a word, the second takes over."""
    one, two = install("one", *first), install("two", *second)
    one.step()
    two.step()
    pass_(clock, 300, one, two)
    assert one.covers(shared)
    assert not two.covers(shared)
    assert any("asw-system/one acts there" in sentence for sentence in two.sentences())
    pass_(clock, CLAIM_SECONDS + 3 * LOOK_PERIOD, two)
    assert not one.covers(shared)
    assert two.covers(shared)
    assert two.sentences() == []


def test_nobody_takes_over_before_the_first_stopped(install, clock):
    """By its own clock it acts no more when others may begin."""
    one, two = install("one", "a"), install("two", "a")
    one.step()
    two.step()
    clock.now += DEADLINE - 0.1
    assert one.covers("a")
    clock.now += 0.1
    assert not one.covers("a")
    two.step()
    assert not two.covers("a")


def test_where_nobody_else_is_the_later_one_acts(install):
    """A namespace that is another's keeps nobody from acting in the rest."""
    one, two = install("one", "a", "b"), install("two", "b", "c")
    one.step()
    two.step()
    assert [two.covers(name) for name in "abc"] == [False, False, True]
    everywhere = install("three")
    everywhere.step()
    assert [everywhere.covers(name) for name in "abcd"] == [False, False, False, True]
    assert set(everywhere.troubles) == {"a", "b", "c"}


def test_replicas_have_the_same_claims(install, clock):
    """Whoever wins the Lease of the installation goes on at once, and others still wait."""
    first, other = install("one"), install("two")
    first.step()
    other.step()
    replica = install("one")
    replica.begin()
    replica.step()
    assert replica.covers("a")
    pass_(clock, 2 * CLAIM_SECONDS, replica, other)
    assert not other.covers("a")


def test_an_installation_keeps_a_namespace_over_a_change_of_its_replica(install, clock):
    """Who came later claims all and leaves it out: that is read by the next replica."""
    first, everywhere = install("one", "a"), install("two")
    first.step()
    everywhere.step()
    replica = install("one", "a")
    replica.begin()
    replica.step()
    assert replica.covers("a")
    assert not everywhere.covers("a")
    pass_(clock, 2 * CLAIM_SECONDS, replica, everywhere)
    assert replica.covers("a")


def test_a_goodbye_leaves_time_for_the_next_replica(install, clock):
    """After SIGTERM others wait no longer than a standby needs."""
    one, two = install("one", "a"), install("two", "a")
    one.step()
    two.step()
    one.release()
    assert not one.covers("a")
    two.step()
    assert not two.covers("a")
    pass_(clock, FAREWELL_SECONDS, two)
    assert two.covers("a")


def test_after_a_goodbye_nothing_is_claimed_any_more(install, clock):
    """A look that was under way, or comes late, takes nothing back."""
    one, two = install("one"), install("two")
    one.step()
    one.release()
    pass_(clock, FAREWELL_SECONDS + 2 * LOOK_PERIOD, one, two)
    assert not one.covers("a")
    assert two.covers("a")


def test_a_write_counts_only_where_the_answer_shows_it(install, api):
    """What answers may be a cache of somebody's."""
    usual = api.put
    api.put = lambda place, lease: usual(place, {**lease, "spec": {"holderIdentity": "two"}})
    one = install("one", "a")
    with pytest.raises(Unavailable, match="another claim on a"):
        one.step()
    assert not one.covers("a")


def test_claims_cost_a_few_writes_a_minute(install, api, clock):
    """Four for each scope, and no look at others while there is nothing to wait for."""
    for claims in (install("one", "a"), install("two")):
        api.leases.clear()
        claims.step()
        api.requests.clear()
        pass_(clock, 600, claims)
        assert [verb for verb, _ in api.requests] == ["update"] * int(600 / RENEW_PERIOD)


def test_a_claim_that_is_deleted_is_made_again(install, api, clock):
    """Somebody tidies up: the work goes on."""
    claims = install("one", "a")
    claims.step()
    del api.leases["a", CLAIM_OF_ONE]
    pass_(clock, RENEW_PERIOD + LOOK_PERIOD, claims)
    assert claims.covers("a")
    assert ("a", CLAIM_OF_ONE) in api.leases


def forge(api, namespace, holder="tenant/x"):
    """What whoever has powers over Leases of the namespace may write there."""
    place = namespace, CLAIM_OF_ONE
    old = api.leases.get(place, {"metadata": {"name": CLAIM_OF_ONE}})
    spec = {"holderIdentity": holder, "leaseDurationSeconds": 10**6}
    api.put(namespace, {**old, "spec": spec})


def test_a_forged_claim_stops_work_in_its_own_namespace_at_most(install, api, clock):
    """Tenants may write Leases where they live: other namespaces are not theirs to stop."""
    everywhere = install("one")
    forge(api, "evil")
    everywhere.step()
    assert everywhere.covers("shop")
    forge(api, "worse")
    pass_(clock, 120, everywhere)
    assert everywhere.covers("shop")
    assert everywhere.covers("worse")
    assert not everywhere.covers("evil")


def test_who_takes_a_claim_again_and_again_is_given_way_to(install, api, clock):
    """Each loss has us begin anew: the pauses grow, so that others are not disturbed all day."""
    claims = install("one", "evil", "shop")
    claims.step()
    losses = 0
    for _ in range(int(4 * 3600 / LOOK_PERIOD)):
        clock.now += LOOK_PERIOD
        if claims.covers("evil"):
            forge(api, "evil")
            losses += 1
        elif (lease := api.leases["evil", CLAIM_OF_ONE])["spec"]["holderIdentity"] == "tenant/x":
            api.put("evil", {**lease, "spec": {**lease["spec"], "holderIdentity": ""}})
        claims.step()
        assert claims.covers("shop")
    assert losses < 4 * 3600 / LONGEST_PAUSE * 6


@pytest.mark.parametrize(
    ("namespaces", "forbidden", "where"),
    [
        (("a",), ("get", PUBLIC_NAMESPACE), "a"),
        (("a",), ("create", "a"), "a"),
        ((), ("create", PUBLIC_NAMESPACE), ALL),
        ((), ("list", None), ALL),
    ],
)
def test_who_may_not_claim_does_not_act_and_says_why(install, api, namespaces, forbidden, where):
    """A missing Role is told in the API server's words, which name the Lease."""
    api.forbidden[forbidden] = Forbidden("leases is forbidden")
    claims = install("one", *namespaces)
    claims.step()
    assert not claims.covers("a")
    assert claims.sentences() == [f"not acting in {where}: leases is forbidden"]


def test_an_outage_ends_no_claim_before_its_time(install, api, clock):
    """What cannot be renewed counts until the deadline, and again with the first answer."""
    claims = install("one")
    claims.step()
    clock.now += RENEW_PERIOD
    api.outage = Unavailable("down")
    with pytest.raises(Unavailable):
        claims.step()
    assert claims.covers("a")
    clock.now += DEADLINE
    assert not claims.covers("a")
    api.outage = None
    claims.step()
    assert claims.covers("a")


def test_what_is_left_out_is_written_on_the_claim(install, api):
    """Kubectl shows where the installation of all does not act."""
    install("one", "a").step()
    install("two").step()
    lease = api.leases[PUBLIC_NAMESPACE, CLAIM_OF_ALL]
    assert lease["metadata"]["annotations"][ANNOTATION_EXCEPTED] == "a"


class Meeting:
    """Four installations whose requests come in any order, some of whose answers are lost."""

    SCOPES: Mapping[str, tuple[str, ...]] = {
        "one": (),
        "two": ("a", "b"),
        "three": ("b", "c"),
        "four": (),
    }

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.api, self.clock = FakeLeases(), Clock()
        self.living = {}
        self.at_it = []
        self.acted = Counter()

    def __getattr__(self, name):
        """A request: others may have their turn before, and it may be lost with its answer."""

        def call(*given):
            self.check()
            self.clock.now += self.chance.choice((0, 0, 0.1, 3, 20))
            while len(self.at_it) < 4 and self.chance.random() < 0.4:
                self.turn()
            if self.chance.random() < 0.03:
                raise Unavailable("not sent")
            answer = getattr(self.api, name)(*given)
            if self.chance.random() < 0.03:
                raise Unavailable("answered, and not heard")
            return answer

        return call

    def turn(self):
        """Somebody starts, goes, dies, takes over from a replica of its own, or does its work."""
        who = self.chance.choice([it for it in self.SCOPES if it not in self.at_it])
        what = self.chance.random()
        if who not in self.living or what < 0.1:
            self.living[who] = Claims(self, who, self.SCOPES[who], self.clock)
        elif what < 0.2:
            gone = self.living.pop(who)
            if what < 0.15:
                gone.release()
            return
        elif what < 0.25:
            self.living[who].begin()
        self.at_it.append(who)
        with suppress(Unavailable):
            self.living[who].step()
        self.at_it.remove(who)
        self.check()

    def check(self):
        """No namespace is in the hands of two."""
        for name in "abcd":
            acting = [who for who, claims in self.living.items() if claims.covers(name)]
            self.acted.update(acting)
            assert len(acting) <= 1, (name, acting)


@pytest.mark.parametrize("seed", range(40))
def test_no_two_installations_act_in_a_namespace(seed):
    """Whatever comes between two requests: starts, ends, new replicas, pauses, lost answers."""
    meeting = Meeting(seed)
    for _ in range(80):
        meeting.clock.now += meeting.chance.choice((0, 1, 5, 5, 5, 30))
        meeting.turn()
    assert meeting.acted
