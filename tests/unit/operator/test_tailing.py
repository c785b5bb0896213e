"""Logs of tasks are kept before their Jobs go, and hold nothing up for more than a moment."""

import asyncio
from dataclasses import replace

from asw.archive.errors import ArchiveAway, ArchiveRefused
from asw.archive.tail_reading import Read
from asw.archive.tail_rows import TaskOf
from asw.archive.tails import Lost
from asw.engine.commands import CancelTask
from asw.engine.task_ids import TaskId
from asw.operator.tailing import AT_ONCE, OF_NAMESPACE, QUIET, Tailing
from asw.platforms.kubernetes.tasks.places import TaskKey
from tests.support.kube_objects import (
    KEY,
    UID,
    a_job,
    a_plan,
    a_pod,
    a_task,
    an_image,
    running,
    sealed,
    terminated,
)
from tests.support.kube_world import KubeWorld, kube_world

TASK = TaskId(UID, 1)
PLACE = TaskKey.of(KEY, TASK)


class Writer:
    """Nodes and an archive in memory. Logs are read once ``goes_on`` is set."""

    def __init__(self):
        self.rows = []
        self.pods = []
        self.under_way = self.most = 0
        self.away = self.silent = False
        self.refuses = set()
        self.knows = set()
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def read_tail(self, pod, blank, limit):
        """See ArchiveWriter."""
        self.pods.append((pod, limit))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.goes_on.wait()
        self.under_way -= 1
        if self.silent:
            return Read(replace(blank, lost=Lost.LATE), is_silent=True)
        return Read(replace(blank, content=b"x\n"))

    async def put_tails(self, tails):
        """See ArchiveWriter."""
        await asyncio.sleep(0)
        if self.away:
            raise ArchiveAway("it is")
        if self.refuses & {it.ordinal for it in tails}:
            raise ArchiveRefused("DataError")
        self.rows += tails

    async def known_tails(self, tasks):
        """See ArchiveWriter."""
        return self.knows & set(tasks)

    async def prune_tails(self, until):
        """See ArchiveWriter."""
        return False


def tailing_of(world: KubeWorld, writer=None, *, seconds: float = 5.0, may_act=lambda _: True):
    """The keeper of logs of an operator over this world."""
    made = Tailing(
        world.feed.cache, writer or Writer(), may_act, world.time.monotonic, removal_seconds=seconds
    )
    departures = world.platform.tasks.departures
    departures.tails, departures.wake = made, world.feed.wake
    return made


def a_task_of(ordinal: int = 1, namespace: str = "shop", function=None):
    """A Job and its running pod, of that namespace and of the Execution of KEY there."""
    job = a_job(a_plan(function, task=a_task(ordinal)), uid=f"job-{ordinal}")
    pod = a_pod(running(), uid=f"pod-{ordinal}")
    pod["metadata"] |= {
        "name": f"pod-{namespace}-{ordinal}",
        "labels": job["metadata"]["labels"],
        "ownerReferences": [{**pod["metadata"]["ownerReferences"][0], "uid": f"job-{ordinal}"}],
    }
    for item in (job, pod):
        item["metadata"]["namespace"] = namespace
    return sealed(job), pod


def show(world: KubeWorld, *items, ended: bool = True) -> None:
    """As a watch does: the Job, and its pod, whose container has ended."""
    for job, pod in items:
        world.feed.job("ADDED", job)
        world.feed.pod("ADDED", pod)
        if ended:
            world.feed.pod("MODIFIED", end_of(pod))


def end_of(pod):
    """The pod at its end."""
    statuses = [{"name": "task", "state": terminated()}]
    return {**pod, "status": {"phase": "Succeeded", "containerStatuses": statuses}}


async def test_what_ended_is_kept_once():
    """However often its pod is seen, and with the limit that its Function has."""
    async with kube_world() as world:
        writer = Writer()
        tailing = tailing_of(world, writer)
        small = an_image(logs={"tailBytes": 1000})
        show(world, a_task_of(1), a_task_of(2, function=small))
        await tailing.work()
        await world.until(lambda: tailing.kept == 2)
        show(world, a_task_of(1))
        await tailing.work()
        assert writer.pods == [("pod-shop-1", 65536), ("pod-shop-2", 1000)]
        row = writer.rows[0]
        assert (row.namespace, row.uid, row.task_uid, row.ordinal) == ("shop", UID, UID, 1)
        assert (row.state, row.attempt, row.content) == ("Add", 0, b"x\n")
        assert (tailing.bytes, len(tailing.queue)) == (4, 0)


