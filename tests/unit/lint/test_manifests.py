"""Documents become objects, all mistakes are found at once, other kinds are left alone."""

from pathlib import Path

import pytest

from asw.api.function import FILE_NAMES
from asw.api.names import OBJECT_NAMES
from asw.lint.documents import Document
from asw.lint.manifests import KINDS, read_manifests

API = "asw.dev/v1alpha1"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def read(*contents, name="all.yaml"):
    """What these documents describe, and what is wrong."""
    return read_manifests(Document(Path(name), content) for content in contents)


def an_object(kind, /, name="x", **spec):
    """A manifest of ours."""
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def test_objects_are_kept_by_name():
    """Each kind has its own names; ConfigMaps give their data."""
    manifests, findings = read(
        an_object("Workflow", "flow", definition=PASS),
        an_object("Execution", "run", workflowRef={"name": "flow"}),
        an_object("Function", "fn", runtime="image", image="busybox"),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"k": "v"}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "other"}},
    )
    assert findings == []
    assert list(manifests.workflows) == ["flow"]
    assert list(manifests.executions) == ["run"]
    assert list(manifests.functions) == ["fn"]
    assert manifests.config_maps == {"m": {"k": "v"}}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read(kind):
    """Each kind of ours has a place among the manifests, and mistakes in it are found."""
    _, findings = read(an_object(kind, mistake=1))
    assert any("mistake" in finding.message for finding in findings)


def test_activities_and_schedules_are_kept():
    """They are checked, though nothing here runs them."""
    times = {"workflowRef": {"name": "flow"}, "cron": "@daily"}
    manifests, findings = read(an_object("Activity", "ship"), an_object("Schedule", "n", **times))
    assert findings == []
    assert list(manifests.activities) == ["ship"]
    assert list(manifests.schedules) == ["n"]


def test_cron_that_is_wrong_is_found_with_its_field():
    """What the API server's schema cannot see is found before anything is applied."""
    times = {"workflowRef": {"name": "flow"}, "cron": "61 * * * *"}
    _, (finding,) = read(an_object("Schedule", "n", **times))
    assert "spec.cron" in finding.message


def test_task_defaults_are_checked():
    """They are of a kind that is known, and their fields are as well."""
    assert read(an_object("TaskDefaults", "default", priorityClassName="low"))[1] == []
    _, (finding,) = read(an_object("TaskDefaults", "default", podTemplate={"hostNetwork": True}))
    assert "hostNetwork" in finding.message


def test_connections_are_read_and_checked():
    """A Connection beside a Workflow is known by its name, and its mistakes have their place."""
    manifests, findings = read(an_object("Connection", "lab", kind="aws", region="eu-central-1"))
    assert findings == []
    assert list(manifests.connections) == ["lab"]
    _, (finding,) = read(an_object("Connection", "lab", kind="aws", region="r", endpoint="minio"))
    assert "endpoint" in finding.message


@pytest.mark.parametrize(
    ("file", "name", "public_name"),
    [
        ("sum.json", "sum", "sum"),
        ("My_Flow.asl.json", "my-flow", "My_Flow"),
        ("求和.yaml", "workflow", "求和"),
        ("with space.json", "with-space", "with-space"),
    ],
)
def test_bare_definition_is_a_workflow_named_after_its_file(file, name, public_name):
    """A definition without a manifest runs under the name of its file."""
    manifests, findings = read(PASS, name=file)
    assert findings == []
    assert manifests.workflows[name].object.public_name == public_name


def test_generated_names_are_made_here():
    """An Execution with generateName gets a name, as from the API server."""
    execution = an_object("Execution", workflowRef={"name": "flow"})
    execution["metadata"] = {"generateName": "run-"}
    manifests, _ = read(execution)
    (name,) = manifests.executions
    assert name.startswith("run-")
    assert len(name) == 9


