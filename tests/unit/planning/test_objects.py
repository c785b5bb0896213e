"""Differences of Workflows and Functions, as an API server has them and as files describe them."""

from asw.api.function import Function
from asw.api.workflow import Workflow
from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.lint.plan import definition_text
from asw.planning.objects import (
    compare_functions,
    compare_workflows,
    files_of,
    summary_of_function,
)

DEFINITION = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}


def workflow(definition=DEFINITION, labels=None, **spec):
    given = {} if "definitionText" in spec else {"definition": definition}
    metadata = {"name": "flow", "labels": labels or {}}
    return Workflow.parse({"metadata": metadata, "spec": {**given, **spec}})


def function(**spec):
    code = (
        {} if "code" in spec or "image" in spec else {"code": {"inline": {"index.py": "x = 1\n"}}}
    )
    return Function.parse(
        {"metadata": {"name": "work"}, "spec": {"runtime": "python3", **code, **spec}}
    )


def test_a_changed_lock_is_counted_like_a_file():
    """Its text may have a thousand lines."""
    before, after = ({"requirements": f"a=={it}\nb==1\n"} for it in (1, 2))
    (found,) = compare_functions(function(packages=before), function(packages=after), {}, {})
    assert (found.name, found.before, found.after) == ("spec.packages.requirements", 1, 1)


def change(old, new):
    return compare_workflows(old, new, parse(definition_text(new), new.spec.dialect))


def fields(old, new):
    return [it.to_plain() for it in change(old, new).fields]


def told(old, new, old_maps=None, new_maps=None):
    files = files_of(old, old_maps or {}), files_of(new, new_maps or {})
    return [it.to_plain() for it in compare_functions(old, new, *files)]


def test_what_api_servers_and_people_write_out_is_no_difference():
    """Defaults, the order of keys and the name that metadata says are the same spelt out."""
    served = workflow(
        {"States": {"A": {"Type": "Succeed"}}, "StartAt": "A"},
        type="Standard",
        dialect="ASL",
        name="flow",
    )
    assert fields(served, workflow()) == []
    assert not change(served, workflow()).has_new_definition
    spelt = function(handler="index.main_handler", env=[], tolerations=[], nodeSelector={})
    assert told(spelt, function()) == []


def test_a_definition_that_means_the_same_is_told_as_such():
    """Applying it makes a new revision, so that it is a difference, if not one of the language."""
    text = to_text(DEFINITION)
    for other in (workflow(definitionText=text), workflow({**DEFINITION, "Version": "1.0"})):
        made = change(workflow(), other)
        assert (made.states, made.is_rewritten, made.has_new_definition) == ((), True, True)


def test_a_definition_that_cannot_run_is_not_compared():
    """What was applied although it is wrong is replaced as a whole."""
    made = change(workflow({"StartAt": "A"}), workflow())
    assert made.is_unreadable
    assert made.has_new_definition


def test_nulls_that_were_lost_are_told():
    """Merge patches cannot add them, so that the plan would show the same for ever."""
    nulls = {"A": {"Type": "Pass", "Result": [{"x": None}], "ResultPath": None, "End": True}}
    bare = {"A": {"Type": "Pass", "Result": [{}], "End": True}}
    old, new = ({"StartAt": "A", "States": states} for states in (bare, nulls))
    made = change(workflow(old), workflow(new))
    assert made.has_lost_nulls
    assert [part.name for part in made.states[0].parts] == ["Result[0]", "ResultPath"]
    assert not change(workflow(new), workflow(old)).has_lost_nulls
    given = change(workflow(defaultInput={}), workflow(defaultInput={"a": None}))
    assert given.has_lost_nulls


def test_a_task_template_makes_a_revision():
    """It is pinned with the definition."""
    made = change(workflow(), workflow(taskTemplate={"priorityClassName": "high"}))
    assert [it.name for it in made.fields] == ["spec.taskTemplate"]
    assert made.has_new_definition


