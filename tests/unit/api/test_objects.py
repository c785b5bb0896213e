"""Objects as the API server serves them, and those that bypassed their schema."""

from typing import get_args

import pytest

from asw.api.execution import Execution
from asw.api.function import Function, FunctionSpec, Runtime
from asw.api.objects import FieldProblem, InvalidObject
from asw.api.workflow import Workflow


def an_object(spec, **others):
    """An object of any kind, with this spec."""
    return {
        "metadata": {"name": "sum", "namespace": "shop", "uid": "u", "generation": 2},
        "spec": spec,
        **others,
    }


DEFINITION = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
CODE = {"inline": {"index.py": "def main_handler(event, context): ..."}}

BAD = [
    (Workflow, {}, "spec", "exactly one of spec.definition and spec.definitionText"),
    (Workflow, {"definition": DEFINITION, "definitionText": "{}"}, "spec", "exactly one of"),
    (Workflow, {"definition": []}, "spec.definition", "valid dictionary"),
    (Workflow, {"definition": DEFINITION, "type": "Express"}, "spec.type", "'Standard'"),
    (Workflow, {"definition": DEFINITION, "dialect": "CDL"}, "spec.dialect", "'ASL' or 'TCSL'"),
    (Workflow, {"definition": DEFINITION, "name": "a/b"}, "spec.name", "match pattern"),
    (Workflow, {"definition": DEFINITION, "retain": {}}, "spec.retain", "not permitted"),
    (Execution, {}, "spec.workflowRef", "required"),
    (Execution, {"workflowRef": {}}, "spec.workflowRef.name", "required"),
    (
        Execution,
        {"workflowRef": {"name": "sum"}, "input": None, "inputText": "1"},
        "spec",
        "only one of",
    ),
    (Execution, {"workflowRef": {"name": "sum"}, "resume": {}}, "spec.resume", "not permitted"),
    (
        Execution,
        {"workflowRef": {"name": "sum"}, "inputFrom": {"configMapRef": {"name": "x"}}},
        "spec.inputFrom.configMapRef.key",
        "required",
    ),
    (
        Function,
        {"runtime": "perl", "code": CODE},
        "spec.runtime",
        "'python3', 'python3.11', 'python3.13', 'nodejs', 'shell' or 'image'",
    ),
    (Function, {"runtime": "image"}, "spec", "needs spec.image"),
    (Function, {"runtime": "python3"}, "spec", "needs spec.code"),
    (
        Function,
        {"runtime": "python3", "code": CODE, "image": "x", "command": ["x"]},
        "spec",
        "are only for runtime image",
    ),
    (
        Function,
        {"runtime": "shell", "code": CODE, "args": ["x"]},
        "spec",
        "are only for runtime image",
    ),
    (
        Function,
        {"runtime": "image", "image": "x", "code": CODE},
        "spec",
        "are not for runtime image",
    ),
    (Function, {"runtime": "image", "image": "x", "handler": "a.b"}, "spec", "are not for"),
    (Function, {"runtime": "shell", "code": {}}, "spec.code", "exactly one of code.inline"),
    (Function, {"runtime": "shell", "code": {"path": "src"}}, "spec.code", "use asw apply"),
    (
        Function,
        {"runtime": "shell", "code": {"inline": {"../b": ""}}},
        "spec.code.inline.../b",
        "match pattern",
    ),
    (
        Function,
        {"runtime": "image", "image": "x", "env": [{"name": "ASW_EVENT", "value": "1"}]},
        "spec.env[0]",
        "belong to asw",
    ),
    (
        Function,
        {
            "runtime": "image",
            "image": "x",
            "env": [
                {
                    "name": "A",
                    "value": "1",
                    "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}},
                }
            ],
        },
        "spec.env[0]",
        "only one of value and valueFrom",
    ),
    (
        Function,
        {"runtime": "image", "image": "x", "env": [{"name": "A", "valueFrom": {}}]},
        "spec.env[0].valueFrom",
        "exactly one of secretKeyRef and configMapKeyRef",
    ),
    (
        Function,
        {"runtime": "image", "image": "x", "scratchSize": "-1Gi"},
        "spec.scratchSize",
        "match pattern",
    ),
    (
        Function,
        {"runtime": "image", "image": "x", "timeoutSeconds": "30"},
        "spec.timeoutSeconds",
        "valid integer",
    ),
    (
        Function,
        {"runtime": "image", "image": "x", "timeoutSeconds": 0},
        "spec.timeoutSeconds",
        "greater than",
    ),
]


@pytest.mark.parametrize(
    ("model", "spec", "path", "message"), BAD, ids=[f"{m.kind} {p}: {t[:30]}" for m, _, p, t in BAD]
)
def test_an_object_that_went_round_its_schema_is_refused(model, spec, path, message):
    """The problem names the field as users write it, and says what would be right."""
    with pytest.raises(InvalidObject) as caught:
        model.parse(an_object(spec))
    (problem,) = caught.value.problems
    assert problem.path == path
    assert message in problem.message


