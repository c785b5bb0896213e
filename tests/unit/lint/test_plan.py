"""A run is worked out and checked as a whole before anything happens."""

from pathlib import Path

import pytest

from asw.executions.orders import free_name
from asw.lint.documents import Document
from asw.lint.manifests import read_manifests
from asw.lint.plan import InputOptions, make_plan, plan_bare_run

API = "asw.dev/v1alpha1"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def an_object(kind, name, **spec):
    """A manifest of ours."""
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def flow(**spec):
    """A Workflow that only passes."""
    return an_object("Workflow", "flow", **{"definition": PASS, **spec})


def task(name):
    """A definition that calls this function."""
    state = {"Type": "Task", "Resource": f"asw:function:{name}", "End": True}
    return {"StartAt": "A", "States": {"A": state}}


def execution(name="run", **spec):
    """An Execution of the Workflow ``flow``."""
    return an_object("Execution", name, workflowRef={"name": "flow"}, **spec)


def config_map(**data):
    """The ConfigMap ``m``."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": data}


def plan(*contents, options=None):
    """The plan and the findings."""
    manifests, findings = read_manifests(Document(Path("x.yaml"), each) for each in contents)
    assert findings == []
    options = options or InputOptions()
    made, found = make_plan(manifests, options)
    if not manifests.executions:
        found += plan_bare_run(manifests, options, made)
    return made, found


def messages(findings):
    """What is said."""
    return "\n".join(finding.message for finding in findings)


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        pytest.param({"input": None}, None, id="null"),
        pytest.param({"input": [1]}, [1], id="value"),
        pytest.param({"inputText": "1.0"}, 1.0, id="text"),
        pytest.param(
            {"inputFrom": {"configMapRef": {"name": "m", "key": "k"}}}, {"a": 1}, id="ConfigMap"
        ),
        pytest.param({}, {"d": 1}, id="default"),
    ],
)
def test_input_is_found_wherever_it_lies(spec, value):
    """An Execution's input may be a value, a text, in a ConfigMap, or its Workflow's default."""
    made, findings = plan(flow(defaultInput={"d": 1}), execution(**spec), config_map(k='{"a": 1}'))
    assert findings == []
    assert [run.input for run in made.runs] == [value]


def test_input_without_default_is_an_empty_object():
    """A Workflow that names no default input starts on an empty object."""
    made, _ = plan(flow(), execution())
    assert made.runs[0].input == {}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"inputText": "{"}, "spec.inputText is not JSON"),
        ({"inputFrom": {"configMapRef": {"name": "m", "key": "no"}}}, "no ConfigMap 'm' with key"),
        ({"inputFrom": {"configMapRef": {"name": "m", "key": "bad"}}}, "ConfigMap 'm' is not JSON"),
        ({"input": "x" * 300_000}, "the limit is 262144"),
    ],
)
def test_unusable_input_is_found(spec, words):
    """An input that would fail the Execution at its start is found before."""
    _, findings = plan(flow(), execution(**spec), config_map(bad="{"))
    assert words in messages(findings)


@pytest.mark.parametrize("contents", [(flow(),), (flow(), execution())], ids=["bare", "Execution"])
def test_an_input_of_the_command_line_is_told_by_its_own_place(contents):
    """What is wrong with it stands in its file, not in the manifests."""
    options = InputOptions(has_input=True, input="x" * 300_000, place="big.json")
    _, (finding,) = plan(*contents, options=options)
    assert (finding.file, finding.code) == ("big.json", "InvalidInput")


def test_missing_workflow_is_found():
    """An Execution needs its Workflow; what there is instead is listed."""
    _, findings = plan(flow(), an_object("Execution", "run", workflowRef={"name": "flaw"}))
    assert messages(findings) == "no Workflow 'flaw' here; available: flow"


def test_problems_of_definitions_are_found():
    """Each problem has its place in the definition."""
    broken = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}}
    made, findings = plan(flow(definition=broken), execution())
    assert made.workflows == {}
    assert "/States/A/Next" in [finding.path for finding in findings]
    assert "/spec/definition/States/A/Next" in [finding.pointer for finding in findings]
    assert not all(finding.is_warning for finding in findings)


def test_warnings_of_definitions_do_not_stop_a_run():
    """A definition that runs, perhaps not as meant, is warned of and run."""
    retry = [{"ErrorEquals": ["States.NoSuchName"]}]
    state = {**task("fn")["States"]["A"], "Retry": retry}
    function = an_object("Function", "fn", runtime="shell", code={"inline": {"index.sh": ":"}})
    definition = {"StartAt": "A", "States": {"A": state}}
    made, findings = plan(flow(definition=definition), execution(), function)
    assert [finding.is_warning for finding in findings] == [True]
    assert "States.NoSuchName" in messages(findings)
    assert len(made.runs) == 1


def test_functions_that_cannot_run_are_warned_of():
    """A Task that cannot be started may be caught, so it is a warning and no error."""
    made, findings = plan(flow(definition=task("fn")), execution())
    assert [finding.is_warning for finding in findings] == [True]
    assert len(made.runs) == 1


def test_an_image_is_nothing_to_warn_of():
    """Whether a container engine answers shows when its task starts."""
    image = an_object("Function", "fn", runtime="image", image="x")
    made, findings = plan(flow(definition=task("fn")), execution(), image)
    assert (len(made.runs), findings) == (1, [])


def test_only_workflow_is_run_without_an_execution():
    """A Workflow alone can be tried."""
    made, findings = plan(flow(), options=InputOptions(has_input=True, input=3))
    assert findings == []
    assert [(run.name, run.workflow, run.input) for run in made.runs] == [("flow-1", "flow", 3)]


def test_which_workflow_is_meant_must_be_clear():
    """With several Workflows and no Execution nobody guesses."""
    other = an_object("Workflow", "other", definition=PASS)
    made, findings = plan(flow(), other)
    assert "more than one Workflow (flow, other)" in messages(findings)
    assert made.runs == []


def test_command_line_goes_before_manifests():
    """Name and input of the command line replace those of the Execution."""
    options = InputOptions(name="mine", has_input=True, input=None)
    made, _ = plan(flow(), execution(input=[1]), options=options)
    assert [(run.name, run.input) for run in made.runs] == [("mine", None)]


def test_one_name_is_for_one_execution():
    """A name on the command line cannot be that of two Executions."""
    _, findings = plan(flow(), execution("a"), execution("b"), options=InputOptions(name="mine"))
    assert "more than one Execution" in messages(findings)


@pytest.mark.parametrize(
    ("name", "taken", "free"),
    [
        ("run", set(), "run"),
        ("run", {"run"}, "run-2"),
        ("run", {"run", "run-2"}, "run-3"),
        ("sum-1", {"sum-1", "sum-2"}, "sum-3"),
        ("backup-2026", {"backup-2026"}, "backup-2026-2"),
    ],
)
def test_taken_names_get_a_number(name, taken, free):
    """The same Execution can be run again and again in one folder."""
    assert free_name(name, taken) == free


def test_objects_lie_beside_the_workflow():
    """A distributed Map's buckets are folders beside the file that its Workflow is in."""
    manifests, _ = read_manifests(
        [Document(Path("a/x.yaml"), flow()), Document(Path("b/run.yaml"), execution())]
    )
    made, findings = make_plan(manifests, InputOptions())
    assert findings == []
    assert made.workflows["flow"].objects == Path("a/objects")