def test_the_rest_of_a_workflow_is_compared_field_by_field():
    """Concurrency, retention and default input, the null that is an input included."""
    old = workflow(concurrency={"limit": 3}, retention={"failed": {"limit": 9}})
    new = workflow(concurrency={"limit": 5, "policy": "Forbid"}, defaultInput=None)
    assert fields(old, new) == [
        {"change": "added", "field": "spec.defaultInput", "after": None},
        {
            "change": "changed",
            "field": "spec.concurrency.policy",
            "before": "Allow",
            "after": "Forbid",
        },
        {"change": "changed", "field": "spec.concurrency.limit", "before": 3, "after": 5},
        {
            "change": "removed",
            "field": "spec.retention",
            "before": {"failed": {"limit": 9}},
        },
    ]
    assert not change(old, new).has_new_definition


def test_labels_of_others_are_left_alone():
    """A label that the manifest does not name is no difference; one that it names may be."""
    old = workflow(labels={"helm": "x", "team": "a"})
    assert fields(old, workflow(labels={"team": "b"})) == [
        {"change": "changed", "field": "metadata.labels.team", "before": "a", "after": "b"}
    ]


def test_code_is_told_by_file_in_lines():
    """How many lines of each file come and go."""
    old = function(code={"inline": {"index.py": "a\nb\nc\n", "old.py": "x\n"}})
    new = function(code={"inline": {"index.py": "a\nB\nc\nd\n", "new.py": "y\nz"}})
    assert told(old, new) == [
        {"change": "changed", "field": "spec.code[index.py]", "before": 1, "after": 2},
        {"change": "added", "field": "spec.code[new.py]", "after": 2},
        {"change": "removed", "field": "spec.code[old.py]", "before": 1},
    ]


def test_code_of_a_config_map_is_compared_where_it_is_known():
    """By its files where both sides can be seen, by the name of the ConfigMap anyway."""
    old = function(code={"configMapRef": {"name": "one"}})
    new = function(code={"configMapRef": {"name": "two"}})
    reference = {
        "change": "changed",
        "field": "spec.code.configMapRef.name",
        "before": "one",
        "after": "two",
    }
    assert told(old, new) == [reference]
    seen = told(old, new, {"one": {"f": "a"}}, {"two": {"f": "b"}})
    lines = {"change": "changed", "field": "spec.code[f]", "before": 1, "after": 1}
    assert seen == [reference, lines]


def test_variables_are_told_by_name_and_never_hold_secrets():
    """A literal by its value, a Secret's by where it comes from; their order does not count."""
    secret = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    level = {"name": "LEVEL", "value": "info"}
    assert told(function(env=[secret, level]), function(env=[level, secret])) == []
    other = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "other"}}}
    assert told(function(env=[secret, level]), function(env=[other])) == [
        {
            "change": "changed",
            "field": "spec.env.KEY.valueFrom.secretKeyRef.key",
            "before": "k",
            "after": "other",
        },
        {"change": "removed", "field": "spec.env.LEVEL", "before": "info"},
    ]


def test_how_a_function_runs_is_compared():
    """Runtime, image, account, resources and time-out."""
    new = function(
        runtime="image",
        image="app:2",
        timeoutSeconds=9,
        serviceAccountName="payer",
        resources={"limits": {"cpu": 1}},
    )
    assert {it["field"]: it["change"] for it in told(function(), new)} == {
        "spec.runtime": "changed",
        "spec.image": "added",
        "spec.resources": "added",
        "spec.timeoutSeconds": "added",
        "spec.serviceAccountName": "added",
        "spec.handler": "removed",
        "spec.code[index.py]": "removed",
    }


def test_a_new_function_is_told_by_what_runs_it():
    """Runtime, handler, and how long its files are."""
    assert [it.to_plain() for it in summary_of_function(function(timeoutSeconds=5), {})] == [
        {"change": "added", "field": "spec.runtime", "after": "python3"},
        {"change": "added", "field": "spec.timeoutSeconds", "after": 5},
        {"change": "added", "field": "spec.code[index.py]", "after": 1},
    ]


def test_code_in_config_maps_that_may_not_be_read_differs_by_their_names():
    """They end in a digest; where the files are known, those are told instead."""
    old = function(code={"configMapRefs": [{"name": "code-1"}]})
    new = function(code={"configMapRefs": [{"name": "code-2"}]})
    (found,) = compare_functions(old, new, None, {"index.py": ""})
    assert found.to_plain() == {
        "change": "changed",
        "field": "spec.code.configMapRefs[0]",
        "before": "code-1",
        "after": "code-2",
    }
    assert not compare_functions(old, new, {"index.py": ""}, {"index.py": ""})
