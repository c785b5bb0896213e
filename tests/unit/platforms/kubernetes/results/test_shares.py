"""What there is only so much of: bounds hold whatever comes, and a crowd does not lock one out."""

import random

from asw.platforms.kubernetes.results.shares import Shares


def test_bounds_hold_whatever_comes():
    """In all and for each owner, over random takes, settles and releases; nothing is lost."""
    for seed in range(200):
        draw = random.Random(seed)
        shares, held = Shares(total=100, each=40), []
        for _ in range(100):
            owner, size = draw.choice("abcdef"), draw.randint(0, 50)
            share = shares.take(owner, size, lambda: None)
            if share is not None:
                held.append(share)
                assert size <= 40
            if held and draw.random() < 0.3:
                held.pop(draw.randrange(len(held))).release()
            if held and draw.random() < 0.2:
                share = draw.choice(held)
                share.settle(draw.randint(0, share.size))
            assert shares.peak <= 100
        for share in held:
            share.release()
        assert (shares.held, len(shares)) == (0, 0)


def test_who_holds_most_gives_way():
    """Its oldest part, and only to somebody who would hold less than it does."""
    shares, told = Shares(total=4, each=4), []
    for part in ("a1", "a2", "a3"):
        shares.take("a", 1, lambda part=part: told.append(part))
    shares.take("b", 1, lambda: told.append("b1"))
    assert shares.take("c", 1, lambda: None) is not None
    assert told == ["a1"]
    assert shares.take("b", 1, lambda: None) is None
    assert shares.take("a", 1, lambda: None) is None


def test_what_is_settled_stays():
    """A part that is in use gives way to nobody; where all are, there is no room."""
    shares = Shares(total=2, each=2)
    parts = [shares.take("a", 1, lambda: None) for _ in range(2)]
    for part in parts:
        part.settle(1)
    assert shares.take("b", 1, lambda: None) is None
    parts[0].release()
    parts[0].release()
    assert shares.held == 1
    assert shares.take("b", 1, lambda: None) is not None
