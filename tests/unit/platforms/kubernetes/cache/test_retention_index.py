"""In which order ended Executions are deleted, and which of them."""

from datetime import timedelta
from random import Random

import pytest

from asw.api.instants import instant_text
from asw.api.retention import DEFAULT_RETENTION
from asw.api.workflow import OutcomeRetention, Retention
from asw.platforms.kubernetes.cache.retention_index import (
    ORPHANED_SECONDS,
    Agenda,
    RetentionIndex,
)
from tests.support.kube_objects import NOW, UID


def over(n, phase="Succeeded", workflow="orders", **fields):
    """The n-th execution, which ended n seconds after the others began."""
    ended_at = NOW + timedelta(seconds=n)
    spec = {
        name: fields.pop(name) for name in ("ttlSecondsAfterFinished", "parent") if name in fields
    }
    return {
        "metadata": {"namespace": "shop", "name": f"run-{n}", "uid": f"{n:03}"},
        "spec": {"workflowRef": {"name": workflow}, **spec},
        "status": {"phase": phase, "completionTime": instant_text(ended_at), **fields},
    }


class Yard:
    """A graveyard with executions in it, whose Workflows are there unless one is dropped."""

    def __init__(self, *items, defaults=None, **rules):
        self.rules = {"orders": Retention(**rules), "other": Retention()}
        self.now = NOW
        self.yard = RetentionIndex(
            defaults or Retention(), lambda _, name: self.rules.get(name), lambda: self.now
        )
        self.entries = {}
        for item in items:
            self.put(item)

    def put(self, item):
        """An event."""
        uid = item["metadata"]["uid"]
        is_child = "parent" in item["spec"]
        self.entries[uid] = self.yard.renewed(self.entries.get(uid), item, is_child=is_child)

    def take(self, seconds):
        """The one that has been due for longest, so long after the beginning."""
        self.now = NOW + timedelta(seconds=seconds)
        return self.yard.take(self.now)

    def due(self, seconds):
        """Numbers of those that are due then, in their order; all stay."""
        taken = list(iter(lambda: self.take(seconds), None))
        for entry in taken:
            self.yard.put_off(entry, NOW)
        return [int(entry.uid) for entry in taken]

    def rule(self, workflow, retention):
        """The Workflow says this now; None if it is gone."""
        self.rules[workflow] = retention
        self.yard.rules_changed("shop", workflow)


TEN = OutcomeRetention(ttl_seconds=10)


def test_nothing_goes_without_a_rule():
    """Without a rule of anybody's."""
    assert Yard(over(1), over(2)).due(10**9) == []


def test_executions_go_by_age():
    """Those that ended so, ttlSeconds ago or longer, the oldest first."""
    yard = Yard(over(3), over(1), over(2), over(9), over(4, "Failed"), succeeded=TEN)
    assert yard.due(12.9) == [1, 2]
    assert yard.due(13) == [1, 2, 3]


def test_the_newest_are_kept():
    """The limit counts each outcome of each Workflow for itself."""
    runs = [over(n) for n in range(5)] + [over(10 + n, "Failed") for n in range(5)]
    yard = Yard(*runs, over(20, workflow="other"), succeeded=OutcomeRetention(limit=2))
    assert yard.due(100) == [0, 1, 2]


@pytest.mark.parametrize(
    ("phase", "field"),
    [
        ("Succeeded", "succeeded"),
        ("Failed", "failed"),
        ("TimedOut", "timed_out"),
        ("Aborted", "aborted"),
    ],
)
def test_each_outcome_has_its_rule(phase, field):
    """All four of them."""
    phases = ("Succeeded", "Failed", "TimedOut", "Aborted")
    runs = [over(n, each) for n, each in enumerate(phases)]
    assert Yard(*runs, **{field: TEN}).due(100) == [phases.index(phase)]


def test_the_operators_rule_holds_where_the_workflow_is_silent():
    """Outcome by outcome: who says how long is not held to a number that somebody else chose."""
    defaults = Retention(succeeded=OutcomeRetention(ttl_seconds=50, limit=2))
    runs = [over(n) for n in range(4)]
    assert Yard(*runs, defaults=defaults).due(49) == [0, 1]
    assert Yard(*runs, defaults=defaults, failed=TEN).due(50) == [0, 1]
    assert Yard(*runs, defaults=defaults, succeeded=OutcomeRetention()).due(49) == [0, 1]
    assert Yard(*runs, defaults=defaults, succeeded=OutcomeRetention(limit=3)).due(10**9) == [0]
    assert Yard(*runs, defaults=defaults, succeeded=OutcomeRetention(ttl_seconds=90)).due(89) == []


