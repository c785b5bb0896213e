"""Who refers to what: a change is told to those that it concerns."""

from asw.platforms.kubernetes.cache.references import Named, References

ORDERS, BILLS = Named.workflow("shop", "orders"), Named.workflow("shop", "bills")
SUM, PAY = Named.function("shop", "sum"), Named.function("shop", "pay")
MAP = Named("configmaps", "shop", "code")


def test_referrers_are_found_by_what_they_name():
    """Those that name it, and nobody else's namesake."""
    references = References()
    references.put(ORDERS, [SUM, PAY])
    references.put(BILLS, [PAY])
    assert set(references.referrers(PAY)) == {ORDERS, BILLS}
    assert set(references.referrers(SUM)) == {ORDERS}
    assert not references.referrers(Named.function("other", "sum"))


def test_what_is_named_no_more_is_forgotten():
    """The last word counts, and what is gone names nothing."""
    references = References()
    references.put(ORDERS, [SUM])
    references.put(ORDERS, [PAY])
    assert not references.referrers(SUM)
    references.drop(ORDERS)
    assert not references.referrers(PAY)
    assert references.referrers_of_kind("functions") == frozenset()


def test_referrers_of_a_kind():
    """After a gap in a watch: all that name anything of the kind."""
    references = References()
    references.put(SUM, [MAP])
    references.put(ORDERS, [SUM])
    assert references.referrers_of_kind("configmaps") == {SUM}