async def test_a_function_that_says_none_keeps_none():
    """Its pods are not asked."""
    async with kube_world() as world:
        writer = Writer()
        tailing = tailing_of(world, writer)
        show(world, a_task_of(function=an_image(logs={"tailBytes": 0})))
        await tailing.work()
        assert not tailing.is_open(PLACE)
        assert writer.pods == []


async def test_what_a_tenant_writes_on_a_job_is_bounded():
    """An annotation that says a gigabyte, or nonsense, is none of ours."""
    async with kube_world() as world:
        writer = Writer()
        tailing = tailing_of(world, writer)
        for ordinal, said in enumerate(("1073741824", "-1", "x", "262144"), 1):
            job, pod = a_task_of(ordinal)
            job["metadata"]["annotations"]["asw.dev/log-tail-bytes"] = said
            show(world, (job, pod))
        await tailing.work()
        await world.until(lambda: tailing.kept == 4)
        assert [limit for _, limit in writer.pods] == [65536, 65536, 65536, 262144]


async def test_ten_thousand_of_one_namespace_delay_no_other():
    """Few are read at a time, half of them of one namespace; the other one's comes at once."""
    async with kube_world() as world:
        writer = Writer()
        writer.goes_on.clear()
        tailing = tailing_of(world, writer)
        show(world, *map(a_task_of, range(1, 10_001)))
        await tailing.work()
        await world.until(lambda: writer.under_way == OF_NAMESPACE)
        show(world, a_task_of(1, "bank"))
        await tailing.work()
        await world.until(lambda: ("pod-bank-1", 65536) in writer.pods)
        assert len(writer.pods) == OF_NAMESPACE + 1
        assert len(tailing.queue) == 10_001
        writer.goes_on.set()
        await world.until(lambda: tailing.kept == 10_001)
        assert writer.most <= AT_ONCE
        assert len({it.ordinal for it in writer.rows}) == 10_000


async def cancelled(world: KubeWorld, *ordinals: int) -> None:
    """The engine cancels these tasks."""
    cancels = [CancelTask(task_id=TaskId(UID, it)) for it in ordinals or (1,)]
    await world.platform.tasks.cancel(KEY, cancels)


def put_job(world: KubeWorld, job) -> str:
    """It is on the server as well; its path."""
    path = f"/apis/batch/v1/namespaces/shop/jobs/{job['metadata']['name']}"
    world.api.objects[path] = job
    return path


async def test_a_cancel_does_not_wait_for_the_log():
    """It returns at once; the Job is there until the log is kept, and then it goes."""
    async with kube_world() as world:
        writer = Writer()
        writer.goes_on.clear()
        tailing = tailing_of(world, writer)
        await tailing.work()
        job, pod = a_task_of()
        path = put_job(world, job)
        show(world, (job, pod), ended=False)
        await cancelled(world)
        await cancelled(world)  # as the engine does while it sees the Job
        await world.until(lambda: writer.pods)
        assert path in world.api.objects
        writer.goes_on.set()
        await world.until(lambda: path not in world.api.objects)
        assert [it.content for it in writer.rows] == [b"x\n"]
        assert len(writer.pods) == 1


async def test_a_node_that_does_not_answer_holds_no_cancel_up():
    """The log is lost, the row says so, and the Job goes."""
    async with kube_world() as world:
        writer = Writer()
        writer.goes_on.clear()
        tailing = tailing_of(world, writer, seconds=0.01)
        await tailing.work()
        job, pod = a_task_of()
        path = put_job(world, job)
        show(world, (job, pod), ended=False)
        await cancelled(world)
        await world.until(lambda: path not in world.api.objects)
        assert tailing.lost == {Lost.LATE: 1}
        await world.until(lambda: writer.rows)
        assert writer.rows[0].lost == Lost.LATE
        writer.goes_on.set()
        await world.until(lambda: not writer.under_way)
        assert tailing.lost == {Lost.LATE: 1}
        assert tailing.kept == 0


async def test_a_task_that_never_ran_is_cancelled_at_once():
    """There is no log to wait for."""
    async with kube_world() as world:
        writer = Writer()
        tailing = tailing_of(world, writer)
        await tailing.work()
        job, pod = a_task_of()
        path = put_job(world, job)
        world.feed.job("ADDED", job)
        world.feed.pod("ADDED", {**pod, "status": {"phase": "Pending"}})
        await cancelled(world)
        await world.until(lambda: path not in world.api.objects)
        assert (writer.pods, tailing.lost) == ([], {})