def test_distributed_maps_are_planned():
    """What the operator does not run yet is run here."""
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    state = {"Type": "Map", "ItemProcessor": {"ProcessorConfig": mode, **PASS}, "End": True}
    made, findings = plan(flow(definition={"StartAt": "M", "States": {"M": state}}))
    assert findings == []
    assert list(made.workflows) == ["flow"]


def test_a_service_without_a_connection_is_told_once():
    """A Workflow that a cluster would refuse is told so offline, at the first Task of a service."""

    def call(resource, **fields):
        arn = f"arn:aws:states:::{resource}"
        return {"Type": "Task", "Resource": arn, "Parameters": {"Message": "m"}, **fields}

    states = {
        "M": {"Type": "Map", "Next": "B", "Iterator": {"StartAt": "A", "States": {}}},
        "B": call("sns:publish", Next="C"),
        "C": call("aws-sdk:sns:publish", End=True),
    }
    states["M"]["Iterator"]["States"]["A"] = call("sns:publish", End=True)
    made, findings = plan(flow(definition={"StartAt": "M", "States": states}))
    told = [(it.severity, it.code, it.pointer) for it in findings]
    at = "/spec/definition/States"
    assert told == [
        ("WARNING", "MissingConnection", f"{at}/M/Iterator/States/A/Resource"),
        ("WARNING", "MissingConnection", f"{at}/C/Resource"),
    ]
    assert "the service aws-sdk:sns" in findings[1].message
    assert list(made.workflows) == ["flow"]


