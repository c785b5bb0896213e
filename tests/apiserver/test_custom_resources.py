"""What a real API server says to good and bad objects of ours."""

import json
import uuid

import pytest
import yaml

from dev.crds import ROOT

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/execution.yaml"))
DEFINITION = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
CODE = {"inline": {"index.py": "def main_handler(event, context): ..."}}
IMAGE = {"runtime": "image", "image": "x"}
DRY_RUN = "asw-test-dry-run"
BY_SECRET = {"secretKeyRef": {"name": "s", "key": "k"}}
FROM_MAP = {"configMapRef": {"name": "big", "key": "input"}}


def an_object(kind, spec, name="sum"):
    """A manifest."""
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def a_run(**fields):
    """The spec of an Execution."""
    return {"workflowRef": {"name": "sum"}, **fields}


REFUSED = {
    "both definitions": (
        "Workflow",
        {"definition": DEFINITION, "definitionText": "{}"},
        "set exactly one of spec.definition and spec.definitionText",
    ),
    "no definition": (
        "Workflow",
        {"dialect": "ASL"},
        "set exactly one of spec.definition and spec.definitionText",
    ),
    "a definition that is no object": (
        "Workflow",
        {"definition": [1]},
        'spec.definition: Invalid value: "array"',
    ),
    "an Express workflow": (
        "Workflow",
        {"definition": DEFINITION, "type": "Express"},
        'spec.type: Unsupported value: "Express": supported values: "Standard"',
    ),
    "an unknown dialect": (
        "Workflow",
        {"definition": DEFINITION, "dialect": "CDL"},
        'spec.dialect: Unsupported value: "CDL"',
    ),
    "a name with a slash": ("Workflow", {"definition": DEFINITION, "name": "a/b"}, "spec.name"),
    "a name of 81 characters": (
        "Workflow",
        {"definition": DEFINITION, "name": "名" * 81},
        "may not be more than 80",
    ),
    "a field that does nothing yet": (
        "Workflow",
        {"definition": DEFINITION, "retain": {"days": 1}},
        'unknown field "spec.retain"',
    ),
    "an Execution of nothing": ("Execution", {"input": 1}, "spec.workflowRef: Required value"),
    "input and inputText": (
        "Execution",
        a_run(input=None, inputText="1"),
        "set only one of spec.input, spec.inputText and spec.inputFrom",
    ),
    "input and inputFrom": (
        "Execution",
        a_run(input={}, inputFrom=FROM_MAP),
        "set only one of spec.input, spec.inputText and spec.inputFrom",
    ),
    "inputText and inputFrom": (
        "Execution",
        a_run(inputText="1", inputFrom=FROM_MAP),
        "set only one of spec.input, spec.inputText and spec.inputFrom",
    ),
    "an inputText that is no text": ("Execution", a_run(inputText={}), "spec.inputText"),
    "an unknown runtime": (
        "Function",
        {"runtime": "ruby", "code": CODE},
        'spec.runtime: Unsupported value: "ruby"',
    ),
    "an image Function without image": (
        "Function",
        {"runtime": "image"},
        'spec.image: Invalid value: "object": runtime image needs spec.image',
    ),
    "an image Function with code": (
        "Function",
        {**IMAGE, "code": CODE},
        "spec.code and spec.handler are not for runtime image",
    ),
    "code without code": (
        "Function",
        {"runtime": "python3"},
        "each runtime but image needs spec.code, or spec.image with the code in /var/task",
    ),
    "code with a command": (
        "Function",
        {"runtime": "shell", "code": CODE, "image": "x", "command": ["x"]},
        "spec.command and spec.args are only for runtime image",
    ),
    "code from two places": (
        "Function",
        {"runtime": "shell", "code": {**CODE, "configMapRef": {"name": "x"}}},
        "set exactly one of code.inline, code.configMapRef and code.configMapRefs",
    ),
    "a folder of its author's": (
        "Function",
        {"runtime": "python3", "code": {"path": "functions/resize"}},
        "code.path is a folder that only asw itself reads: use asw apply, or commit what asw build",
    ),
    "a file of a ConfigMap outside": (
        "Function",
        {
            "runtime": "python3",
            "code": {"configMapRefs": [{"name": "x", "items": [{"key": "a", "path": "../a"}]}]},
        },
        "spec.code.configMapRefs[0].items[0].path",
    ),
    "too many ConfigMaps": (
        "Function",
        {"runtime": "python3", "code": {"configMapRefs": [{"name": f"x{n}"} for n in range(9)]}},
        "Too many: 9: must have at most 8 items",
    ),
    "a file outside": (
        "Function",
        {"runtime": "shell", "code": {"inline": {"../index.sh": ""}}},
        "names of files are letters, digits, dots, dashes and underscores, with / for folders",
    ),
    "a variable of ours": (
        "Function",
        {**IMAGE, "env": [{"name": "ASW_EVENT", "value": "1"}]},
        "names that start with ASW_ belong to asw: choose another",
    ),
    "a variable with two values": (
        "Function",
        {**IMAGE, "env": [{"name": "A", "value": "1", "valueFrom": BY_SECRET}]},
        "set only one of value and valueFrom",
    ),
    "a variable from nowhere": (
        "Function",
        {**IMAGE, "env": [{"name": "A", "valueFrom": {}}]},
        "set exactly one of secretKeyRef and configMapKeyRef",
    ),
    "a variable twice": (
        "Function",
        {**IMAGE, "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
        "Duplicate value",
    ),
    "a timeout of nothing": ("Function", {**IMAGE, "timeoutSeconds": 0}, "spec.timeoutSeconds"),
    "a negative quantity": (
        "Function",
        {**IMAGE, "resources": {"limits": {"memory": "-1Gi"}}},
        "spec.resources.limits.memory",
    ),
}


@pytest.mark.parametrize(("kind", "spec", "message"), REFUSED.values(), ids=REFUSED)
def test_a_bad_object_is_refused(kubernetes_api, kind, spec, message):
    """The API server refuses it, with a message that names field and remedy."""
    manifest = json.dumps(an_object(kind, spec, DRY_RUN))
    dry_run = ("create", "--namespace=default", "--dry-run=server", "-f", "-")
    done = kubernetes_api.kubectl(*dry_run, stdin=manifest, check=False)
    assert done.returncode != 0
    assert message in done.stderr


ACCEPTED = {
    "a null input": ("Execution", a_run(input=None)),
    "a number as input": ("Execution", a_run(input=1.5)),
    "an input by text": ("Execution", a_run(inputText='{"b": 1.0, "a": null}')),
    "an input by reference": ("Execution", a_run(inputFrom=FROM_MAP)),
    "a run that is stopped at once": ("Execution", a_run(stop={})),
    "a definition as text": ("Workflow", {"definitionText": json.dumps(DEFINITION)}),
    "a null default input": ("Workflow", {"definition": DEFINITION, "defaultInput": None}),
    "a Chinese name of 80 characters": ("Workflow", {"definition": DEFINITION, "name": "名" * 80}),
    "a template for task pods": (
        "Workflow",
        {
            "definition": DEFINITION,
            "taskTemplate": {
                "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
                "nodeSelector": {"disk": "ssd"},
                "tolerations": [{"operator": "Exists"}],
                "priorityClassName": "low",
                "imagePullSecrets": [{"name": "registry"}],
            },
        },
    ),
    "an image with all its fields": (
        "Function",
        {
            **IMAGE,
            "command": ["run"],
            "args": ["--fast"],
            "imagePullPolicy": "Never",
            "env": [{"name": "A", "value": "$(B)"}, {"name": "B", "valueFrom": BY_SECRET}],
            "timeoutSeconds": 31_536_000,
            "scratchSize": "1Gi",
            "serviceAccountName": "runner",
            "securityContext": {"runAsUser": 1000, "seLinuxOptions": {"level": "s0:c1"}},
        },
    ),
    "code from a ConfigMap": (
        "Function",
        {"runtime": "shell", "code": {"configMapRef": {"name": "x"}}},
    ),
    "warm Node.js": (
        "Function",
        {"runtime": "nodejs", "mode": "Warm", "code": CODE},
    ),
    "code in folders": (
        "Function",
        {"runtime": "python3", "code": {"inline": {"index.py": "", "lib/.a/b-1.py": ""}}},
    ),
    "code from several ConfigMaps": (
        "Function",
        {
            "runtime": "python3",
            "code": {
                "configMapRefs": [
                    {"name": "x", "items": [{"key": "file-0", "path": "lib/a.py"}]},
                    {"name": "y"},
                ]
            },
        },
    ),
}


@pytest.mark.parametrize(("kind", "spec"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_good_object_is_accepted(kubernetes_api, kind, spec):
    """The API server takes it, and gives back every field of the spec."""
    manifest = json.dumps(an_object(kind, spec, DRY_RUN))
    dry_run = ("create", "--namespace=default", "--dry-run=server", "-o", "json", "-f", "-")
    stored = json.loads(kubernetes_api.kubectl(*dry_run, stdin=manifest).stdout)
    assert {key: stored["spec"][key] for key in spec} == spec
    assert stored["status"] == {"observedGeneration": -1}


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_is_accepted(kubernetes_api, namespace, folder):
    """Every example goes in as it stands, and comes back as it was written."""
    kubernetes_api.kubectl("apply", "--namespace", namespace, "-f", str(folder))
    for path in sorted(folder.glob("*.yaml")):
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        kind, name = written["kind"], written["metadata"]["name"]
        shown = kubernetes_api.kubectl("get", "--namespace", namespace, kind, name, "-o", "json")
        stored = json.loads(shown.stdout)
        assert {key: stored["spec"][key] for key in written["spec"]} == written["spec"]


PARENT = {
    "name": "run",
    "uid": "u",
    "ordinal": 2,
    "state": "All",
    "executionArn": "arn",
    "workflowName": "sum/All",
    "workflowArn": "arn",
    "roleArn": "arn",
}

STARTER = {"name": "run", "uid": "u", "ordinal": 2, "state": "Start", "awaited": True}

CHANGES = {
    "input": ("Execution", {"input": {"a": 2}}, "spec.input is immutable: create a new Execution"),
    "input to null": (
        "Execution",
        {"input": None},
        "spec.input is immutable: create a new Execution",
    ),
    "workflowRef": (
        "Execution",
        {"workflowRef": {"name": "other"}},
        "spec.workflowRef is immutable: create a new Execution",
    ),
    "revision": (
        "Execution",
        {"workflowRef": {"name": "sum", "revision": "x"}},
        "spec.workflowRef is immutable: create a new Execution",
    ),
    "inputText": (
        "Execution",
        {"inputText": "1"},
        "spec.inputText is immutable: create a new Execution",
    ),
    "inputFrom": (
        "Execution",
        {"inputFrom": FROM_MAP},
        "spec.inputFrom is immutable: create a new Execution",
    ),
    "parent": (
        "Execution",
        {"parent": PARENT},
        "spec.parent is immutable and only set by the operator",
    ),
    "startedBy": (
        "Execution",
        {"startedBy": STARTER},
        "spec.startedBy is immutable and only set by the operator",
    ),
    "name of an Execution": ("Execution", {"name": "other"}, "spec.name is immutable"),
    "name of a Workflow": ("Workflow", {"name": "other"}, "spec.name is immutable"),
    "name of a Function": ("Function", {"name": "other"}, "spec.name is immutable"),
    "type of a Workflow": (
        "Workflow",
        {"type": "Express"},
        'spec.type: Unsupported value: "Express"',
    ),
}


def patched(api, namespace, kind, spec, *options):
    """The answer to setting these fields of the spec."""
    changes = [{"op": "add", "path": f"/spec/{name}", "value": v} for name, v in spec.items()]
    patch = ("--type=json", "--patch", json.dumps(changes))
    return api.kubectl(
        "patch", "--namespace", namespace, kind, "sum", *patch, *options, check=False
    )


def created(api, namespace, kind, spec):
    """Create an object named sum."""
    manifest = json.dumps(an_object(kind, spec))
    api.kubectl("create", "--namespace", namespace, "-f", "-", stdin=manifest)


@pytest.fixture(scope="module")
def stored(kubernetes_api):
    """A namespace with one object of each kind."""
    name = f"asw-test-{uuid.uuid4().hex[:8]}"
    kubernetes_api.kubectl("create", "namespace", name)
    created(kubernetes_api, name, "Workflow", {"definition": DEFINITION})
    created(kubernetes_api, name, "Function", {"runtime": "python3", "code": CODE})
    created(kubernetes_api, name, "Execution", a_run(input={"a": 1}))
    yield name
    kubernetes_api.kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.parametrize(("kind", "spec", "message"), CHANGES.values(), ids=CHANGES)
def test_what_is_immutable_stays(kubernetes_api, stored, kind, spec, message):
    """Changing it is refused, with a message that names field and remedy."""
    done = patched(kubernetes_api, stored, kind, spec, "--dry-run=server")
    assert done.returncode != 0
    assert message in done.stderr


def test_an_input_cannot_be_withdrawn(kubernetes_api, stored):
    """Taking the input away is a change, too."""
    patch = ("--type=json", "--patch", '[{"op": "remove", "path": "/spec/input"}]')
    where = ("--namespace", stored, "--dry-run=server")
    done = kubernetes_api.kubectl("patch", "execution", "sum", *patch, *where, check=False)
    assert "spec.input is immutable" in done.stderr


@pytest.mark.parametrize("kind", ["Workflow", "Function", "Execution"])
def test_a_name_may_be_spelt_out(kubernetes_api, stored, kind):
    """Setting spec.name to the name that the object has anyway changes nothing."""
    done = patched(kubernetes_api, stored, kind, {"name": "sum"}, "--dry-run=server")
    assert done.returncode == 0, done.stderr


def test_a_definition_may_change(kubernetes_api, stored):
    """Editing a Workflow is how a new revision is made, from object to text as well."""
    other = {"definition": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}
    assert patched(kubernetes_api, stored, "Workflow", other, "--dry-run=server").returncode == 0


def test_stop_is_for_good(unattended, namespace):
    """An Execution may be stopped once it runs; the request is neither withdrawn nor changed."""
    created(unattended, namespace, "Execution", a_run(input=None))
    stop = {"stop": {"error": "E", "cause": "no more"}}
    assert patched(unattended, namespace, "Execution", stop).returncode == 0
    for change in ({"stop": {"error": "F"}}, {"stop": None}):
        patch = ("--type=merge", "--patch", json.dumps({"spec": change}))
        where = ("--namespace", namespace, "execution", "sum")
        done = unattended.kubectl("patch", *where, *patch, check=False)
        assert "spec.stop cannot be withdrawn or changed" in done.stderr


@pytest.mark.parametrize("phase", ["Aborted", "Succeeded"])
def test_an_order_may_go_once_it_is_carried_out(unattended, namespace, phase):
    """What is over may be replaced by a manifest without its orders; status tells what came."""
    created(unattended, namespace, "Execution", a_run(input=None))
    where = ("--namespace", namespace, "execution", "sum")

    def answer(**spec):
        patch = ("--type=merge", "--patch", json.dumps({"spec": spec}))
        return unattended.kubectl("patch", *where, *patch, check=False).stderr

    def show(**status):
        patch = json.dumps([{"op": "add", "path": "/status", "value": status}])
        unattended.kubectl("patch", *where, "--subresource=status", "--type=json", "-p", patch)

    manifest = json.dumps(an_object("Execution", a_run(input=None)))
    replace = ("replace", "--namespace", namespace, "--filename=-")

    def replaced():
        return unattended.kubectl(*replace, stdin=manifest, check=False).stderr

    assert answer(stop={"error": "E"}) == ""
    show(phase="Running")
    assert "spec.stop cannot be withdrawn or changed before the Execution has ended" in replaced()
    show(phase=phase)
    assert replaced() == ""
    assert answer(redrive={"number": 1}) == ""
    assert "spec.redrive.number can only grow" in replaced()
    assert answer(stop={}) == ""
    assert "spec.stop cannot be withdrawn" in answer(stop=None)
    show(phase=phase, redriveCount=1)
    assert replaced() == ""
    assert answer(redrive={"number": 2}) == ""
    refused = {"type": "Redriven", "status": "False", "reason": "RedriveRefused"}
    show(phase=phase, redriveCount=1, conditions=[refused])
    assert replaced() == ""


def test_a_redrive_takes_the_stop_away(unattended, namespace):
    """A stopped Execution is redriven by one update, which must remove the stop; numbers grow."""
    created(unattended, namespace, "Execution", a_run(input=None, stop={}))
    where = ("--namespace", namespace, "execution", "sum", "--type=merge")

    def answer(**spec):
        patch = json.dumps({"spec": spec})
        return unattended.kubectl("patch", *where, "--patch", patch, check=False).stderr

    assert "remove it in the same update" in answer(redrive={"number": 1})
    assert answer(redrive={"number": 2}, stop=None) == ""
    assert "spec.redrive.number can only grow" in answer(redrive={"number": 1})
    assert "spec.redrive.number can only grow" in answer(redrive=None)
    assert "greater than or equal to 1" in answer(redrive={"number": 0})
    assert answer(stop={"error": "Again"}) == ""
    assert "spec.stop cannot be withdrawn or changed" in answer(stop=None)
    assert answer(redrive={"number": 3}, stop=None) == ""


def test_an_execution_is_suspended_and_resumed(kubernetes_api, namespace):
    """The switch spec.suspend may be turned at any time."""
    created(kubernetes_api, namespace, "Execution", a_run(input=None))
    for wanted in (True, False, True):
        done = patched(kubernetes_api, namespace, "Execution", {"suspend": wanted})
        assert done.returncode == 0, done.stderr
    done = patched(kubernetes_api, namespace, "Execution", {"suspend": "yes"})
    assert "spec.suspend" in done.stderr


def test_a_status_keeps_what_is_written(kubernetes_api, namespace):
    """JSON Patch keeps nulls in output and history, and kubectl shows the result as it is."""
    created(kubernetes_api, namespace, "Workflow", {"definition": DEFINITION})
    created(kubernetes_api, namespace, "Execution", a_run(input={"a": None}))
    status = {
        "observedGeneration": 1,
        "phase": "Succeeded",
        "states": "Add x 3",
        "output": {"sum": 15, "rest": None},
        "result": '{"sum":15,"rest":null}',
        "record": '{"b": 1.0, "a": null}',
        "history": ['{"id":1,"type":"ExecutionStarted","input":"null"}'],
        "conditions": [
            {
                "type": "Succeeded",
                "status": "True",
                "reason": "Succeeded",
                "lastTransitionTime": "2026-01-31T09:30:00.250Z",
            }
        ],
    }
    where = ("--namespace", namespace, "execution", "sum")
    patch = json.dumps([{"op": "add", "path": "/status", "value": status}])
    kubernetes_api.kubectl("patch", *where, "--subresource=status", "--type=json", "-p", patch)
    shown = json.loads(kubernetes_api.kubectl("get", *where, "-o", "json").stdout)
    assert {key: shown["status"][key] for key in status} == status
    columns = kubernetes_api.kubectl("get", *where, "--no-headers").stdout
    assert '{"sum":15,"rest":null}' in columns
    assert "Add x 3" in columns
    selected = ("--field-selector", "status.phase=Succeeded,spec.workflowRef.name=sum")
    named = kubernetes_api.kubectl("get", "-n", namespace, "executions", *selected, "-o", "name")
    assert named.stdout.split() == ["execution.asw.dev/sum"]


def test_every_field_is_explained(kubernetes_api):
    """Kubectl explain knows the fields with their sentences."""
    shown = kubernetes_api.kubectl("explain", "execution.spec.stop").stdout
    assert "It cannot be withdrawn before the Execution has ended" in " ".join(shown.split())


def test_a_connections_status_is_the_operators(unattended, operator, tenant, namespace):
    """Whoever may edit Connections may not say how they are; columns and waits read the status."""
    tenant.may(namespace, ("create", "connections", ""), ("patch", "connections", ""))
    for user in (tenant, operator):  # kubectl reads what it patches
        user.may(namespace, ("get", "connections/status", ""))
    given = an_object("Connection", {"kind": "aws", "region": "eu-central-1"}, name="lab")
    given["status"] = {"observedGeneration": 9}
    create = ("create", "--namespace", namespace, "--filename=-")
    assert tenant.tries(*create, stdin=given) == ""
    where = ("--namespace", namespace, "connection", "lab")
    shown = json.loads(unattended.kubectl("get", *where, "-o", "json").stdout)
    assert shown["status"] == {"observedGeneration": -1}
    ready = {
        "type": "Ready",
        "status": "False",
        "reason": "NoCredentials",
        "message": "Secret aws has no key AWS_ACCESS_KEY_ID",
    }
    status = {"observedGeneration": 1, "conditions": [ready]}
    words = json.dumps([{"op": "add", "path": "/status", "value": status}])
    patch = ("patch", *where, "--subresource=status", "--type=json", f"--patch={words}")
    assert 'cannot patch resource "connections/status"' in tenant.tries(*patch)
    assert operator.tries(*patch) == ""
    cells = unattended.kubectl("get", *where, "--no-headers", "-o", "wide").stdout
    assert "NoCredentials" in cells
    assert "has no key AWS_ACCESS_KEY_ID" in cells
    wait = ("wait", *where, "--for=condition=Ready=False", "--timeout=5s")
    assert unattended.kubectl(*wait).returncode == 0


def test_a_connections_conditions_are_explained(kubernetes_api):
    """What True promises, and what it does not."""
    shown = kubernetes_api.kubectl("explain", "connection.status.conditions").stdout
    assert "no pod has tried yet whether the Secrets" in " ".join(shown.split())
