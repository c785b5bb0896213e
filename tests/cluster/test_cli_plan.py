"""``asw plan`` on a real cluster: what API servers make of manifests is no difference."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from tests.support.space import Space, execution, workflow
from tests.support.typed import without_patience

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
MANIFESTS = """
apiVersion: asw.dev/v1alpha1
kind: Workflow
metadata: {name: tricky, labels: {team: a}, annotations: {note: "x"}}
spec:
  name: 订单_Flow
  type: Standard
  dialect: ASL
  defaultInput: null
  nulls:
    - /defaultInput
    - /definition/States/Fan/ResultPath
    - /definition/States/Fan/Branches/1/States/P/Result/a
    - /definition/States/Fan/Catch/0/ResultPath
  maxActiveTasks: 5
  concurrency: {policy: Forbid}
  retention: {succeeded: {ttlSeconds: 60}, jobSeconds: 120}
  taskTemplate:
    resources: {limits: {cpu: 1, memory: 64Mi}}
    tolerations: [{key: a, operator: Exists}]
  definition:
    Comment: ""
    StartAt: Fan
    TimeoutSeconds: 600
    States:
      Fan:
        Type: Parallel
        ResultPath: null
        Branches:
          - StartAt: W
            States: {W: {Type: Wait, Seconds: 300, End: true}}
          - StartAt: P
            States:
              P:
                Type: Pass
                Result: {a: null, b: 1.0, c: [], d: {}}
                Parameters: {"x.$": "$$.Execution.Id"}
                End: true
        Catch:
          - {ErrorEquals: [States.ALL], Next: Bad, ResultPath: null}
        Next: C
      C:
        Type: Choice
        Choices:
          - And:
              - {Variable: $.a, IsPresent: true}
              - Not: {Variable: $.a, NumericGreaterThanPath: $.b}
            Next: T
        Default: Bad
      T:
        Type: Task
        Resource: arn:aws:states:::lambda:invoke
        Parameters: {FunctionName: do_it, "Payload.$": "$"}
        Retry:
          - ErrorEquals: [States.ALL]
            BackoffRate: 1.0
            MaxDelaySeconds: 5
            JitterStrategy: FULL
        End: true
      Bad: {Type: Fail}
---
apiVersion: asw.dev/v1alpha1
kind: Workflow
metadata: {name: texty}
spec:
  dialect: ASL
  definitionText: |
    {"StartAt": "A", "QueryLanguage": "JSONata", "States": {
      "A": {"Type": "Pass", "Output": {"x": "{% $states.input.a * 1.0 %}"}, "End": true}}}
---
apiVersion: asw.dev/v1alpha1
kind: Function
metadata: {name: do-it}
spec:
  name: do_it
  runtime: python3
  handler: index.main_handler
  code: {inline: {index.py: "def main_handler(e, c):\\n    return e\\n"}}
  env:
    - {name: EMPTY, value: ""}
    - {name: NONE}
    - {name: S, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}
    - {name: C, valueFrom: {configMapKeyRef: {name: s, key: k}}}
  resources: {limits: {cpu: 1, memory: 128Mi}, requests: {cpu: 500m}}
  scratchSize: 1Gi
  securityContext: {runAsUser: 1000, capabilities: {drop: [ALL]}}
  nodeSelector: {}
  tolerations: []
  imagePullSecrets: [{name: reg}]
---
apiVersion: asw.dev/v1alpha1
kind: Function
metadata: {name: img}
spec:
  runtime: image
  image: busybox
  command: [sh, -c]
  args: ["true"]
  imagePullPolicy: IfNotPresent
  serviceAccountName: default
