"""What was used last is held, within a bound on number and weight."""

from asw.reconciler.recent import Recent


def held(recent):
    return [key for key in "abcd" if key in recent]


def test_the_oldest_use_goes_first_where_there_are_too_many():
    """A look is a use; a second value under a key is in place of the first."""
    recent = Recent(most=3, most_weight=100)
    for key in "abc":
        recent.put(key, key.upper(), 1)
    assert recent.get("a") == "A"
    assert recent.put("d", "D", 1) == "D"
    assert held(recent) == ["a", "c", "d"]
    assert recent.get("b") is None
    recent.put("a", "new", 1)
    assert (recent.get("a"), held(recent)) == ("new", ["a", "c", "d"])


def test_weight_is_bounded_but_the_last_one_stays():
    """However much it weighs; what is dropped or replaced weighs nothing any more."""
    recent = Recent(most=10, most_weight=10)
    recent.put("a", 1, 6)
    recent.put("b", 2, 6)
    assert held(recent) == ["b"]
    recent.put("c", 3, 50)
    assert held(recent) == ["c"]
    recent.put("c", 3, 4)
    recent.put("d", 4, 6)
    assert held(recent) == ["c", "d"]
    recent.drop("d")
    recent.drop("nothing")
    recent.put("a", 1, 6)
    assert held(recent) == ["a", "c"]
