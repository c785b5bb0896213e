"""When what is archived, what retention hears of it, and how an absence passes."""

import asyncio
import logging

import pytest

from asw.archive.errors import ArchiveAway
from asw.archive.writing import MOST_AT_ONCE, Written
from asw.failures import Failure
from asw.operator import archiving as module
from asw.operator.archiving import Archiving
from asw.reconciler.counters import Histogram
from tests.support.kube_objects import UID, execution_object
from tests.support.kube_world import KubeWorld, kube_world

ENDED = {"phase": "Failed", "completionTime": "2026-01-01T11:00:00.000Z", "error": "hunter2"}


class Writer:
    """An archive in memory; ``away`` says why it does not answer, ``refuses`` what it refuses."""

    def __init__(self):
        self.has = {}
        self.away = ""
        self.refuses = set()
        self.asked = 0
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.batch_seconds = Histogram((1.0,))
        self.bytes = 0

    async def known(self, uids):
        """See ArchiveWriter."""
        self.asked += 1
        if self.away:
            raise ArchiveAway(self.away)
        return {uid: self.has[uid] for uid in uids if uid in self.has}

    async def archive(self, ended):
        """See ArchiveWriter."""
        self.asked += 1
        written = Written(away=self.away)
        await self.goes_on.wait()
        for one in ended:
            if self.away:
                break
            if one.key.uid in self.refuses:
                written.refused[one.key.uid] = "DataError"
            else:
                self.has[one.key.uid] = one.epoch
                written.archived.add(one.key.uid)
        return written


def an_archive(world: KubeWorld, may_act=lambda _: True) -> Archiving:
    return Archiving(world.feed.cache, Writer(), may_act, world.time.monotonic)


def put(world: KubeWorld, uid: str = UID, **status) -> None:
    """An Execution ended, as a watch shows it."""
    item = execution_object()
    item["metadata"] |= {"uid": uid, "name": uid}
    world.feed.cache.put_execution({**item, "status": {**ENDED, **status}})


async def being_written(world: KubeWorld):
    """An archive in the middle of writing one that ended, and its work."""
    archive = an_archive(world)
    put(world)
    archive.writer.goes_on.clear()
    working = asyncio.create_task(archive.work())
    await world.until(lambda: archive.writer.asked)
    return archive, working


async def test_all_that_waits_is_archived_in_batches():
    """However many they are, one round takes them all, so many at a time."""
    async with kube_world() as world:
        archive = an_archive(world)
        for n in range(MOST_AT_ONCE * 2 + 1):
            put(world, str(n))
        await archive.work()
        assert len(archive.writer.has) == archive.archived == MOST_AT_ONCE * 2 + 1
        assert archive.writer.asked == 3
        assert len(archive.queue) == 0


async def test_what_is_redriven_while_it_is_archived_is_archived_again():
    """The end of the redrive came while the one before was being written: it stays in line."""
    async with kube_world() as world:
        archive, working = await being_written(world)
        put(world, redriveCount=1, completionTime="2026-01-01T11:30:00.000Z")
        archive.writer.goes_on.set()
        await working
        assert archive.writer.has == {UID: 0}
        await archive.work()
        assert archive.writer.has == {UID: 1}


async def test_a_refused_one_is_held_back_and_told_without_what_is_in_it(caplog):
    """For an hour; the others are archived, and the log has neither input nor error."""
    async with kube_world() as world:
        archive = an_archive(world)
        archive.writer.refuses = {"bad"}
        for uid in ("good", "bad"):
            put(world, uid)
        with caplog.at_level(logging.WARNING):
            await archive.work()
        assert archive.writer.has == {"good": 0}
        assert (archive.failures, archive.refused) == ({"refused": 1}, {"bad"})
        assert "shop/bad cannot be archived, and stays: DataError" in caplog.text
        assert "hunter2" not in caplog.text
        assert await archive.lacking({"bad": 0, "good": 0}) == {"bad"}
        await archive.work()
        assert archive.failures == {"refused": 1}
        world.time.pass_(3600)
        archive.writer.refuses = set()
        await archive.work()
        assert archive.refused == set()
        assert archive.writer.has == {"good": 0, "bad": 0}


async def test_pauses_grow_while_it_is_away(caplog):
    """To a minute at most, each shortened by chance; the log tells once."""
    async with kube_world() as world:
        archive = an_archive(world)
        put(world)
        archive.writer.away = "OperationalError"
        pauses = []
        for _ in range(10):
            asked, waited = archive.writer.asked, 0.0
            while archive.writer.asked == asked:
                world.time.pass_(0.25)
                waited += 0.25
                await archive.work()
            pauses.append(waited)
        assert pauses[1] <= 1.25
        assert pauses[7] >= 16
        assert max(pauses) <= 60.25
        assert caplog.text.count("the archive is away") == 1
        assert len(archive.queue) == 1


async def test_it_is_asked_whether_it_is_back_though_nothing_waits():
    """Or retention would hold back until the next run ends."""
    async with kube_world() as world:
        archive = an_archive(world)
        archive.writer.away = "OperationalError"
        assert await archive.lacking({UID: 0}) is None
        assert archive.is_away
        archive.writer.away = ""
        world.time.pass_(1)
        await archive.work()
        assert not archive.is_away


async def test_what_the_archive_lost_is_archived_again():
    """It may have been restored from a copy of yesterday: retention finds that, and waits."""
    async with kube_world() as world:
        archive = an_archive(world)
        put(world)
        await archive.work()
        archive.writer.has.clear()
        assert await archive.lacking({UID: 0}) == {UID}
        await archive.work()
        assert await archive.lacking({UID: 0}) == set()


async def test_what_is_another_installations_is_left():
    """It is looked at again a minute later: claims change."""
    async with kube_world() as world:
        allowed = set()
        archive = an_archive(world, lambda namespace: namespace in allowed)
        put(world)
        await archive.work()
        allowed.add("shop")
        await archive.work()
        assert archive.writer.has == {}
        world.time.pass_(60)
        await archive.work()
        assert archive.writer.has == {UID: 0}


async def test_a_round_that_is_given_up_loses_nothing():
    """Whoever loses the Lease in the middle of a batch may win it again."""
    async with kube_world() as world:
        archive, working = await being_written(world)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        archive.writer.goes_on.set()
        await archive.work()
        assert archive.writer.has == {UID: 0}


async def test_a_missing_driver_is_told_with_its_remedy(monkeypatch):
    """The extra is not installed by default, and whoever sets the URL must know."""
    monkeypatch.setitem(__import__("sys").modules, "asw.archive.writer", None)
    async with kube_world() as world:
        with pytest.raises(Failure) as failure:
            module.archiving("sqlite://", world.feed.cache, lambda: None, lambda _: True)
        assert "asw[archive]" in failure.value.remedy