"""
"""Whatever a cluster could write in another way: defaults, nulls, numbers, the order of keys."""


@pytest.fixture
def folder(space: Space, tmp_path: Path) -> Path:
    """The manifests, applied."""
    (tmp_path / "all.yaml").write_text(MANIFESTS)
    space.kubectl("apply", "--server-side", f"--filename={tmp_path / 'all.yaml'}")
    return tmp_path


def plan(space: Space, *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    words = ["plan", *map(str, arguments), "-n", space.namespace]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    return done.exit_code, done.stdout, without_patience(done.stderr)


def edited(folder: Path, *changes: tuple[str, str]) -> Path:
    """Another file with new texts in the places of old ones."""
    text = MANIFESTS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "edited.yaml").write_text(text)
    return folder / "edited.yaml"


def test_what_was_applied_does_not_differ(space: Space, folder: Path) -> None:
    """Neither once nor twice, by the server or by kubectl, nor the project's examples."""
    file = folder / "all.yaml"
    said = f"no difference between the files and {space.namespace} (compared: 4)\n"
    assert plan(space, file) == (0, said, "")
    space.kubectl("apply", "--server-side", "--force-conflicts", f"--filename={file}")
    assert plan(space, file) == (0, said, "")
    for example in sorted((ROOT / "examples").iterdir()):
        if (example / "functions").is_dir():
            words = ["apply", str(example), "-n", space.namespace]
            assert CliRunner().invoke(main, words, catch_exceptions=False).exit_code == 0
        else:
            space.kubectl("apply", f"--filename={example}")
        code, out, err = plan(space, example)
        assert (code, err) == (0, ""), out


def test_nulls_count_as_applied_and_lost_ones_are_told(space: Space, tmp_path: Path) -> None:
    """An annotation has what kubectl leaves out; without it a null is lost, and told."""
    state = {"Type": "Pass", "ResultPath": None, "End": True}
    made = workflow("nulls", {"StartAt": "A", "States": {"A": state}})
    (tmp_path / "nulls.yaml").write_text(json.dumps(made))
    space.kubectl("apply", f"--filename={tmp_path / 'nulls.yaml'}")
    assert plan(space, tmp_path / "nulls.yaml")[0] == 0
    annotation = "kubectl.kubernetes.io/last-applied-configuration"
    space.kubectl("annotate", "workflow", "nulls", f"{annotation}-")
    code, out, err = plan(space, tmp_path / "nulls.yaml")
    assert code == 2
    assert "NullsAtRisk" in err
    assert "        ~ ResultPath: $ → null\n" in out
    assert "a merge patch, as Helm sends it, cannot add any; write spec.definitionText" in out
    space.kubectl("apply", "--server-side", "--force-conflicts", f"--filename={tmp_path}")
    assert plan(space, tmp_path / "nulls.yaml")[0] == 0


def test_changes_are_told_with_the_runs_that_they_concern(space: Space, folder: Path) -> None:
    """A renamed state keeps a run from moving that is in it; the run keeps its revision.

    Functions have none: the run's next call is of the new one.
    """
    space.apply(execution("run-1", "tricky", {"a": 1}))
    space.until("W", lambda: "W" in (space.get("execution", "run-1")["status"].get("states") or ""))
    file = edited(
        folder,
        ("StartAt: W\n", "StartAt: Pause\n"),
        ("{W: {Type", "{Pause: {Type"),
        ("BackoffRate: 1.0", "BackoffRate: 2.5"),
        ("image: busybox", "image: busybox:2"),
        ("return e", "return [e]"),
    )
    misfit = "it has no state 'W', which the run is in"
    code, out, err = plan(space, file)
    revision = space.get("execution", "run-1")["status"]["revision"]
    assert (code, err) == (2, "")
    assert out.splitlines()[:11] == [
        "~ Function do-it",
        "    ~ code of index.py: 1 lines added, 1 removed",
        "      in flight: 1, whose next calls run the new one: run-1",
        "~ Function img",
        "    ~ spec.image: busybox → busybox:2",
        "~ Workflow tricky",
        "    ~ state Pause (Wait), previously W",
        "    ~ state T (Task)",
        "        ~ Retry[0].BackoffRate: 1 → 2.5",
        "      in flight: 1",
        f"          run-1 (Running, W): keeps its revision and cannot move: {misfit}",
    ]
    code, out, _ = plan(space, file, "-o", "json")
    (flight,) = json.loads(out)["objects"][2]["inFlight"]
    assert (code, flight["keepsRevision"], flight["couldMove"]) == (2, revision, False)
    space.kubectl("apply", "--server-side", f"--filename={file}")
    assert plan(space, file)[0] == 0


