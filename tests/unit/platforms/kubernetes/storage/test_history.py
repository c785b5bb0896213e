"""The tail in the status, and what is sealed."""

from datetime import UTC, datetime

from asw.api.names import fence8, history_chunk_name
from asw.asl.values import from_text, to_text
from asw.engine.history import Event
from asw.platforms.kubernetes.storage.history import (
    KEPT_BYTES,
    LINE_BYTES,
    MERGED_AT_ONCE,
    History,
    appended,
    digest,
    mergeable,
    merged,
)
from tests.support.kube_objects import UID, a_naming

AT = datetime(2026, 1, 1, tzinfo=UTC)


def events(first, last, **details):
    return [
        Event(id=n, previous_event_id=n - 1, type="PassStateEntered", at=AT, details=details)
        for n in range(first, last + 1)
    ]


def test_few_events_stay_in_the_tail():
    """A short history is all in the status, payloads as text."""
    made = appended(a_naming(), History(), events(1, 3, input={"a": 1.0}))
    assert [from_text(line)["id"] for line in made.history.tail] == [1, 2, 3]
    assert from_text(made.history.tail[0])["input"] == '{"a":1.0}'
    assert made.chunks == {}


def test_oldest_are_sealed():
    """Over the limit the oldest go into a chunk that the status lists; none is lost."""
    made = appended(a_naming(), History(), events(1, 200))
    (name, text), (listed,) = *made.chunks.items(), made.history.chunks
    kept = [from_text(line)["id"] for line in made.history.tail]
    assert name == history_chunk_name(UID, 0, fence8("7"), text) == listed["name"]
    assert listed["digest"] == digest(text)
    sealed = [line["id"] for line in from_text(text)]
    assert sealed + kept == list(range(1, 201))
    assert (listed["firstId"], listed["lastId"]) == (1, sealed[-1])
    assert len(to_text(made.history.tail)) < KEPT_BYTES + 200


def test_next_chunk_follows_the_last():
    """Chunks are numbered on, and an appended history is the same as one made at once."""
    first = appended(a_naming(), History(), events(1, 200)).history
    second = appended(a_naming(), first, events(201, 400)).history
    assert [chunk["name"].split("-")[2] for chunk in second.chunks] == ["0", "1"]
    assert second.chunks[1]["firstId"] == second.chunks[0]["lastId"] + 1


def test_very_many_events_fill_several_chunks():
    """No object outgrows what etcd takes."""
    made = appended(a_naming(), History(), events(1, 9000, input="x" * 100))
    assert len(made.chunks) > 1
    assert all(len(text) < 600_000 for text in made.chunks.values())
    assert made.history.chunks[-1]["lastId"] + 1 == from_text(made.history.tail[0])["id"]


def test_large_payload_becomes_a_page():
    """It is named with its digest; the page holds the JSON text of the value."""
    naming = a_naming()
    made = appended(naming, History(), events(1, 1, input="x" * 5000, name="A"))
    line = from_text(*made.history.tail)
    ((name, text),) = naming.pages.items()
    assert line["inputRef"] == {"name": name, "digest": digest(text), "size": 5002}
    assert "input" not in line
    assert from_text(text) == "x" * 5000


def test_large_cause_becomes_a_page():
    """Causes may have 32 KiB; the page is JSON like all pages."""
    naming = a_naming()
    appended(naming, History(), events(1, 1, cause="c" * 5000))
    (text,) = naming.pages.values()
    assert from_text(text) == "c" * 5000


def test_large_variables_become_a_page():
    """Whatever a detail is called, it does not make the status grow."""
    naming = a_naming()
    made = appended(naming, History(), events(1, 1, assignedVariables={"a": "x" * 5000}))
    line = from_text(*made.history.tail)
    (text,) = naming.pages.values()
    assert from_text(text) == {"a": to_text("x" * 5000)}
    assert line["assignedVariablesRef"]["digest"] == digest(text)


def test_an_event_of_many_details_is_bounded():
    """The largest become pages until the rest is short; the envelope stays."""
    details = {f"detail{n}": f"{n}" * 4000 for n in range(5)}
    naming = a_naming()
    made = appended(naming, History(), events(1, 1, **details))
    line = from_text(*made.history.tail)
    assert len(to_text(line)) <= LINE_BYTES
    assert len(naming.pages) == 4
    assert (line["id"], line["type"]) == (1, "PassStateEntered")


def grown(count):
    """A history of so many small chunks, and the text of each."""
    history, texts, last = History(), {}, 0
    while len(history.chunks) < count:
        made = appended(a_naming(), history, events(last + 1, last + 10))
        history, last = made.history, last + 10
        texts |= made.chunks
    return history, texts


def test_small_chunks_are_merged():
    """The list stays short; nothing is lost and the order is kept."""
    history, texts = grown(MERGED_AT_ONCE)
    names = mergeable(history)
    assert len(names) == MERGED_AT_ONCE
    made = merged(a_naming(), history, names, texts)
    (chunk,) = made.history.chunks
    lines = [line["id"] for line in from_text(made.chunks[chunk["name"]])]
    assert lines == list(range(1, chunk["lastId"] + 1))
    assert chunk["lastId"] + 1 == from_text(made.history.tail[0])["id"]
    assert set(made.superseded) == set(names)


def test_few_chunks_are_left_alone():
    """Merging takes reads and writes: it waits until it pays."""
    history, _ = grown(MERGED_AT_ONCE - 1)
    assert mergeable(history) == ()


def test_large_chunks_are_not_merged_again():
    """Only the small ones at the end of the list are taken."""
    history, texts = grown(MERGED_AT_ONCE)
    large = merged(a_naming(), history, mergeable(history), texts).history
    more = appended(a_naming(), large, events(10_000, 10_100)).history
    assert mergeable(more) == ()


def test_chunks_of_few_large_events_are_merged_once():
    """Half a megabyte is enough for an object, however few events that are."""
    history, texts, last = History(), {}, 0
    while len(history.chunks) < 100:
        made = appended(a_naming(), history, events(last + 1, last + 20, input="x" * 3900))
        history, last, texts = made.history, last + 20, {**texts, **made.chunks}
        if names := mergeable(history):
            few = merged(a_naming(), history, names, texts)
            history, texts = few.history, {**texts, **few.chunks}
            assert len(mergeable(history)) == 0
        if last > 3000:
            break
    assert len(history.chunks) < 2 * MERGED_AT_ONCE


def test_a_long_list_of_chunks_leaves_less_to_the_tail():
    """List and tail together stay within bounds."""
    chunk = {"name": "n" * 40, "digest": "d" * 64, "firstId": 1, "lastId": 9, "size": 9}
    history = History(chunks=(chunk,) * 80)
    made = appended(a_naming(), history, events(1, 60))
    assert len(to_text(made.history.tail)) < KEPT_BYTES + 200


def test_what_is_escaped_counts_as_it_is_stored():
    """A text of quotes, which a status stores with four characters each, has no more room."""
    naming = a_naming()
    made = appended(naming, History(), events(1, 1, input='"' * 2000))
    assert len(to_text(made.history.tail)) <= LINE_BYTES
    assert len(naming.pages) == 1
