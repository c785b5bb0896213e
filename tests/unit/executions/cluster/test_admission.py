"""What a plan asks a cluster besides its objects, and what it makes of the answers."""

import asyncio

import pytest

from asw.executions.cluster.access import Access
from asw.executions.cluster.connecting import ClusterContext
from asw.executions.cluster.runs import ClusterRuns
from asw.executions.patience import Patience
from asw.executions.port import DryRun
from asw.failures import Failure
from asw.platforms.kubernetes.client.errors import Forbidden, NotFound
from asw.reconciler.platform import Conflict, Refused, TooLarge, Unavailable

MANIFEST = {"kind": "Workflow", "metadata": {"name": "w"}, "spec": {}}
DENIED = (
    'workflows.asw.dev "w" is forbidden: User "ada" cannot patch resource "workflows" in API group'
    ' "asw.dev" in the namespace "shop"'
)

UNKNOWN = ".spec.brandNew: field not declared in schema"
OLDER = "its CRDs are older than this asw: helm upgrade, or kubectl apply --server-side -f crds/"


class Answering:
    """A client that gives one answer to whatever is asked."""

    def __init__(self, answer):
        self.answer = answer

    async def apply(self, resource, namespace, body, *, manager):
        """See KubeClient."""
        assert (resource.kind, namespace, body) == ("Workflow", "shop", MANIFEST)
        if self.answer is not None:
            raise self.answer

    async def get(self, resource, namespace, name):
        """See KubeClient."""
        assert (resource.kind, namespace, name) == ("ConfigMap", "shop", "code")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def runs_with(answer):
    place = ClusterContext(context="test", namespace="shop")
    return ClusterRuns(Access(Answering(answer), place, Patience("test")))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, DryRun()),
        (Refused("spec.name is immutable"), DryRun(refusal="spec.name is immutable")),
        (TooLarge("it is too large"), DryRun(refusal="it is too large")),
        (Forbidden("a webhook denied it"), DryRun(refusal="a webhook denied it")),
        (Forbidden(DENIED), DryRun(denial="ada may not patch workflows in namespace shop")),
        (Refused(UNKNOWN), DryRun(refusal=f"{UNKNOWN}; {OLDER}")),
        (Conflict("somebody else has it"), DryRun()),
        (NotFound("no such namespace"), DryRun()),
    ],
    ids=str,
)
def test_only_admissions_own_word_is_a_refusal(answer, says):
    """Who may not apply is told just that, rather than that the object is wrong."""
    assert asyncio.run(runs_with(answer).dry_run(MANIFEST)) == says


def test_a_cluster_that_does_not_answer_is_a_failure():
    """A plan that could not ask must not say that all is well."""
    with pytest.raises(Failure):
        asyncio.run(runs_with(Unavailable("gone")).dry_run(MANIFEST))
    with pytest.raises(Failure):
        asyncio.run(runs_with(Unavailable("gone")).config_map("code"))


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        ({"data": {"index.py": "x"}}, {"index.py": "x"}),
        ({}, {}),
        (NotFound("none"), None),
        (Forbidden(DENIED), None),
    ],
    ids=str,
)
def test_a_config_map_is_its_data_where_it_can_be_read(answer, data):
    """An empty one is told from one that nobody may read."""
    assert asyncio.run(runs_with(answer).config_map("code")) == data
