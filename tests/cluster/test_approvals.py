"""Approvals on a real cluster: people answer by the command line, each in their own name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.test_callbacks import SYSTEM, restart, submitted
from tests.support.playground import ROOT, run_asw
from tests.support.space import Object, Space, condition, execution, workflow

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

As = Callable[..., tuple[int, str]]
"""Exit code of a command of this person, in these groups, and what it says."""


def asking(**fields: Any) -> Object:
    """One Task that asks ann, or a member of ops."""
    asked = {"Title": "Go?", "Approvers": {"Users": ["ann"], "Groups": ["ops"]}, **fields}
    state = {"Type": "Task", "Resource": "asw:approval", "Parameters": asked, "End": True}
    return {"StartAt": "Ask", "States": {"Ask": state}}


def begin(space: Space, *names: str) -> None:
    """These executions wait for a person."""
    space.apply(workflow("asking", asking()), *(execution(name, "asking") for name in names))
    for name in names:
        space.until(f"the question of {name}", lambda name=name: submitted(space, name))


@pytest.fixture
def as_(space: Space, tmp_path: Path) -> As:
    """Runs asw as somebody who may edit what is in the namespace."""
    space.kubectl("create", "rolebinding", "people", "--clusterrole=edit", "--group=people")

    def run(name: str, *words: str, groups: tuple[str, ...] = ()) -> tuple[int, str]:
        config = yaml.safe_load(space.cluster.kubeconfig.read_text())
        for user in config["users"]:
            user["user"] |= {"as": name, "as-groups": ["people", "system:authenticated", *groups]}
        file = tmp_path / f"{name}.yaml"
        file.write_text(yaml.safe_dump(config))
        where = ("-n", space.namespace, "--kubeconfig", str(file))
        done = run_asw(ROOT, *words, *where)
        return done.returncode, done.stdout + done.stderr

    return run


def test_people_approve_and_reject(space: Space, as_: As) -> None:
    """Whoever may answers, by name or by group; who, what and why are in the result."""
    begin(space, "yes", "no")
    code, said = as_("ann", "inbox", "--json")
    rows = [json.loads(line) for line in said.splitlines()]
    assert (code, [it["execution"] for it in rows]) == (0, ["no", "yes"])
    code, said = as_("ann", "why", "yes")
    assert (code, "asw approve yes --task 1" in said) == (0, True)
    assert as_("ann", "approve", "yes", "--comment", "fine")[0] == 0
    assert as_("bob", "reject", "no", "--comment", "too early", groups=("ops", "dev"))[0] == 0
    output = space.finished("yes")["status"]["output"]
    assert (output["Choice"], output["By"], output["Comment"]) == ("approve", "ann", "fine")
    failed = space.finished("no")
    assert failed["status"]["error"] == "Asw.Rejected"
    assert failed["status"]["cause"] == "Rejected by bob: too early"
    assert failed["spec"]["answers"]["1"]["groups"] == ["ops"]
    assert as_("ann", "approve", "yes")[0] == 4


def test_who_may_not_answer_changes_nothing(space: Space, as_: As) -> None:
    """The command says so; what is patched all the same is told, and the question stays open."""
    begin(space, "run")
    code, said = as_("eve", "approve", "run", groups=("dev",))
    assert (code, "eve may not answer Ask" in said) == (2, True)
    patch = json.dumps({"spec": {"answers": {"1": {"choice": "approve", "by": "eve"}}}})
    people = ("--as=eve", "--as-group=people")
    space.kubectl("patch", "execution", "run", "--type=merge", f"--patch={patch}", *people)

    def is_told() -> bool:
        message = condition(space.get("execution", "run"), "Ready")["message"]
        return "eve is not among the Approvers" in message

    space.until("the objection", is_told)
    assert as_("ann", "approve", "run")[0] == 0
    assert space.finished("run")["status"]["output"]["By"] == "ann"


def test_an_answer_outlives_the_operator(space: Space, as_: As) -> None:
    """It is killed as the answer is written: whoever comes after decides once, by that answer."""
    begin(space, "run")
    assert as_("ann", "approve", "run")[0] == 0
    restart(space, "operator")
    assert space.finished("run")["status"]["output"]["By"] == "ann"
    begin(space, "next")
    restart(space, "operator")
    assert as_("ann", "approve", "next")[0] == 0
    assert space.finished("next")["status"]["output"]["By"] == "ann"


def door(space: Space, path: str, body: str | None = None) -> str:
    """What asw serve says, through the API server: to a GET, or to a POST with this body."""
    raw = f"/api/v1/namespaces/{SYSTEM}/services/https:asw-serve:https/proxy{path}"
    if body is None:
        done = space.cluster.kubectl("get", "--raw", raw, check=False)
    else:
        done = space.cluster.kubectl("create", "--raw", raw, "-f", "-", stdin=body, check=False)
    return done.stdout + done.stderr


def test_a_link_answers_once_and_looking_does_nothing(space: Space) -> None:
    """Made by an account that may invite, for ann; who may only patch invites itself alone."""
    begin(space, "run")
    approver = f"--clusterrole=asw-{SYSTEM}-approver"
    for name in ("bot", "eve"):
        account = f"--serviceaccount={space.namespace}:{name}"
        space.kubectl("create", "serviceaccount", name)
        space.kubectl("create", "rolebinding", f"{name}-answers", approver, account)
    rule = {"apiGroups": ["asw.dev"], "resources": ["executions"], "verbs": ["invite"]}
    meta = {"name": "inviter"}
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"}
    space.apply({**kind, "metadata": meta, "rules": [rule]})
    bot = f"--serviceaccount={space.namespace}:bot"
    space.kubectl("create", "rolebinding", "bot-invites", "--role=inviter", bot)
    wanted = {
        "namespace": space.namespace,
        "execution": "run",
        "uid": space.get("execution", "run")["metadata"]["uid"],
        "task": 1,
        "for": "ann",
        "seconds": 600,
    }

    def order(name: str) -> str:
        token = space.kubectl("create", "token", name).strip()
        return door(space, "/v1/approvals/links", json.dumps({**wanted, "token": token}))

    assert '"link"' not in order("eve")
    page = f"/approve/{json.loads(order('bot'))['link']}"
    assert "Go?" in door(space, page)
    assert space.get("execution", "run")["status"]["phase"] == "Running"
    assert "recorded: approve" in door(space, page, "choice=approve&comment=fine")
    output = space.finished("run")["status"]["output"]
    assert (output["By"], output["Comment"]) == ("ann", "fine")
    assert output["LinkFrom"] == f"system:serviceaccount:{space.namespace}:bot"
    assert "recorded" not in door(space, page, "choice=reject")