def test_all_mistakes_are_found_at_once():
    """Every wrong field of every document is a finding with its place."""
    _, findings = read(
        an_object("Workflow", "one", definition=PASS, typo=1, dialect="XYZ"),
        an_object("Function", "two", runtime="python3"),
    )
    assert [(it.file, it.subject) for it in findings] == [
        ("all.yaml", "Workflow one"),
        ("all.yaml", "Workflow one"),
        ("all.yaml", "Function two"),
    ]
    assert {it.message.split(":")[0] for it in findings[:2]} == {"spec.typo", "spec.dialect"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param([1], "it is not an object", id="array"),
        pytest.param({"a": 1}, "neither a manifest", id="anything"),
        pytest.param(
            {"apiVersion": "asw.dev/v9", "kind": "Workflow"}, "use asw.dev/v1alpha1", id="version"
        ),
        pytest.param({"kind": "Workflow"}, "use asw.dev/v1alpha1", id="no version"),
        pytest.param(an_object("Workflow", "Not_OK", definition=PASS), "spec.name", id="name"),
        pytest.param({"apiVersion": API, "kind": "Workflow"}, "metadata.name", id="no metadata"),
    ],
)
def test_what_is_no_manifest_says_so(content, words):
    """Documents that nothing can be made of are findings with a remedy."""
    _, findings = read(content)
    assert any(words in finding.sentence for finding in findings)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            {"runtime": "python3", "code": {"inline": {}}},
            "spec.code.inline: this must not be empty",
        ),
        ({"runtime": "image", "image": ""}, "spec.image: this must not be empty"),
        (
            {"runtime": "image", "image": "x" * 2000},
            "spec.image: this must have 1024 characters or",
        ),
        (
            {"runtime": "image", "image": "x", "scratchSize": "big"},
            "spec.scratchSize: this must match",
        ),
        ({"runtime": "image"}, "spec: runtime image needs spec.image"),
    ],
    ids=["no members", "empty", "long", "pattern", "rule"],
)
def test_a_wrong_field_is_told_in_our_words(spec, sentence):
    """Nobody has to know what a Dictionary is, or who validates it."""
    _, (finding,) = read(an_object("Function", "f", **spec))
    assert finding.message.startswith(sentence)


def test_namesakes_are_found():
    """Two objects of one kind and name would overwrite each other."""
    flow = an_object("Workflow", "flow", definition=PASS)
    _, (finding,) = read(flow, flow)
    assert "another Workflow has this name" in finding.message


def test_namesakes_of_other_namespaces_are_others():
    """A cluster has namespaces, this machine's store has one; bare definitions are in none."""
    flow = an_object("Workflow", "flow", definition=PASS)
    ours, theirs = (
        Document(Path("all.yaml"), {**flow, "metadata": {"name": "flow", "namespace": namespace}})
        for namespace in ("ours", "theirs")
    )
    bare = [Document(Path(name), PASS) for name in ("a/flow.asl.json", "b/flow.asl.json")]
    documents = [ours, theirs, *bare]
    manifests, findings = read_manifests(documents, has_namespaces=True)
    assert findings == []
    assert len(manifests.workflows) + len(manifests.loose) == 4
    _, (again,) = read_manifests([*documents, theirs], has_namespaces=True)
    assert "another Workflow has this name" in again.message
    _, findings = read_manifests(documents)
    assert [finding.code for finding in findings] == 3 * ["DuplicateObject"]