def test_by_default_a_week_a_month_and_a_hundred():
    """Those that succeeded for a week, others for a month, and the newest hundred of each kind."""
    day = 86_400
    one = Yard(over(0), over(1, "Failed"), over(2, "TimedOut"), defaults=DEFAULT_RETENTION)
    assert one.due(7 * day - 1) == []
    assert one.due(7 * day) == [0]
    assert one.due(30 * day + 1) == [0, 1]
    assert one.due(30 * day + 2) == [0, 1, 2]
    many = [over(n, phase) for n, phase in enumerate(["Succeeded", "Aborted"] * 102)]
    assert Yard(*many, defaults=DEFAULT_RETENTION).due(300) == [0, 1, 2, 3]


def test_a_workflow_that_changes_its_mind_is_heard_at_once():
    """A shorter time makes due what was not, a longer one spares what was."""
    yard = Yard(over(0), over(1), succeeded=OutcomeRetention(ttl_seconds=1000))
    assert yard.due(20) == []
    yard.rule("orders", Retention(succeeded=TEN))
    assert yard.due(20) == [0, 1]
    yard.rule("orders", Retention(succeeded=OutcomeRetention(ttl_seconds=2000)))
    assert yard.due(1999) == []
    yard.rule("orders", Retention())
    assert yard.due(10**9) == []


def test_what_a_workflow_leaves_behind_is_spared_for_a_while():
    """Deleted and applied again a minute later, it finds all its executions; else they go."""
    defaults = Retention(succeeded=OutcomeRetention(limit=0))
    yard = Yard(over(0), defaults=defaults, succeeded=OutcomeRetention(limit=5))
    assert yard.due(100) == []
    yard.rule("orders", None)
    assert yard.due(100 + ORPHANED_SECONDS - 1) == []
    yard.rule("orders", Retention(succeeded=OutcomeRetention(limit=5)))
    assert yard.due(10**6) == []
    yard.rule("orders", None)
    assert yard.due(10**6 + ORPHANED_SECONDS) == [0]


def test_the_executions_own_span_wins():
    """It goes earlier or later than others, and no limit takes or counts it."""
    runs = [over(n) for n in range(2)]
    rules = OutcomeRetention(ttl_seconds=10, limit=2)
    own = [over(n, ttlSecondsAfterFinished=ttl) for n, ttl in ((5, 0), (6, 100))]
    yard = Yard(*runs, *own, succeeded=rules)
    assert yard.due(5) == [5]
    assert yard.due(105) == [5, 0, 1]
    assert yard.due(106) == [5, 0, 1, 6]


def test_children_go_with_their_parent():
    """Neither age nor limit looks at them."""
    child = over(1, parent={"name": "p", "uid": UID, "ordinal": 7})
    assert Yard(child, over(2), succeeded=OutcomeRetention(limit=1)).due(100) == []


def test_what_runs_again_or_is_gone_is_not_due():
    """A redriven execution leaves its place, and takes one anew when it ends again."""
    yard = Yard(over(1, "Failed"), over(2), failed=TEN, succeeded=TEN)
    again = over(1)
    again["status"] = {"phase": "Running"}
    yard.put(again)
    yard.yard.remove(yard.entries["002"])
    assert yard.due(100) == []
    yard.put(over(1, "Failed"))
    assert yard.due(100) == [1]


def test_one_that_waits_to_be_redriven_stays():
    """Its end does not count any more; unless the redrive was refused."""
    item = over(1, "Failed")
    item["spec"]["redrive"] = {"number": 1}
    item["metadata"]["generation"] = 2
    yard = Yard(item, failed=TEN)
    assert yard.due(100) == []
    refused = {"type": "Redriven", "status": "False", "observedGeneration": 2}
    item["status"]["conditions"] = [refused]
    yard.put(item)
    assert yard.due(100) == [1]


def test_an_emptied_one_rests():
    """It is looked at again only where emptying it was interrupted."""
    left = [{"name": "page", "digest": ""}]
    yard = Yard(over(1, emptied=True), over(2, emptied=True, pages=left), succeeded=TEN)
    assert yard.due(100) == [2]


