"""What Functions name is followed: a change is told, a gap too, and nothing is held."""

import pytest

from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.lineage import Lineage
from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.client import watching
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS
from asw.platforms.kubernetes.tasks.settings import Spans
from asw.platforms.kubernetes.watch.following import GAP_SECONDS, follow
from asw.reconciler.platform import Refused, Unavailable
from tests.support.kube_answers import SILENCE, a_list, an_event, an_object, served
from tests.support.kube_objects import a_ring
from tests.support.kube_world import Time

SUM, PAY = Named.function("shop", "sum"), Named.function("shop", "pay")


@pytest.fixture
def cache():
    """Two Functions, each with a ConfigMap of its own."""
    time = Time()
    made = Cache(Spans(), time.read, lineage=Lineage(a_ring()), clock=time.monotonic)
    made.time = time
    made.references.put(SUM, [Named("configmaps", "shop", "of-sum")])
    made.references.put(PAY, [Named("configmaps", "shop", "of-pay")])
    return made


def a_map(name, version):
    item = an_object(name, version)
    return {"metadata": {**item["metadata"], "namespace": "shop"}}


async def test_a_change_is_told_to_those_that_name_it(cache, monkeypatch):
    """Created, changed or deleted; our own ConfigMaps are not even asked for."""
    monkeypatch.setattr(watching, "SILENCE_SECONDS", 0.05)
    changes = [
        an_event("MODIFIED", a_map("somebody-else-s", 6)),
        an_event("DELETED", a_map("of-pay", 7)),
        SILENCE,
    ]
    async with served(a_list(5), changes) as (client, queries):
        with pytest.raises(Unavailable):
            await follow(client, _that_forgets(cache), CONFIG_MAPS, None)
        assert cache.again.take() == {"shop": [PAY]}
        assert queries[1]["resourceVersion"] == "5"
        assert queries[1]["labelSelector"] == "!asw.dev/kind"


async def test_where_changes_were_missed_all_are_looked_at(cache):
    """At the beginning, and where the server remembers no more what was seen."""
    expired = [an_event("ERROR", {"code": 410, "metadata": {}})]
    async with served(a_list(5), expired, a_list(9), 403) as (client, queries):
        with pytest.raises(Refused):
            await follow(client, cache, CONFIG_MAPS, None)
        assert cache.again.take() == {}
        cache.time.pass_(GAP_SECONDS)
        assert sorted(cache.again.take()["shop"]) == [PAY, SUM]
        assert queries[3]["resourceVersion"] == "9"


async def test_a_watch_that_the_server_ends_goes_on_where_it_was(cache):
    """Every few minutes: no gap, and nobody is looked at for it."""
    first = [an_event("BOOKMARK", {"metadata": {"resourceVersion": "8"}})]
    rounds = []
    async with served(a_list(5), first, 403) as (client, queries):
        with pytest.raises(Refused):
            await follow(
                client, _that_forgets(cache), CONFIG_MAPS, "shop", lambda: rounds.append(1)
            )
        assert cache.again.take() == {}
        assert queries[2]["resourceVersion"] == "8"
        assert len(rounds) == 2


def _that_forgets(cache):
    """The cache, in which what is looked at for the beginning alone is left out."""
    cache.references.referrers_of_kind = lambda _: ()
    return cache