def test_an_unknown_field_comes_with_the_nearest_one():
    """A typo of a manifest is told with what was meant, wherever in it the typo is."""
    flow = an_object("Workflow", definition=PASS, retention={"suceeded": {"ttlSeconds": 5}})
    _, (finding,) = read(flow)
    assert (finding.code, finding.pointer) == ("UnknownField", "/spec/retention/suceeded")
    assert "did you mean succeeded?" in finding.sentence


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"type": "Express"}, "spec.type: this must be Standard"),
        ({"dialect": "asl"}, "one of ASL, TCSL: did you mean ASL?"),
        ({"maxActiveTasks": 0}, "spec.maxActiveTasks: this must be 1 or more"),
        ({"maxActiveTasks": "3"}, "spec.maxActiveTasks: this must be a whole number"),
        ({"concurrency": {"limit": True}}, "spec.concurrency.limit: this must be a whole number"),
        ({"retention": {"jobSeconds": 400_000_000}}, "jobSeconds: this must be 315360000 or less"),
        ({"retention": {"failed": {"ttlSeconds": "60"}}}, "ttlSeconds: this must be a whole"),
    ],
)
def test_wrong_values_are_told_in_our_words(spec, sentence):
    """What an API server would refuse is refused, numbers in quotes too, in plain words."""
    _, (finding,) = read(an_object("Workflow", definition=PASS, **spec))
    assert finding.code == "InvalidField"
    assert sentence in finding.sentence


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"warm": {"idle": 60}}, "spec.warm.idle: no such field: did you mean idleSeconds?"),
        ({"podTemplate": {"spec": {"containers": [{"name": "tsk"}]}}}, "name: this must be task"),
        ({"code": {"inline": {"/a.py": ""}}}, f"spec.code.inline./a.py: {FILE_NAMES}"),
        ({"code": {"configMapRef": {"name": "My_Code"}}}, f"configMapRef.name: {OBJECT_NAMES}"),
    ],
)
def test_slips_in_functions_are_told_in_our_words(spec, sentence):
    """The beginning of a name is enough to be understood; nobody has to read a pattern."""
    given = {"runtime": "python3", "mode": "Warm", "code": {"inline": {"index.py": ""}}, **spec}
    _, (finding,) = read(an_object("Function", **given))
    assert finding.sentence.removesuffix(" (Function x)").endswith(sentence)


def test_a_wrong_name_is_told_with_a_wrong_spec():
    """All that is wrong is told at once."""
    _, findings = read(an_object("Function", "Greet_me", runtime="image"))
    assert sorted(finding.code for finding in findings) == ["InvalidField", "InvalidObjectName"]


@pytest.mark.parametrize(
    ("content", "remedy"),
    [({"startAt": "A", "Comment": ""}, "write startAt as StartAt"), ({"Kind": 1}, "write Kind as")],
)
def test_a_slip_in_what_tells_a_document_is_named(content, remedy):
    """What the author wrote is told with how it is spelt."""
    _, (finding,) = read(content)
    assert finding.code == "NoManifest"
    assert remedy in finding.sentence


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine"}}}, id="cdk"),
        pytest.param(
            {"stateMachineArn": "arn:x", "status": "A", "definition": "{}"}, id="described"
        ),
        pytest.param({"component": "asw", "inputs": {"definition": PASS}}, id="serverless"),
        pytest.param({"Response": {"FlowServiceName": "x", "Definition": "{}"}}, id="tencent"),
    ],
)
def test_an_export_is_sent_to_the_verb_that_reads_it(content):
    """A template or a described state machine is no slip of a definition: asw import takes it."""
    _, (finding,) = read(content)
    assert finding.code == "NoManifest"
    assert "asw import" in finding.remedy


def test_a_definition_without_a_start_is_a_definition():
    """Its States tell, so that the check of definitions can say what it lacks."""
    manifests, findings = read({"States": PASS["States"]})
    assert findings == []
    assert [placed.object.spec.definition for placed in manifests.workflows.values()] == [
        {"States": PASS["States"]}
    ]


def test_a_test_file_is_sent_to_the_verb_that_runs_it():
    """Who runs or validates one by its name learns what does."""
    _, (finding,) = read({"apiVersion": API, "kind": "WorkflowTest"}, name="x.test.yaml")
    assert (finding.code, finding.pointer) == ("NoManifest", "/kind")
    assert finding.sentence.startswith("NoManifest: a test file: no cluster knows it: run it with")
    assert "asw test" in finding.remedy


def found_in_folder(*contents):
    """What documents of a folder describe that the user named."""
    documents = (Document(Path("x.yaml"), content, is_named=False) for content in contents)
    return read_manifests(documents)


