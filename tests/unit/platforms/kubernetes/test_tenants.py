"""Nothing that one namespace can make changes what another one's runs come to."""

import asyncio
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tenants import MOVES, NAMESPACES, PLAYS, Mirror, played

GAPS = 12
EXAMPLES = settings(max_examples=25)


@cache
def undisturbed(play):
    """What the play comes to where nobody else is there."""
    return asyncio.run(played(play))


@pytest.mark.parametrize("play", PLAYS, ids=lambda it: it.__name__)
@given(
    namespace=NAMESPACES,
    moves=st.lists(st.lists(MOVES, max_size=3), min_size=GAPS, max_size=GAPS),
)
@EXAMPLES
def test_other_namespaces_change_nothing(play, namespace, moves):
    """Outcomes, counts, facts and all that is stored are as without them, step by step."""
    assert asyncio.run(played(play, namespace, moves)) == undisturbed(play)


@pytest.mark.parametrize("namespace", ["aaa", "zzz"])
@pytest.mark.parametrize("play", PLAYS, ids=lambda it: it.__name__)
def test_a_mirror_changes_nothing(play, namespace):
    """Nor does all of it again, seals and records too, that ended otherwise, at every step."""
    moves = [[Mirror()], [Mirror("MODIFIED")], [Mirror("DELETED")]] * (GAPS // 3)
    assert asyncio.run(played(play, namespace, moves)) == undisturbed(play)