def test_each_is_handed_out_once():
    """Until it is put off, which holds nobody else up; then not before that time."""
    yard = Yard(*(over(n) for n in range(3)), succeeded=TEN)
    first = yard.take(100)
    assert first.uid == "000"
    yard.yard.put_off(first, NOW + timedelta(seconds=160))
    assert [yard.take(100).uid, yard.take(159).uid] == ["001", "002"]
    assert yard.take(159) is None
    assert yard.take(160) is first


def test_what_is_gone_is_not_put_off():
    """Somebody else deleted it, or it runs again: it never comes back by itself."""
    yard = Yard(over(0), over(1), succeeded=TEN)
    first, second = yard.take(100), yard.take(100)
    yard.yard.put_off(first, NOW)
    yard.yard.remove(first)
    yard.yard.remove(second)
    yard.yard.put_off(second, NOW)
    assert yard.due(10**6) == []


def test_one_that_is_put_off_does_not_count():
    """A limit is kept by the others: what cannot be deleted costs no newer one its place."""
    yard = Yard(*(over(n) for n in range(4)), succeeded=OutcomeRetention(limit=2))
    for _ in range(2):
        yard.yard.put_off(yard.take(100), NOW + timedelta(seconds=160))
    assert yard.take(100) is None
    assert yard.due(160) == [0, 1]


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_events_gives_what_a_walk_would(seed):
    """Executions that come, go, are taken and put off, under rules that change: the same ones."""
    random, bounds = Random(seed), (None, 0, 3, 20)
    yard, there = Yard(), {}
    for n in range(150):
        what = random.random()
        if what < 0.6:
            yard.put(over(n))
            there[n] = yard.entries[f"{n:03}"]
        elif what < 0.8 and there:
            yard.yard.remove(there.pop(random.choice(sorted(there))))
        elif what < 0.9:
            rule = OutcomeRetention(ttl_seconds=random.choice(bounds), limit=random.choice(bounds))
            yard.rule("orders", Retention(succeeded=rule))
        rule = yard.rules["orders"].succeeded or OutcomeRetention()
        kept = sorted(there)
        beyond = kept[: max(len(kept) - rule.limit, 0)] if rule.limit is not None else []
        old = [it for it in kept if rule.ttl_seconds is not None and it + rule.ttl_seconds <= n]
        assert yard.due(n) == sorted({*beyond, *old})


def test_nothing_is_left_of_what_is_over():
    """However many executions come and go, memory holds those that are there."""
    yard = Yard(over(0), succeeded=OutcomeRetention(ttl_seconds=10**6))
    for n in range(1, 1000):
        item = over(n, workflow="orders" if n % 2 else f"w{n}")
        yard.put(item)
        yard.yard.remove(yard.entries.pop(item["metadata"]["uid"]))
    (group,) = yard.yard._groups.values()
    assert len(group._heap) < 200
    assert len(yard.yard._agenda._heap) < 200


def test_the_lag_tells_whether_deletions_keep_up():
    """For how long the first one has been due that is still there; none if none is."""
    yard = Yard(over(0), over(5), succeeded=TEN)
    assert [yard.yard.lag(NOW + timedelta(seconds=at)) for at in (9, 10, 14)] == [0, 0, 4]
    yard.take(14)
    assert yard.yard.lag(NOW + timedelta(seconds=16)) == 1
    yard.take(16)
    assert yard.yard.lag(NOW + timedelta(seconds=99)) == 0


def test_an_agenda_has_one_time_for_each():
    """The last one that was told counts."""
    agenda = Agenda()
    agenda.put("a", 5)
    agenda.put("b", 4)
    agenda.put("a", 3)
    assert [agenda.pop(2), agenda.pop(4), agenda.pop(4), agenda.pop(9)] == [None, "a", "b", None]
    agenda.put("a", 1)
    agenda.drop("a")
    assert agenda.pop(9) is None
    agenda.put("a", 5)
    agenda.put("a", 7)
    assert agenda.first_at() == 7


def test_events_of_the_same_end_change_nothing():
    """A status that is shown again keeps its one place."""
    yard = Yard(over(1), over(1), over(1), succeeded=TEN)
    assert yard.due(100) == [1]
