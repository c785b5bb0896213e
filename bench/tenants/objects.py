"""Attacks by what lies in the namespace: definitions, names, and objects that look like ours."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from asw.api.names import (
    API_VERSION,
    LABEL_CHILD,
    LABEL_CHILD_UID,
    LABEL_EXECUTION,
    LABEL_EXECUTION_UID,
    LABEL_KIND,
    LABEL_PARENT_UID,
    LABEL_TASK,
)
from asw.platforms.kubernetes.client.resources import EXECUTIONS, JOBS, PODS, WORKFLOWS
from bench.tenants.attack import Attack, machine
from bench.tenants.tenant import Object, Tenant, execution, function, made, workflow

PASS = machine({"Type": "Pass"})
MEBIBYTE = 2**20


def of_size(length: int) -> dict[str, Any]:
    """A valid definition with a text of about so many characters."""
    state = {"Type": "Pass", "Comment": "x" * 100, "Parameters": {"a.$": "$.a", "b": [1, 2, 3]}}
    return machine(*[state] * (length // 200))


def broken(problems: int) -> dict[str, Any]:
    """A definition in which that many states are wrong, each in its own way."""
    states = [
        {"Type": "Pass", "Rezult": number}
        if number % 2
        else {"Type": "Choice", "Choices": [], "InputPath": f"$..[{number}"}
        for number in range(problems)
    ]
    return machine(*states)


def _applied(name: str, says: str, objects: Iterable[Object]) -> Attack:
    async def strike(tenant: Tenant) -> None:
        await tenant.apply(objects)

    return Attack(name=name, says=says, strike=strike)


def _large() -> Iterable[Object]:
    for number in range(20):
        yield workflow(f"large-{number}", of_size(1_000_000))
        yield execution(f"large-{number}", f"large-{number}")


def _large_broken() -> Iterable[Object]:
    texts = ("[" * MEBIBYTE, '{"StartAt":"' + "x" * 1_000_000, '{"a":' * 200_000)
    for number in range(20):
        yield workflow(f"wrong-{number}", broken(7_000))
        spec = {"definitionText": texts[number % 3][:MEBIBYTE]}
        yield made(WORKFLOWS, f"no-json-{number}", spec)


def _odd_objects() -> Iterable[Object]:
    names = ("a" * 253, "a." * 126 + "a", "0", "1-2.3", "x--x")
    public = ("名" * 80, "\u202egnp.exe", "a b c", "../../etc", "%00", "{{ .Values }}", "😀" * 80)
    large = {f"asw.dev/odd-{number}": "\u2028\u0000é" * 500 for number in range(40)}
    labels = {f"asw.dev/label-{number}": "x" * 63 for number in range(500)}
    for name in names:
        yield workflow(name, PASS)
        yield execution(name, name)
    for number, each in enumerate(public):
        yield made(WORKFLOWS, f"odd-{number}", {"name": each, "definition": PASS})
        run = {"workflowRef": {"name": f"odd-{number}"}, "name": each}
        yield made(EXECUTIONS, f"odd-{number}", run)
    for number in range(200):
        run = {"workflowRef": {"name": "0"}}
        yield made(EXECUTIONS, f"marked-{number}", run, labels=labels, annotations=large)


def _tasks_of_others(count: int) -> Iterable[Object]:
    """Jobs and Pods that no Execution owns, with the labels of tasks."""
    container = {"name": "task", "image": "docker.io/asw/none:0", "command": ["true"]}
    pod = {"restartPolicy": "Never", "containers": [container], "schedulerName": "nobody"}
    for number in range(count):
        uid = str(uuid.UUID(int=number))
        labels = {
            LABEL_KIND: "task",
            LABEL_EXECUTION: "victim",
            LABEL_EXECUTION_UID: uid,
            LABEL_CHILD_UID: uid,
            LABEL_TASK: str(number),
        }
        owner = {"apiVersion": API_VERSION, "kind": "Execution", "name": "victim", "uid": uid}
        marks = {"labels": labels, "ownerReferences": [{**owner, "controller": True}]}
        job = {"template": {"metadata": {"labels": labels}, "spec": pod}, "suspend": True}
        yield made(JOBS, f"forged-{number}", job, **marks)
        yield made(PODS, f"forged-{number}", pod, **marks)


def _children_of_others(count: int) -> Iterable[Object]:
    """Executions that say that another one started them."""
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:victim"
    for number in range(count):
        uid = str(uuid.UUID(int=number % 7))
        parent = {
            "name": "victim",
            "uid": uid,
            "ordinal": number + 1,
            "state": f"Nowhere{number}",
            "executionArn": arn,
            "workflowName": "victim",
            "workflowArn": arn,
            "roleArn": arn,
        }
        labels = {LABEL_PARENT_UID: uid, LABEL_CHILD: str(number + 1), LABEL_EXECUTION_UID: uid}
        spec = {"workflowRef": {"name": "forged-children"}, "parent": parent}
        yield made(EXECUTIONS, f"child-{number}", spec, labels=labels)


def _functions() -> Iterable[Object]:
    env = [{"name": f"V{number}", "value": "$(V0)" * 200} for number in range(400)]
    for number in range(100):
        name = f"code-{number}"
        files = {"index.py": "def main_handler(event, context):\n    return 1\n#" + "x" * 400_000}
        yield function(name, "", env=env, code={"inline": files})
        task = {"Type": "Task", "Resource": f"asw:function:{name}"}
        yield workflow(name, machine(task))
        yield execution(name, name)


def _prepared(attack: Attack, *objects: Object) -> Attack:
    def prepare() -> Sequence[Object]:
        return objects

    return replace(attack, prepare=prepare)


def attacks() -> tuple[Attack, ...]:
    """All of them."""
    return (
        _applied("large-definitions", "20 valid definitions of 1 MB, each with a run.", _large()),
        _applied(
            "large-broken-definitions",
            "40 definitions of 1 MiB, of 7,000 problems each or no JSON.",
            _large_broken(),
        ),
        _applied(
            "broken-workflows",
            "1,000 Workflows with a problem or two.",
            (workflow(f"broken-{number}", broken(2)) for number in range(1_000)),
        ),
        _applied(
            "many-problems",
            "150 Workflows with 1,000 problems each.",
            (workflow(f"wronger-{number}", broken(1_000)) for number in range(150)),
        ),
        _applied(
            "odd-names",
            "Names, labels and annotations as odd and as large as the API server takes them.",
            _odd_objects(),
        ),
        _applied(
            "forged-tasks",
            "500 Jobs and Pods with the labels and the owner of tasks.",
            _tasks_of_others(500),
        ),
        _prepared(
            _applied(
                "forged-children",
                "1,000 Executions that name a parent that is not theirs.",
                _children_of_others(1_000),
            ),
            workflow("forged-children", PASS),
        ),
        _applied(
            "large-functions",
            "100 Functions with 400 KB of code and 400 variables of 1 KB, each with a run.",
            _functions(),
        ),
    )
