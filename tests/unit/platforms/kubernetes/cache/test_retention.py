"""Which finished Jobs and Executions go."""

from datetime import timedelta

import pytest

from asw.api.instants import instant_text
from asw.api.workflow import OutcomeRetention, Retention
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache import retention
from asw.platforms.kubernetes.cache.retention import RetentionIndex, is_tracked, superfluous_jobs
from asw.platforms.kubernetes.cache.seen import SeenTask
from asw.platforms.kubernetes.tasks.observations import JobObservation
from asw.platforms.kubernetes.tasks.places import TaskKey
from tests.support.kube_objects import NOW, UID

LATER = NOW + timedelta(hours=1)


def tasks(uid, count, is_finished=True):
    return {
        TaskKey("shop", TaskId(uid, n)): SeenTask(
            seen_at=0.0,
            job=JobObservation(
                owner_uid=uid,
                owner_name=uid,
                namespace="shop",
                name=f"{uid}-{n}",
                uid=f"{uid}-{n}",
                task_id=TaskId(uid, n),
                created_at=NOW,
                is_deleted=False,
                finished_at=NOW + timedelta(seconds=n) if is_finished else None,
                failure=None,
                runs_image=False,
                timeout=None,
                is_private=False,
                seal="",
            ),
        )
        for n in range(1, count + 1)
    }


def test_newest_of_an_execution_stay():
    """The last twenty are there for kubectl logs."""
    found = superfluous_jobs(tasks("a", 23), LATER)
    assert sorted(task_id.ordinal for _, task_id in found) == [1, 2, 3]


def test_running_jobs_stay():
    """What has not finished is nothing to be swept."""
    assert superfluous_jobs(tasks("a", 30, is_finished=False), LATER) == []


def test_every_job_stays_a_minute():
    """Its name must be taken when a late request to create it arrives."""
    assert superfluous_jobs(tasks("a", 23), NOW + timedelta(seconds=62)) == [
        ("shop", TaskId("a", 2)),
        ("shop", TaskId("a", 1)),
    ]


def test_jobs_of_all_executions_are_bounded():
    """Thousands of executions with a Job each do not choke the Job controller."""
    many = {}
    for n in range(retention.KEPT_IN_ALL + 5):
        many |= tasks(f"e{n}", 1)
    assert len(superfluous_jobs(many, LATER)) == 5


def test_jobs_go_when_their_time_is_over():
    """With jobSeconds of an execution, its newest ones go too; those of others stay."""
    both = tasks("a", 3) | tasks("b", 3)
    spans = {("shop", "a"): timedelta(seconds=100)}
    found = superfluous_jobs(both, NOW + timedelta(seconds=102), lambda *it: spans.get(it))
    assert sorted(found) == [("shop", TaskId("a", 1)), ("shop", TaskId("a", 2))]


def test_job_seconds_of_nothing_is_a_minute():
    """The minute that guards its name is kept whatever is asked for."""
    found = superfluous_jobs(tasks("a", 3), NOW + timedelta(seconds=62), lambda *_: timedelta(0))
    assert sorted(found) == [("shop", TaskId("a", 1)), ("shop", TaskId("a", 2))]


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
    """A graveyard with executions in it."""

    def __init__(self, *items, defaults=None, **rules):
        self.rules = {"orders": Retention(**rules)} if rules else {}
        self.yard = RetentionIndex(defaults or Retention(), lambda _, name: self.rules.get(name))
        self.entries = {}
        for item in items:
            self.put(item)

    def put(self, item):
        """An event."""
        uid = item["metadata"]["uid"]
        is_child = "parent" in item["spec"]
        self.entries[uid] = self.yard.renewed(self.entries.get(uid), item, is_child=is_child)

    def due(self, seconds, most=100, but=()):
        """Numbers of those that are due so long after the beginning."""
        return [int(uid) for uid in self.yard.due(NOW + timedelta(seconds=seconds), most, but)]


TEN = OutcomeRetention(ttl_seconds=10)


def test_nothing_goes_by_default():
    """Retention is asked for."""
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
    """Field by field; without a Workflow it is the only one."""
    defaults = Retention(succeeded=OutcomeRetention(ttl_seconds=50, limit=2))
    runs = [over(n) for n in range(4)]
    assert Yard(*runs, defaults=defaults, succeeded=OutcomeRetention(limit=3)).due(49) == [0]
    assert Yard(*runs, defaults=defaults).due(49) == [0, 1]
    assert Yard(*runs, defaults=defaults, succeeded=TEN).due(10.5) == [0, 1]
    assert Yard(*runs, defaults=defaults, failed=TEN).due(50) == [0, 1]


def test_the_executions_own_span_wins():
    """It goes earlier or later than others, and no limit takes or counts it."""
    runs = [over(n) for n in range(2)]
    rules = OutcomeRetention(ttl_seconds=10, limit=2)
    own = [over(n, ttlSecondsAfterFinished=ttl) for n, ttl in ((5, 0), (6, 100))]
    yard = Yard(*runs, *own, succeeded=rules)
    assert yard.due(5) == [5]
    assert yard.due(105) == [0, 1, 5]
    assert yard.due(106) == [0, 1, 5, 6]


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


def test_no_more_than_wanted_and_none_of_the_others():
    """A second's worth, without those that the API server refused."""
    yard = Yard(*(over(n) for n in range(5)), succeeded=TEN)
    assert yard.due(100, most=2) == [0, 1]
    assert yard.due(100, most=2, but={"000"}) == [1, 2]


def test_events_of_the_same_end_change_nothing():
    """A status that is shown again keeps its one place."""
    yard = Yard(over(1), over(1), over(1), succeeded=TEN)
    assert yard.due(100) == [1]


HELM = {"app.kubernetes.io/managed-by": "Helm"}
RELEASE = {"meta.helm.sh/release-name": "shop"}


@pytest.mark.parametrize(
    ("labels", "annotations", "expected"),
    [
        (HELM, RELEASE, True),
        (HELM, {}, False),
        ({}, RELEASE, False),
        ({"kustomize.toolkit.fluxcd.io/name": "a"}, {}, True),
        ({"helm.toolkit.fluxcd.io/namespace": "a"}, {}, True),
        ({}, {"argocd.argoproj.io/tracking-id": "a"}, True),
        ({"argocd.argoproj.io/instance": "a"}, {}, True),
        ({"app.kubernetes.io/instance": "a"}, {}, True),
        ({"app.kubernetes.io/name": "a"}, {"kubectl.kubernetes.io/x": "a"}, False),
        (None, None, False),
    ],
    ids=str,
)
def test_marks_of_tools(labels, annotations, expected):
    """Helm needs both of its marks; one of Flux's or Argo CD's is enough."""
    assert is_tracked({"labels": labels, "annotations": annotations}) is expected