def test_other_files_of_a_folder_are_left_alone():
    """Inputs and other data beside manifests are no mistakes, those that were meant as ones are."""
    _, findings = found_in_folder({"name": "Ada"}, [1, 2], "text")
    assert findings == []
    _, findings = found_in_folder({"apiVersion": API, "spec": {}}, {"States": []})
    assert [finding.code for finding in findings] == ["NoManifest", "NoManifest"]


def test_a_bare_definition_beside_manifests_is_only_looked_at():
    """A folder's manifests say what runs; alone, or named, a definition is a Workflow."""
    flow = an_object("Workflow", "x", definition=PASS)
    manifests, findings = found_in_folder(PASS, flow)
    assert (findings, list(manifests.workflows), len(manifests.loose)) == ([], ["x"], 1)
    manifests, findings = found_in_folder(PASS)
    assert (findings, list(manifests.workflows), manifests.loose) == ([], ["x"], [])


def test_a_bare_definition_is_of_the_dialect_that_was_named():
    """Nothing in a bare definition says whether it is ASL or TCSL."""
    manifests, _ = read_manifests([Document(Path("x.json"), PASS)], "TCSL")
    assert manifests.workflows["x"].object.spec.dialect == "TCSL"


def test_a_definition_is_checked_in_a_manifest_with_mistakes():
    """All that is wrong is told at once, not one layer after the other."""
    manifests, findings = read(an_object("Workflow", "x", definition={"StartAt": "A"}, typo=1))
    assert [finding.code for finding in findings] == ["UnknownField"]
    assert [placed.object.spec.definition for placed in manifests.loose] == [{"StartAt": "A"}]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"definition": [], "dialect": "ASL"}, "spec.definition: this must be an object"),
        ({"definition": PASS, "name": 5}, "metadata.name: this must be a string"),
        ({"definition": PASS, "maxActiveTasks": "many"}, "spec.maxActiveTasks"),
        ({"definition": PASS, "taskTemplate": {"tolerations": 1}}, "this must be a list"),
    ],
)
def test_wrong_types_are_told_in_words_of_yaml(spec, words):
    """Nobody who writes manifests needs to know what a tuple or an instance is."""
    _, findings = read(an_object("Workflow", **spec))
    assert any(words in finding.message for finding in findings)


@pytest.mark.parametrize("data", ["text", [1], {"k": 5}])
def test_data_of_a_config_map_is_texts(data):
    """What Kubernetes would refuse is told before inputs are looked up in it."""
    wrong = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": data}
    manifests, (finding,) = read(wrong)
    assert (finding.code, finding.pointer) == ("InvalidField", "/data")
    assert manifests.config_maps == {}


@pytest.mark.parametrize(
    ("wrong", "pointer", "remedy"),
    [
        ({"speck": {}}, "/speck", "did you mean spec?"),
        ({"metadata": {"name": "x", "lables": {}}}, "/metadata/lables", "did you mean labels?"),
        ({"metadata": {"name": "x", "zzz": 1}}, "/metadata/zzz", "available: annotations, "),
    ],
)
def test_a_field_outside_of_spec_that_there_is_not_is_told(wrong, pointer, remedy):
    """As one in spec is: kubectl would refuse it too."""
    _, findings = read({**an_object("Workflow", definition=PASS), **wrong})
    assert [(it.code, it.pointer) for it in findings] == [("UnknownField", pointer)]
    assert remedy in findings[0].remedy


def test_a_misspelt_field_is_not_missing_as_well():
    """One slip, one finding, with the name that was meant."""
    slip = an_object("Workflow", definition=PASS)
    slip["spce"] = slip.pop("spec")
    _, findings = read(slip)
    assert [(it.code, it.remedy) for it in findings] == [("UnknownField", "did you mean spec?")]


def test_all_fields_that_kubernetes_writes_are_known():
    """What kubectl get prints can be validated."""
    written = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
    whole = an_object("Workflow", definition=PASS)
    whole["metadata"] |= dict.fromkeys(written[2:4], "1")
    whole["metadata"] |= {"finalizers": [], "ownerReferences": [], "generation": 1}
    whole["status"] = {}
    assert read(whole)[1] == []
