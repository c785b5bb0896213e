"""Who may write which answer into an Execution, on a real API server: never in another's name."""

import json
import uuid

import pytest

from tests.apiserver.conftest import APPROVER

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

RUN = {
    "apiVersion": "asw.dev/v1alpha1",
    "kind": "Execution",
    "spec": {"workflowRef": {"name": "nothing"}, "suspend": True},
}


@pytest.fixture
def place(places):
    """A namespace where nobody works on executions."""
    return places["plain"]


@pytest.fixture
def run(kubernetes_api, place):
    """The name of an Execution."""
    name = f"run-{uuid.uuid4().hex[:8]}"
    item = {**RUN, "metadata": {"name": name}}
    kubernetes_api.kubectl("create", f"--namespace={place}", "-f", "-", stdin=json.dumps(item))
    return name


@pytest.fixture
def ann(tenant, place):
    """Somebody who may do to Executions what an editor may."""
    for verb in ("get", "create", "patch", "update"):
        tenant.may(place, (verb, "executions.asw.dev", ""))
    return tenant


@pytest.fixture
def say(ann, place, run):
    """What is said against a merge patch of the answers, by ann in these groups."""

    def patch(answers, *groups):
        words = ("patch", "execution", run, f"--namespace={place}", "--type=merge")
        body = json.dumps({"spec": {"answers": answers}})
        return ann.tries(*words, f"--patch={body}", *(f"--as-group={it}" for it in groups))

    return patch


def by(name, **more):
    """An approval in this name."""
    return {"choice": "approve", "by": name, **more}


def test_one_answers_in_ones_own_name_alone(say, ann):
    """Another one's name is refused, one's own is taken."""
    assert f"by must be {ann.name}" in say({"1": by("root")})
    assert f"by must be {ann.name}" in say({"1": by(ann.name), "2": by("root")})
    assert say({"1": by(ann.name, comment="fine")}) == ""


def test_nobody_claims_a_group_of_others(say, ann):
    """Those of the request may be named, all or some; one more is refused."""
    assert "groups that you are in" in say({"1": by(ann.name, groups=["ops"])})
    assert "groups that you are in" in say({"1": by(ann.name, groups=["ops", "dev"])}, "dev")
    assert say({"1": by(ann.name, groups=["dev"])}, "dev", "qa") == ""


def test_what_was_said_stays_said(kubernetes_api, say, ann, place, run):
    """Neither changed nor removed, by whoever said it, by others, or by the cluster's owner."""
    assert say({"1": by(ann.name)}) == ""
    for change in ({"1": {"choice": "reject"}}, {"1": {"by": "bob"}}, {"1": None}, None):
        assert "an answer is neither changed nor removed" in say(change)
        body = json.dumps({"spec": {"answers": change}})
        words = ("patch", "execution", run, f"--namespace={place}", "--type=merge")
        done = kubernetes_api.kubectl(*words, f"--patch={body}", check=False)
        assert "an answer is neither changed nor removed" in done.stderr
    assert say({"1.2": by(ann.name)}) == ""


def test_other_fields_change_beside_the_answers_of_others(kubernetes_api, say, ann, place, run):
    """Who suspends or stops it repeats what others said."""
    assert say({"1": by(ann.name)}) == ""
    words = ("patch", "execution", run, f"--namespace={place}", "--type=merge")
    patch = "--patch=" + json.dumps({"spec": {"suspend": False}})
    assert kubernetes_api.kubectl(*words, patch, check=False).returncode == 0


def test_nothing_is_answered_before_it_was_asked(ann, place):
    """An Execution is created without answers; an empty map of them is none."""
    for answers, told in (({"1": by(ann.name)}, "create the Execution without answers"), ({}, "")):
        name = f"run-{uuid.uuid4().hex[:8]}"
        item = {**RUN, "metadata": {"name": name}, "spec": {**RUN["spec"], "answers": answers}}
        said = ann.tries("create", f"--namespace={place}", "-f", "-", stdin=item)
        assert told in said
        assert bool(said) is bool(told)


BAD = {
    "a huge comment": ({"1": {"comment": "c" * 1025}}, "Too long"),
    "a huge choice": ({"1": {"choice": "c" * 257}}, "Too long"),
    "no choice": ({"1": {"choice": ""}}, "choice"),
    "many groups": ({"1": {"groups": ["g"] * 65}}, "must have at most 64 items"),
    "a key that is no number": ({"a": {}}, "the key of an answer is the number of its task"),
    "number 0": ({"0": {}}, "the key of an answer is the number of its task"),
    "the first answer by its number": ({"1.1": {}}, "the key of an answer"),
    "a long key": ({"1" * 10: {}}, "the key of an answer"),
    "65 answers": ({str(it): {} for it in range(1, 66)}, "must have at most 64 items"),
}


@pytest.mark.parametrize(("answers", "told"), BAD.values(), ids=BAD)
def test_answers_are_bounded(say, ann, answers, told):
    """In number and length, and their keys are those of tasks."""
    assert told in say({key: {**by(ann.name), **it} for key, it in answers.items()})


def test_64_answers_fit(say, ann):
    """Each as long as it may be: the rules are within what the API server spends on them."""
    last = {"comment": "c" * 1024, "groups": ["dev"]}
    assert say({str(it): by(ann.name, **last) for it in range(1, 65)}, "dev") == ""


def test_an_approver_answers_and_neither_creates_nor_deletes(kubernetes_api, tenant, place, run):
    """The chart's ClusterRole is enough to look and to answer, and for no more."""
    where = f"--namespace={place}"
    words = ("create", "rolebinding", f"bind-{run}", where, f"--clusterrole={APPROVER}")
    kubernetes_api.kubectl(*words, f"--user={tenant.name}")
    body = json.dumps({"spec": {"answers": {"1": by(tenant.name)}}})
    assert tenant.tries("patch", "execution", run, where, "--type=merge", f"--patch={body}") == ""
    assert tenant.tries("get", "executions", where) == ""
    item = {**RUN, "metadata": {"name": f"{run}-more"}}
    assert "cannot create" in tenant.tries("create", where, "-f", "-", stdin=item)
    assert "cannot delete" in tenant.tries("delete", "execution", run, where)
    patch = '--patch={"status": {"phase": "Succeeded"}}'
    words = ("patch", "execution", run, where, "--subresource=status", "--type=merge", patch)
    assert '"executions/status"' in tenant.tries(*words)
    assert "cannot list" in tenant.tries("get", "workflows", where)
