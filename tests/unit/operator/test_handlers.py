"""How kopf is told to read."""

from itertools import islice

import pytest
from kopf._cogs.structs.references import Resource

from asw.operator.handlers import kopf_settings
from asw.platforms.kubernetes.client.resources import WATCHED


def test_no_outage_is_too_long():
    """Requests are tried again for ever, every few seconds: kopf would give up in a minute."""
    backoffs = kopf_settings().networking.error_backoffs
    first, second = (list(islice(backoffs, 100)) for _ in range(2))
    assert first == second
    assert max(first) <= 5


@pytest.mark.parametrize("namespace", [None, "shop"])
@pytest.mark.parametrize("kind", WATCHED, ids=lambda kind: kind.plural)
def test_watches_are_heard_where_kopf_makes_them(kind, namespace):
    """A path that differed would count as a watch that is silent for ever."""
    theirs = Resource(kind.group, kind.version, kind.plural, namespaced=True)
    assert theirs.get_url(namespace=namespace, params={"watch": "true"}) == (
        f"{kind.path(namespace)}?watch=true"
    )