def test_only_the_outside_spelling_is_a_field():
    """What the API server would not know is not known to us either."""
    with pytest.raises(InvalidObject) as caught:
        Execution.parse(an_object({"workflow_ref": {"name": "sum"}}))
    assert [each.path for each in caught.value.problems] == [
        "spec.workflowRef",
        "spec.workflow_ref",
    ]


def test_every_problem_is_named():
    """Everything wrong with an object is reported at once."""
    with pytest.raises(InvalidObject) as caught:
        Function.parse(an_object({"runtime": "ruby", "timeoutSeconds": "soon"}))
    assert [each.path for each in caught.value.problems] == ["spec.runtime", "spec.timeoutSeconds"]
    assert str(caught.value).startswith("invalid Function: spec.runtime: Input should be")


def test_a_payload_is_not_in_the_message():
    """What is wrong is told without what users keep in their objects."""
    with pytest.raises(InvalidObject) as caught:
        Execution.parse(an_object({"workflowRef": {"name": "sum"}, "inputText": {"card": "4111"}}))
    assert "4111" not in str(caught.value)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (FieldProblem("spec.name", "is wrong"), "spec.name: is wrong"),
        (FieldProblem("", "is wrong"), "is wrong"),
    ],
    ids=["a field", "the object"],
)
def test_a_problem_reads_as_a_line(problem, text):
    """A problem is one line with its place in front, where it has one."""
    assert str(problem) == text


@pytest.mark.parametrize(
    ("model", "spec"),
    [
        (Workflow, {"definition": DEFINITION}),
        (Execution, {"workflowRef": {"name": "sum"}}),
        (Function, {"runtime": "python3", "code": CODE}),
    ],
    ids=lambda each: getattr(each, "kind", ""),
)
def test_the_public_name_is_the_objects_unless_another_is_given(model, spec):
    """Users and definitions know an object by spec.name, else by metadata.name."""
    assert model.parse(an_object(spec)).public_name == "sum"
    assert model.parse(an_object({**spec, "name": "求和"})).public_name == "求和"


def test_a_newer_status_is_read():
    """What a newer operator wrote does not stop an older one after a downgrade."""
    source = an_object({"definition": DEFINITION}, status={"observedGeneration": 2, "later": 1})
    assert Workflow.parse(source).status.observed_generation == 2


def test_a_new_object_was_not_observed():
    """kstatus: before the first look the observed generation is behind."""
    assert Workflow.parse(an_object({"definition": DEFINITION})).status.observed_generation == -1


@pytest.mark.parametrize(
    ("given", "is_given"), [({}, False), ({"input": None}, True), ({"input": 0}, True)], ids=str
)
def test_a_null_input_is_an_input(given, is_given):
    """No input and the input null are two things."""
    execution = Execution.parse(an_object({"workflowRef": {"name": "sum"}, **given}))
    assert execution.spec.has_input is is_given


def test_a_null_default_input_is_a_default_input():
    """No default input and the default input null are two things."""
    assert not Workflow.parse(an_object({"definition": DEFINITION})).spec.has_default_input
    spec = {"definition": DEFINITION, "defaultInput": None}
    assert Workflow.parse(an_object(spec)).spec.has_default_input


@pytest.mark.parametrize(
    ("spec", "handler"),
    [
        ({"runtime": "python3", "code": CODE}, "index.main_handler"),
        ({"runtime": "shell", "code": CODE}, "index.sh"),
        ({"runtime": "shell", "code": CODE, "handler": "run.sh"}, "run.sh"),
        ({"runtime": "image", "image": "x"}, None),
    ],
    ids=["python3", "shell", "its own", "image"],
)
def test_the_handler_has_a_default_for_each_runtime(spec, handler):
    """A Function that names no handler starts where its runtime's users expect it."""
    assert Function.parse(an_object(spec)).handler == handler


@pytest.mark.parametrize("runtime", get_args(Runtime))
def test_each_runtime_may_be_warm(runtime):
    """An image by the contract of warm pods, the others by what we bring."""
    code = {"image": "x"} if runtime == "image" else {"code": CODE}
    spec = {"runtime": runtime, "mode": "Warm", "warm": {"min": 1}, **code}
    assert FunctionSpec.model_validate(spec).mode == "Warm"


def test_a_quantity_may_be_a_number():
    """Kubernetes: cpu: 1 and cpu: "1" are the same."""
    resources = {"limits": {"cpu": 1, "memory": "1Gi"}}
    function = Function.parse(an_object({"runtime": "image", "image": "x", "resources": resources}))
    assert function.spec.resources is not None
    assert function.spec.resources.limits == {"cpu": "1", "memory": "1Gi"}


def test_variables_come_by_value_or_by_reference():
    """A variable holds a text, or names the key of a Secret or ConfigMap."""
    by_secret = {"secretKeyRef": {"name": "s", "key": "k"}}
    env = [{"name": "A", "value": "$(B)"}, {"name": "B", "valueFrom": by_secret}]
    function = Function.parse(an_object({"runtime": "image", "image": "x", "env": env}))
    first, second = function.spec.env
    assert first.value == "$(B)"
    assert second.value_from is not None
    assert second.value_from.secret_key_ref is not None
    assert second.value_from.secret_key_ref.key == "k"
