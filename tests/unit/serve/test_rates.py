"""How many requests a namespace may make."""

from asw.serve.rates import Rates


def test_a_burst_passes_and_then_the_rate() -> None:
    """So many at once; afterwards as many as time brings."""
    rates = Rates(per_second=2, burst=3)
    assert [rates.take("shop", 0) for _ in range(4)] == [True, True, True, False]
    assert [rates.take("shop", 0.5) for _ in range(2)] == [True, False]
    assert [rates.take("shop", 100) for _ in range(4)] == [True, True, True, False]


def test_namespaces_do_not_share() -> None:
    """One that reports without end takes nothing from the others."""
    rates = Rates(per_second=1, burst=1)
    assert rates.take("shop", 0)
    assert not rates.take("shop", 0)
    assert rates.take("other", 0)
