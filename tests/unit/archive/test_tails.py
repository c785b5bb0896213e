"""The last bytes of a log, however it looks: true ones, with bounded memory and traffic."""

import tracemalloc
from dataclasses import replace

import pytest

from asw.archive import tail_reading
from asw.archive.tail_reading import read_tail
from asw.archive.tails import FIRST_LINES, MOST_READ, Lost, Tail
from asw.operator.tailing import REMOVAL_SECONDS
from tests.support.kube_api import kube_api
from tests.support.kube_logs import SPLIT, STAMP, OneLine, Text

LIMIT = 64 * 1024
BLANK = Tail(namespace="shop", uid="u", task_uid="u", ordinal=1, state="Add", attempt=0, taken_at=1)


def stamped(text: bytes) -> bytes:
    """The text, each line after its time."""
    return b"".join(STAMP + line for line in text.splitlines(keepends=True))


async def read(log, limit=LIMIT, **node):
    """What is read of a pod that printed this, and its node."""
    async with kube_api() as (api, client):
        if log is not None:
            api.logs.put("p", log)
        for name, value in node.items():
            setattr(api.logs, name, value)
        return await read_tail(client, "p", BLANK, limit, seconds=10), api.logs


@pytest.mark.parametrize(
    "text",
    [b"", b"one\n", b"no end", b"a\nb\n", b"\xff\x00\xfe binary\n", b"\n" * 100],
    ids=["empty", "line", "unfinished", "lines", "binary", "blank"],
)
async def test_a_short_log_is_kept_whole(text):
    """Byte for byte, in one request."""
    found, node = await read(text)
    assert found.tail == replace(BLANK, content=stamped(text))
    assert len(node.asked) == 1


LONG = {
    "short lines": b"".join(b"line %07d\n" % n for n in range(200_000)),
    "blank lines": b"\n" * 100_000,
    "long lines": b"".join(b"%08d" % n * 1000 + b"\n" for n in range(500)),
    "split lines": b"".join(b"%08d" % n * 5000 + b"\n" for n in range(100)),
    "short after long": b"y" * 5_000_000 + b"\n" + b"z\n" * 1000,
    "long after short": b"z\n" * 100_000 + b"y" * 300_000 + b"\n",
    "one byte too many": b"q" * (LIMIT - len(STAMP) + 1),
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("limit", [1000, LIMIT, 256 * 1024])
async def test_of_a_long_log_the_true_end_is_kept(name, limit):
    """No more than the limit, no byte after it is missing, and no line lacks its beginning."""
    text = LONG[name]
    found, node = await read(text, limit)
    whole = stamped(text)
    if len(whole) <= limit:
        assert (found.tail.content, found.tail.is_cut) == (whole, False)
        return
    content = found.tail.content
    assert found.tail.is_cut
    assert whole.endswith(content)
    longest = max(len(line) for line in whole.splitlines(keepends=True))
    assert limit - min(longest, limit) <= len(content) <= limit
    begins_line = whole[: -len(content)].endswith(b"\n")
    assert begins_line or b"\n" not in content.rstrip(b"\n")
    assert node.sent < 4 * MOST_READ


async def test_a_line_of_a_gibibyte_costs_little():
    """Its true end is kept; a fraction of a thousandth of it is sent, and less held."""
    log = OneLine(1 << 30)
    tracemalloc.start()
    try:
        found, node = await read(log)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    last = b"".join(text for text, _ in log.entries(LIMIT // SPLIT))
    assert found.tail.content == last
    assert found.tail.is_cut
    assert node.sent <= LIMIT + 1 + FIRST_LINES * SPLIT
    assert most < 8 << 20


async def test_a_line_that_nobody_splits_is_given_up():
    """What is sent of it is bounded, and that its end is not known is said."""
    found, node = await read(OneLine(1 << 30, is_split=False))
    assert (found.tail.lost, found.tail.content) == (Lost.LONG, b"")
    assert node.sent < 3 * MOST_READ


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ({"failing": {"p"}}, Lost.UNREAD),
        ({"logs": {}}, Lost.GONE),
    ],
    ids=["500", "gone"],
)
async def test_a_log_that_is_refused_is_lost(node, reason):
    """Why is in the row; nothing of what the node said is."""
    found, _ = await read(b"x\n", **node)
    assert found.tail == replace(BLANK, lost=reason)
    assert not found.is_silent


async def test_a_node_that_never_answers_is_waited_for_for_a_moment():
    """And it is told apart from one that is slow."""
    async with kube_api() as (api, client):
        api.logs.silent = {"p"}
        found = await read_tail(client, "p", BLANK, LIMIT, seconds=0.05)
        assert found.tail.lost == Lost.LATE
        assert found.is_silent


async def test_a_log_that_does_not_end_is_late_and_its_node_is_not_silent():
    """A tenant's log must not make the node look dead to others."""
    async with kube_api() as (api, client):
        api.logs.put("p", b"a")
        api.logs.endless = {"p"}
        found = await read_tail(client, "p", BLANK, LIMIT, seconds=0.5)
        assert found.tail.lost == Lost.LATE
        assert not found.is_silent


async def test_a_rotated_log_is_what_is_left():
    """Between two requests the node began a new file: what is there is an end."""
    async with kube_api() as (api, client):

        class Rotating(Text):
            def entries(self, tail):
                yield from Text(b"o\n" * LIMIT if tail is None else b"n\n").entries(tail)

        api.logs.put("p", Rotating(b""))
        found = await read_tail(client, "p", BLANK, LIMIT)
        assert found.tail.content == stamped(b"n\n")
        assert len(api.logs.asked) == 3


def test_nobody_waits_for_long():
    """The removal of a Job waits for longer than one log may take."""
    assert tail_reading.SECONDS < REMOVAL_SECONDS <= 5
