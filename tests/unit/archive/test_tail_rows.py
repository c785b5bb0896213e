"""Tails in both databases: kept once, found by their run alone, and removed by age."""

from dataclasses import replace

from asw.archive.tail_rows import DAY, MOST_BYTES, After, Pruning, TaskOf
from tests.support.archives import a_row, a_tail


def all_of(store, namespace="shop", uid="u1", **wanted):
    """All pages together."""
    found, after = store.tails.of_run(namespace, uid, wanted=wanted, after=None)
    while after is not None:
        page, after = store.tails.of_run(namespace, uid, wanted=wanted, after=after)
        found += page
    return found


def test_they_come_back_as_they_were(store):
    """In the order of the starts, whatever bytes and names they have."""
    odd = a_tail(3, content=bytes(range(256)) * 4, is_cut=True, state="Prüfen", attempt=2)
    lost, child = a_tail(2, content=b"", lost="late"), a_tail(2, task_uid="child")
    store.tails.put([odd, lost, a_tail(1), child])
    assert all_of(store) == [a_tail(1), child, lost, odd]
    assert all_of(store, state="Prüfen") == [odd]
    assert all_of(store, task_uid="child") == [child]


def test_a_name_that_a_database_refuses_keeps_no_batch_out(store):
    """NUL and lone surrogates are replaced, as in rows of runs."""
    store.tails.put([a_tail(state="a\0b\ud800"), a_tail(2)])
    assert [it.state for it in all_of(store)] == ["a\ufffdb\ufffd", "Add"]


def test_the_first_one_stays(store):
    """What was read before the pod went is not replaced by less."""
    store.tails.put([a_tail()])
    store.tails.put([a_tail(content=b"", lost="gone"), a_tail(2)])
    assert all_of(store) == [a_tail(), a_tail(2)]


def test_nothing_of_another_namespace_is_found(store):
    """Neither by uid nor by position; and the same task of two namespaces is two."""
    store.tails.put([a_tail(), a_tail(namespace="bank", content=b"secret\n")])
    assert [it.content for it in all_of(store)] == [a_tail().content]
    page = store.tails.of_run("shop", "u2", wanted={}, after=After(0, ""))
    assert page == ([], None)


def test_pages_are_bounded(store):
    """By bytes and by count, and together they have each tail once."""
    large = [a_tail(n, content=b"x" * (MOST_BYTES // 3)) for n in range(10)]
    store.tails.put(large)
    page, after = store.tails.of_run("shop", "u1", wanted={}, after=None)
    assert (len(page), after) == (3, After(2, "u1"))
    assert all_of(store) == large
    small = [a_tail(n, uid="u2") for n in range(250)]
    store.tails.put(small)
    assert len(store.tails.of_run("shop", "u2", wanted={}, after=None)[0]) == 100
    assert all_of(store, uid="u2") == small


def test_known_ones_are_told(store):
    """So that a successor does not read them again."""
    store.tails.put([a_tail(), a_tail(2)])
    asked = [TaskOf("shop", "u1", 1), TaskOf("shop", "u1", 3), TaskOf("bank", "u1", 1)]
    assert store.tails.known(asked) == {TaskOf("shop", "u1", 1)}
    assert store.tails.known([]) == set()


def test_what_no_run_followed_goes_by_age(store):
    """Those of runs that are archived stay as long as these; younger ones wait."""
    store.put([(a_row("u1"), b"")])
    old = [a_tail(uid=uid, taken_at=at * DAY) for uid in ("u1", "u2") for at in (1, 2, 3)]
    store.tails.put([replace(it, ordinal=n) for n, it in enumerate(old)])
    pruning = Pruning()
    rounds = 1
    while pruning.prune(store.tails, 3 * DAY):
        rounds += 1
    assert rounds == 2
    assert [it.taken_at // DAY for it in all_of(store, uid="u1")] == [1, 2, 3]
    assert [it.taken_at // DAY for it in all_of(store, uid="u2")] == [3]
    assert not pruning.prune(store.tails, 3 * DAY)
    assert pruning.prune(store.tails, 5 * DAY)
    assert all_of(store, uid="u2") == []
