"""Code in folders on a real cluster: ``asw apply`` packs it, pods run it, and nothing is left."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from asw.api.names import LABEL_CODE_OF
from asw.cli.main import main
from tests.support.space import Space, one_task, workflow
from tests.support.typed import without_patience

pytestmark = pytest.mark.cluster

MANIFEST = """
apiVersion: asw.dev/v1alpha1
kind: Function
metadata: {name: f}
spec: {runtime: python3, code: {path: functions/f}}
---
apiVersion: asw.dev/v1alpha1
kind: Workflow
metadata: {name: w}
spec:
  definition: {StartAt: A, States: {A: {Type: Task, Resource: "asw:function:f", End: true}}}
"""
INDEX = """
from lib.large import VALUE
from lib.deep.other import NAME

def main_handler(event, context):
    return [VALUE, NAME, event]
"""
FILLER = "# " + "x" * 97 + "\n"


def write(folder: Path, value: int, lines: int = 7000) -> None:
    """The manifest, and code of one size or another that returns the value."""
    files = {
        "f.yaml": MANIFEST,
        "functions/f/index.py": INDEX,
        "functions/f/lib/large.py": f"VALUE = {value}\n" + FILLER * lines,
        "functions/f/lib/deep/other.py": "NAME = 'other'\n" + FILLER * lines,
        "functions/f/tests/test_index.py": "assert False, 'not for the cluster'\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def apply(space: Space, folder: Path) -> list[str]:
    """The lines that asw apply prints."""
    words = ["apply", str(folder), "-n", space.namespace]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert (done.exit_code, without_patience(done.stderr)) == (0, "")
    return done.stdout.splitlines()


def packed(space: Space) -> set[str]:
    """The ConfigMaps that asw apply made for the Function."""
    found = space.all("configmaps", "-l", f"{LABEL_CODE_OF}=f")
    return {it["metadata"]["name"] for it in found}


def test_code_in_two_config_maps_and_subfolders_runs_in_a_pod(space: Space, tmp_path: Path) -> None:
    """1.4 MB: more than one ConfigMap takes. What nothing uses any more goes, but not at once."""
    write(tmp_path, 1)
    told = apply(space, tmp_path)
    assert [line.rpartition(" ")[2] for line in told] == ["created"] * 4
    first = packed(space)
    assert len(first) == 2
    space.kubectl("wait", "function/f", "--for=condition=Ready", "--timeout=300s")
    assert space.run("w-1", "w", 5)["output"] == [1, "other", 5]

    assert {line.rpartition(" ")[2] for line in apply(space, tmp_path)} == {"unchanged"}
    write(tmp_path, 2)
    assert "function.asw.dev/f configured" in apply(space, tmp_path)
    assert first < packed(space), "a task may be about to start with the code of a moment ago"
    space.kubectl("wait", "function/f", "--for=condition=Ready", "--timeout=300s")
    assert space.run("w-2", "w", 5)["output"] == [2, "other", 5]

    foreign = {"metadata": {"name": "f-code-0", "labels": {LABEL_CODE_OF: "f"}}}
    space.apply({"apiVersion": "v1", "kind": "ConfigMap", **foreign})
    write(tmp_path, 3)
    deleted = [line for line in apply(space, tmp_path) if line.endswith(" deleted")]
    assert len(deleted) == 1
    assert deleted[0].removeprefix("configmap/").removesuffix(" deleted") in first
    assert "f-code-0" in packed(space), "nobody else's object is touched"


def test_packed_code_goes_with_its_function(space: Space, tmp_path: Path) -> None:
    """It belongs to it; code that is small again needs none."""
    write(tmp_path, 1)
    apply(space, tmp_path)
    assert packed(space)
    space.kubectl("delete", "function/f")
    space.until("the packed code is gone", lambda: not packed(space))
    write(tmp_path, 2, lines=1)
    apply(space, tmp_path)
    assert not packed(space)
    assert space.run("w-1", "w", 5)["output"] == [2, "other", 5]


def test_a_config_map_that_is_missing_is_named(space: Space, tmp_path: Path) -> None:
    """By the Function's condition, also while it has run before."""
    write(tmp_path, 1)
    apply(space, tmp_path)
    space.kubectl("wait", "function/f", "--for=condition=Ready", "--timeout=300s")
    name = min(packed(space))
    space.kubectl("delete", f"configmap/{name}")
    space.kubectl("wait", "function/f", "--for=condition=Ready=False", "--timeout=300s")
    ready = next(
        it for it in space.get("function", "f")["status"]["conditions"] if it["type"] == "Ready"
    )
    assert ready["reason"] == "ConfigMapNotFound"
    assert name in ready["message"]


def test_kubectl_is_told_who_reads_the_folder(space: Space, tmp_path: Path) -> None:
    """The API server refuses the field, with the command that packs it."""
    write(tmp_path, 1)
    said = space.kubectl("apply", f"--filename={tmp_path / 'f.yaml'}", check=False)
    assert "code.path is a folder that only asw itself reads: use asw apply" in said


def test_nothing_is_applied_if_the_cluster_refuses_something(space: Space, tmp_path: Path) -> None:
    """All is rehearsed first."""
    write(tmp_path, 1)
    bad = workflow("bad", one_task("f"))
    bad["metadata"]["labels"] = {"a b": "no label of Kubernetes"}
    (tmp_path / "z.json").write_text(json.dumps(bad))
    words = ["apply", str(tmp_path), "-n", space.namespace]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 1
    assert "workflow.asw.dev/bad" in done.stderr
    assert not space.all("functions")
