"""Who may act where, as a table of what was seen."""

import pytest

from asw.platforms.kubernetes.leader.claiming import (
    NOWHERE,
    Claim,
    Omission,
    Reach,
    in_the_way,
    see,
)


def claim(holder="them", version="1", seconds=60.0, excepted=()):
    return Claim(holder=holder, version=version, seconds=seconds, excepted=frozenset(excepted))


def test_a_claim_is_dead_once_it_stood_unchanged_for_as_long_as_it_says():
    """From when it was first seen so: what its clock said when it was written does not count."""
    seen = see(None, claim(), 1000.0)
    assert seen.of("us", 1059.9) == claim()
    assert see(seen, claim(), 1059.9).of("us", 1060.0) is None
    assert see(seen, claim(version="2"), 1059.9).of("us", 1060.0) is not None


@pytest.mark.parametrize("holder", ["us", ""], ids=["our own", "nobody's"])
def test_a_claim_that_is_in_nobodys_way(holder):
    """A replica of ours wrote it, or it was given back."""
    assert see(None, claim(holder), 0.0).of("us", 0.0) is None


@pytest.mark.parametrize(
    ("own", "of_all", "who"),
    [
        (None, None, None),
        (claim("a"), None, "a"),
        (None, claim("b"), "b"),
        (None, claim("b", excepted={"shop"}), None),
        (claim("a"), claim("b", excepted={"shop"}), "a"),
        (None, claim("b", excepted={"other"}), "b"),
    ],
    ids=[
        "free",
        "claimed by name",
        "claimed with all others",
        "left out by who claims all",
        "left out since another has it",
        "another one is left out",
    ],
)
def test_who_is_in_the_way(own, of_all, who):
    """A namespace is free where neither its own claim nor the one of all names another."""
    assert in_the_way("shop", own, of_all) == who


def omission(kept_out="", written=""):
    return Omission(kept_out=frozenset(kept_out), written=frozenset(written))


@pytest.mark.parametrize(
    ("written", "claimed", "after"),
    [("", "", omission()), ("", "a", omission("a")), ("a", "b", omission("ab", "a"))],
    ids=["nobody was there", "who was there first stays", "another replica had left one out"],
)
def test_what_is_left_out_at_first(written, claimed, after):
    """Nothing is taken at once: what is left out is to be written, or taken off, before."""
    assert Omission.at_first(frozenset(written), frozenset(claimed)) == after


@pytest.mark.parametrize(
    ("before", "claimed", "after"),
    [
        (omission("a"), "a", omission("a", "a")),
        (omission("a", "a"), "a", omission("a", "a")),
        (omission("a", "a"), "", omission("a", "")),
        (omission("a", ""), "", omission()),
        (omission("a", ""), "a", omission("a", "a")),
        (omission(), "b", omission()),
        (omission("a", "a"), "ab", omission("a", "a")),
    ],
    ids=[
        "who was there first is written down",
        "and stays",
        "who is gone is taken off the claim first",
        "and the namespace taken after another look",
        "unless somebody came back meanwhile",
        "who comes later is not made room for",
        "nor beside one who was first",
    ],
)
def test_what_the_claim_of_all_leaves_out(before, claimed, after):
    """Where we do not act, and what is written on the claim for others to read."""
    assert before.after(frozenset(claimed)) == after


def reach(names="", *, is_all=False):
    return Reach(names=frozenset(names), is_all=is_all)


@pytest.mark.parametrize(
    ("before", "now", "has_lost"),
    [
        (NOWHERE, reach("a"), False),
        (reach("a"), reach("ab"), False),
        (reach("ab"), reach("a"), True),
        (reach("a", is_all=True), reach(is_all=True), False),
        (reach(is_all=True), reach("a", is_all=True), True),
        (reach(is_all=True), NOWHERE, True),
    ],
    ids=["first", "one more", "one less", "all again", "all but one", "nothing"],
)
def test_whether_anything_was_lost(before, now, has_lost):
    """What is gained is taken up; what is lost means that memory is another's past."""
    assert before.has_lost(now) is has_lost


def test_what_is_in_reach():
    """Names are what it is, or what it is not."""
    assert "a" in reach("a")
    assert "b" not in reach("a")
    assert "a" not in reach("a", is_all=True)
    assert "b" in reach("a", is_all=True)
    assert "a" not in NOWHERE
