"""Places of calls are opened once, and closed when another one of their name has come."""

from dataclasses import dataclass

import pytest

from asw.connector.kept import Kept


@dataclass(frozen=True)
class Access:
    """Where calls go."""

    name: str
    key: str


@dataclass
class Door:
    """What is open there."""

    access: Access


@pytest.fixture
def kept():
    """Places, and the keys of those that were closed."""
    closed = []

    async def close(door):
        closed.append(door.access.key)

    return Kept(Door, close), closed


async def test_the_same_access_has_the_same_place(kept):
    """So connections are kept from call to call."""
    places, closed = kept
    async with places.use(Access("a", "1")) as first, places.use(Access("a", "1")) as second:
        assert first is second
    assert closed == []


async def test_a_replaced_place_is_closed_after_its_last_call(kept):
    """What is under way ends as it would have; other Connections' places stay."""
    places, closed = kept
    async with places.use(Access("b", "of another")):
        pass
    async with places.use(Access("a", "old")):
        async with places.use(Access("a", "new")):
            pass
        assert closed == []
    assert closed == ["old"]
    await places.close()
    assert sorted(closed) == ["new", "of another", "old"]


async def test_an_idle_place_is_closed_as_it_is_replaced(kept):
    """A key that rotates every hour leaves nothing open."""
    places, closed = kept
    for key in "123":
        async with places.use(Access("a", key)):
            pass
    assert closed == ["1", "2"]