ROLE = "arn:aws:iam::222222222222:role/trusted"
AS_ROLE = {"A": {"RoleArn": ROLE}, "B": {"RoleArn.$": "$.role"}}


@pytest.mark.parametrize(
    ("connections", "told"),
    [
        ({}, [("Ignored", "A"), ("Ignored", "B")]),
        ({ROLE: "x"}, []),
        ({f"{ROLE}-2": "x"}, [("MissingConnection", "A")]),
    ],
    ids=["no roles", "mapped", "another"],
)
def test_roles_without_a_connection_are_told(connections, told):
    """A role that stands for nothing is told at its place; of one that a run decides, nothing."""
    resource = "arn:aws:states:::aws-sdk:s3:listBuckets"
    call = {"Type": "Task", "Resource": resource, "Parameters": {}}
    states = {
        name: {**call, "Credentials": given, **({"Next": "B"} if name == "A" else {"End": True})}
        for name, given in AS_ROLE.items()
    }
    given = {"s3": "lab", **connections}
    _, findings = plan(flow(definition={"StartAt": "A", "States": states}, connections=given))
    roles = [it for it in findings if "RoleArn" in (it.pointer or "")]
    assert [(it.code, it.pointer.split("/")[4]) for it in roles] == told
    assert {it.severity for it in roles} <= {"WARNING"}


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        ("arn:aws:states:::states:startExecution", {"StateMachineArn": "flow"}),
        ("arn:aws:states:::http:invoke", {"ApiEndpoint": "https://x", "Method": "GET"}),
        ("asw:approval", {"Title": "Go?"}),
    ],
)
def test_no_role_is_missed_where_none_makes_the_call(resource, parameters):
    """Executions, APIs and people are not called as a role, so that no Connection lacks."""
    call = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    definition = {"StartAt": "A", "States": {"A": {**call, "Credentials": {"RoleArn": ROLE}}}}
    given = {"default": "lab", f"{ROLE}-2": "x"}
    _, findings = plan(flow(definition=definition, connections=given))
    assert [it.message for it in findings if "for the role" in it.message] == []


def test_a_workflow_that_starts_executions_runs_everywhere():
    """There is nothing to warn of: clusters start them as well."""
    request = {"StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m"}
    start = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync"}
    states = {"S": {**start, "Parameters": request, "End": True}}
    assert plan(flow(definition={"StartAt": "S", "States": states}))[1] == []


def trigger(workflow="flow", **spec):
    """A Trigger by failures of any Workflow."""
    source = {"workflow": {"outcomes": ["Failed"]}}
    reference = {"name": workflow}
    return an_object("Trigger", "on", **{"source": source, "workflowRef": reference, **spec})


@pytest.mark.parametrize(
    ("spec", "told", "steps"),
    [
        ({"filter": "event.data ="}, "spec.filter: <input>:1:", ("spec", "filter")),
        ({"filter": "events.data"}, "spec.filter: there is no 'events'", ("spec", "filter")),
        ({"input": {"a": ["{% 1 + %}"]}}, "spec.input.a[0]: ", ("spec", "input")),
    ],
    ids=["syntax", "name", "input"],
)
def test_what_a_trigger_cannot_evaluate_is_found(spec, told, steps):
    """A filter or a template that never works is an error with its place."""
    _, found = plan(flow(), trigger(**spec))
    assert told in messages(found)
    assert [it.severity for it in found] == ["ERROR"]


def test_a_trigger_without_its_workflow_is_a_warning():
    """It may come with other files; a Trigger that is fine is silent."""
    assert plan(flow(), trigger())[1] == []
    _, found = plan(flow(), trigger("other"))
    assert [it.severity for it in found] == ["WARNING"]
    assert "no Workflow 'other' here" in messages(found)
