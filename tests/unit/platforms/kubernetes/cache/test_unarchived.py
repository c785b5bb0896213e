"""Which ended Executions wait for the archive, and in which order."""

from datetime import timedelta

from asw.platforms.kubernetes.cache.unarchived import Unarchived
from tests.support.kube_objects import NOW, execution_object
from tests.support.kube_world import kube_world


def an_end(uid: str, namespace: str = "shop"):
    item = execution_object()
    return {**item, "metadata": {**item["metadata"], "uid": uid, "namespace": namespace}}


def a_queue(*uids: str) -> Unarchived:
    queue = Unarchived()
    for uid in uids:
        queue.ended(an_end(uid))
    return queue


def test_each_is_handed_out_once_in_the_order_of_their_ends():
    """What is in hand is not handed out again, but counts until it is archived."""
    queue = a_queue("a", "b", "c")
    assert queue.take(NOW, 2) == ["a", "b"]
    assert queue.take(NOW, 2) == ["c"]
    assert queue.take(NOW, 2) == []
    assert len(queue) == 3
    queue.gone("a")
    assert len(queue) == 2


def test_namespaces_take_turns():
    """Whoever ends a thousand runs delays their own, not those of others."""
    queue = a_queue(*map(str, range(1000)))
    queue.ended(an_end("other", "team"))
    assert queue.take(NOW, 3) == ["0", "other", "1"]


def test_what_is_put_back_comes_when_it_is_time():
    """Not before, and not at all if it is gone meanwhile."""
    queue = a_queue("a", "b")
    assert queue.take(NOW, 5) == ["a", "b"]
    later = NOW + timedelta(seconds=5)
    queue.put_back("a", later)
    queue.put_back("b", later)
    queue.gone("b")
    queue.put_back("b", later)
    assert queue.take(NOW, 5) == []
    assert queue.take(later, 5) == ["a"]


def test_one_that_ends_again_is_handed_out_once():
    """The end of a redrive takes the place of what was put back."""
    queue = a_queue("a")
    queue.take(NOW, 1)
    queue.put_back("a", NOW + timedelta(seconds=5))
    queue.ended(an_end("a"))
    assert queue.take(NOW, 5) == ["a"]
    assert queue.take(NOW + timedelta(hours=1), 5) == []


def test_only_what_is_not_waiting_is_wanted_anew():
    """Retention asks every few seconds; what is in hand or put off stays so."""
    queue = a_queue("a")
    queue.take(NOW, 1)
    queue.want("a", "shop")
    queue.want("b", "shop")
    assert queue.take(NOW, 5) == ["b"]


def test_objects_are_held_by_who_archives_and_while_there_is_room():
    """Standbys hold none; those that do not fit are read again."""
    queue = Unarchived(most=5000)
    queue.ended(an_end("a"))
    queue.is_holding = True
    for uid in ("b", "c", "d"):
        queue.ended(an_end(uid))
    held = {uid: queue.take_item(uid) is not None for uid in "abcd"}
    assert held == {"a": False, "b": True, "c": True, "d": False}
    assert queue.take_item("b") is None
    queue.ended(an_end("e"))
    queue.stand_down()
    assert queue.take_item("e") is None


async def test_the_cache_tells_of_ends_and_of_what_is_over_with():
    """Each end once; not of what runs, is to run again, or was deleted."""
    async with kube_world() as world:
        queue = world.feed.cache.unarchived = Unarchived()
        item = execution_object()
        ended = {"phase": "Failed", "completionTime": "2026-01-01T11:00:00.000Z"}
        over = {**item, "status": ended}
        world.feed.cache.put_execution(item)
        assert len(queue) == 0
        world.feed.cache.put_execution(over)
        world.feed.cache.put_execution(over)
        assert queue.take(NOW, 5) == [item["metadata"]["uid"]]
        again = {**over, "spec": {**over["spec"], "redrive": {"number": 1}}}
        world.feed.cache.put_execution(again)
        assert len(queue) == 0
        world.feed.cache.put_execution({**again, "status": {**ended, "redriveCount": 1}})
        assert len(queue) == 1
        world.feed.cache.drop_execution(item["metadata"]["uid"])
        assert len(queue) == 0