def test_a_run_that_could_move_is_told_so(space: Space, folder: Path) -> None:
    """All states that it is in are there, in their places."""
    space.apply(execution("run-1", "tricky", {"a": 1}))
    space.until("W", lambda: "W" in (space.get("execution", "run-1")["status"].get("states") or ""))
    file = edited(folder, ("BackoffRate: 1.0", "BackoffRate: 2.5"))
    code, out, _ = plan(space, file)
    assert code == 2
    assert "asw redrive run-1 --revision current moves it" in out


def test_an_execution_that_ran_on_something_else_is_refused(space: Space, folder: Path) -> None:
    """Applying would fail, which is exit code 1."""
    space.apply(execution("run-1", "tricky", {"a": 1}))
    (folder / "run.yaml").write_text(json.dumps(execution("run-1", "tricky", {"a": 2})))
    code, out, _ = plan(space, folder / "run.yaml")
    assert code == 1
    assert "would be refused: what an Execution runs never changes" in out
    (folder / "run.yaml").write_text(json.dumps(execution("run-2", "tricky", {"a": 2})))
    code, out, _ = plan(space, folder / "run.yaml")
    assert code == 2
    assert "+ Execution run-2\n      starts a run of Workflow tricky\n" in out


def test_what_admission_would_refuse_is_told(space: Space, folder: Path) -> None:
    """A public name cannot change: the API server says so in a dry run, and keeps the old one."""
    code, out, _ = plan(space, edited(folder, ("name: 订单_Flow", "name: Other")))
    assert code == 1
    assert "    ~ spec.name: 订单_Flow → Other\n" in out
    assert "would be refused: " in out
    assert "spec.name is immutable" in out
    assert space.get("workflow", "tricky")["spec"]["name"] == "订单_Flow"


def test_code_in_a_config_map_is_compared(space: Space, tmp_path: Path) -> None:
    """By its lines, as code in the Function itself is."""
    kept = {"runtime": "python3", "code": {"configMapRef": {"name": "code"}}}
    made = {"apiVersion": "asw.dev/v1alpha1", "kind": "Function", "metadata": {"name": "f"}}
    data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "code"}}
    lines = "a = 1\n"
    space.apply({**made, "spec": kept}, {**data, "data": {"index.py": lines}})
    (tmp_path / "f.json").write_text(json.dumps({**made, "spec": kept}))
    assert plan(space, tmp_path / "f.json")[0] == 0
    changed = {**data, "data": {"index.py": lines + "b = 2\n"}}
    (tmp_path / "code.json").write_text(json.dumps(changed))
    code, out, _ = plan(space, tmp_path)
    assert code == 2
    assert "    ~ code of index.py: 1 lines added, 0 removed\n" in out


def test_the_namespace_of_the_files_is_meant(space: Space, tmp_path: Path) -> None:
    """Without -n, as kubectl applies them."""
    made = workflow("w", {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    made["metadata"]["namespace"] = space.namespace
    (tmp_path / "w.json").write_text(json.dumps(made))
    space.kubectl("apply", f"--filename={tmp_path}")
    done = CliRunner().invoke(main, ["plan", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert f"files and {space.namespace} (compared: 1)" in done.stdout


def test_a_namespace_that_does_not_exist_is_said(space: Space, tmp_path: Path) -> None:
    """A name with a slip must not look like one where everything is to be created."""
    made = workflow("w", {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    (tmp_path / "w.json").write_text(json.dumps(made))
    code, out, _ = plan(space, tmp_path)
    assert code == 2
    assert f"1 to create, 0 to change, 0 as they are, in {space.namespace}\n" in out
    words = ["plan", str(tmp_path), "-n", f"{space.namespace}-x"]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert (done.exit_code, done.stdout) == (3, "")
    assert f"no namespace '{space.namespace}-x'" in done.stderr