async def test_what_is_removed_goes_before_what_has_ended():
    """A thousand ended tasks of its own namespace do not keep a cancelled one."""
    async with kube_world() as world:
        writer = Writer()
        writer.goes_on.clear()
        tailing = tailing_of(world, writer)
        show(world, *map(a_task_of, range(2, 1000)))
        await tailing.work()
        job, pod = a_task_of()
        put_job(world, job)
        show(world, (job, pod), ended=False)
        await cancelled(world)
        writer.goes_on.set()
        await world.until(lambda: tailing.kept > OF_NAMESPACE)
        assert ("pod-shop-1", 65536) in writer.pods[: 2 * OF_NAMESPACE]
        await world.until(lambda: tailing.kept == 999)


async def test_a_silent_node_is_left_alone_for_a_while():
    """What ended there waits; what has to go from there goes at once."""
    async with kube_world() as world:
        writer = Writer()
        writer.silent = True
        tailing = tailing_of(world, writer)
        show(world, a_task_of(1))
        await tailing.work()
        await world.until(lambda: tailing.lost)
        show(world, a_task_of(2))
        await tailing.work()
        assert len(writer.pods) == 1
        job, pod = a_task_of(3)
        path = put_job(world, job)
        show(world, (job, pod), ended=False)
        await cancelled(world, 3)
        await world.until(lambda: path not in world.api.objects)
        assert tailing.lost == {Lost.LATE: 2}
        writer.silent = False
        world.time.pass_(QUIET.total_seconds())
        await tailing.work()
        await world.until(lambda: tailing.kept == 1)


async def test_while_the_archive_is_away_pods_keep_what_they_have():
    """What ended is read again later; only what has to go meanwhile is lost."""
    async with kube_world() as world:
        writer = Writer()
        writer.away = True
        tailing = tailing_of(world, writer)
        show(world, a_task_of(1))
        await tailing.work()
        await world.until(lambda: not writer.under_way and len(writer.pods) == 1)
        job, pod = a_task_of(2)
        path = put_job(world, job)
        show(world, (job, pod), ended=False)
        await cancelled(world, 2)
        await world.until(lambda: path not in world.api.objects)
        assert tailing.lost == {Lost.AWAY: 1}
        writer.away = False
        world.time.pass_(60)
        await tailing.work()
        await world.until(lambda: tailing.kept == 1)
        assert [it.ordinal for it in writer.rows] == [1]


async def test_one_that_the_archive_refuses_keeps_no_other_out():
    """It is lost and counted."""
    async with kube_world() as world:
        writer = Writer()
        writer.refuses = {2}
        tailing = tailing_of(world, writer)
        show(world, *map(a_task_of, (1, 2, 3)))
        await tailing.work()
        await world.until(lambda: tailing.kept == 2 and tailing.lost)
        assert tailing.lost == {Lost.UNREAD: 1}
        assert sorted(it.ordinal for it in writer.rows) == [1, 3]


async def test_a_pod_that_goes_before_is_counted():
    """Somebody deleted it, or its node is gone: the archive says so of its task."""
    async with kube_world() as world:
        writer = Writer()
        tailing = tailing_of(world, writer)
        await tailing.work()
        job, pod = a_task_of()
        show(world, (job, pod), ended=False)
        world.feed.pod("DELETED", pod)
        await world.until(lambda: writer.rows)
        assert writer.rows[0].lost == Lost.GONE
        assert tailing.lost == {Lost.GONE: 1}


async def test_a_successor_reads_nothing_twice():
    """It asks the archive which ones it has."""
    async with kube_world() as world:
        writer = Writer()
        writer.knows = {TaskOf("shop", UID, 1)}
        tailing = tailing_of(world, writer)
        show(world, a_task_of(1), a_task_of(2))
        await tailing.work()
        await world.until(lambda: tailing.kept == 1)
        assert [pod for pod, _ in writer.pods] == ["pod-shop-2"]


async def test_a_standby_reads_nothing():
    """Nor where another installation acts; Jobs that go are none of its business."""
    async with kube_world() as world:
        writer = Writer()
        tailing = tailing_of(world, writer, may_act=lambda _: False)
        job, pod = a_task_of()
        show(world, (job, pod))
        assert not tailing.is_open(PLACE)
        await tailing.work()
        world.feed.pod("DELETED", pod)
        assert (writer.pods, writer.rows, tailing.lost) == ([], [], {})


async def test_retention_waits_for_logs_but_not_for_ever():
    """An Execution with a log that is still to be kept stays, for seconds."""
    async with kube_world() as world:
        tailing = tailing_of(world)
        assert not tailing.holds("shop", UID)
        show(world, a_task_of(), ended=False)
        assert tailing.holds("shop", UID)
        assert not tailing.holds("bank", UID)
        world.time.pass_(15)
        assert not tailing.holds("shop", UID)
