"""``asw plan --local``, as a user types it."""

import json

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from tests.support.playground import make_playground, run_asw
from tests.support.terminal import CTRL_C, asw_in_terminal


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A playground in which hello ran."""
    return make_playground(tmp_path_factory.mktemp("plan"))


@pytest.fixture
def asw(folder, monkeypatch):
    """The command in that folder."""
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


FILES = ("workflow.yaml", "functions.yaml")


def edited(folder, tmp_path, old, new):
    """The manifests with one text put for another."""
    for name in FILES:
        text = (folder / name).read_text()
        (tmp_path / name).write_text(text.replace(old, new))
    return str(tmp_path)


def test_what_was_run_does_not_differ(asw):
    """Nothing of a manifest that one machine has no use for shows as a difference."""
    done = asw("plan", *FILES, "--local")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "no difference between the files and default (compared: 2)\n"


def test_a_state_that_was_renamed_is_one_line(asw, folder, tmp_path):
    """Differences are exit code 2, as terraform has it."""
    done = asw("plan", edited(folder, tmp_path, "Done", "完成"), "--local", "--data", ".asw")
    assert done.exit_code == 2
    assert done.stdout == (
        "~ Workflow hello\n"
        "    ~ state 完成 (Succeed), previously Done\n"
        "\n"
        "0 to create, 1 to change, 1 as they are, in default\n"
    )


def test_programs_get_json(asw, folder, tmp_path):
    """One line, with every difference."""
    place = edited(folder, tmp_path, "MaxAttempts: 3", "MaxAttempts: 5")
    done = asw("plan", place, "--data", ".asw", "-o", "json")
    (_, workflow) = json.loads(done.stdout)["objects"]
    (state,) = workflow["differences"]
    assert state["parts"] == [
        {"change": "changed", "field": "Retry[0].MaxAttempts", "before": 3, "after": 5}
    ]


def test_code_is_told_in_lines(asw, folder, tmp_path):
    """A function's code by its file."""
    place = edited(folder, tmp_path, 'return {"greeting"', 'x = 1\n          return {"greeting"')
    done = asw("plan", place, "--local")
    assert done.exit_code == 2
    assert "    ~ code of index.py: " in done.stdout


def test_a_function_that_nobody_has_is_named(asw, folder, tmp_path):
    """The Workflow would fail at run time."""
    done = asw(
        "plan", edited(folder, tmp_path, "asw:function:greet", "asw:function:gone"), "--local"
    )
    assert "warning: no Function gone, which Workflow hello calls" in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("StartAt: A\nStates: {}\n", "error: "),
        ("a: [", "flow.yaml:1:4: error: InvalidYaml"),
        ("kind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\n", "nothing to compare"),
    ],
)
def test_what_is_wrong_with_files_is_no_difference(asw, tmp_path, text, says):
    """Exit code 1: nothing was compared."""
    (tmp_path / "flow.yaml").write_text(text)
    done = asw("plan", str(tmp_path / "flow.yaml"), "--local")
    assert done.exit_code == 1
    assert says in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("name", "maker"),
    [("kustomization.yaml", "kubectl kustomize"), ("Chart.yaml", "helm template")],
)
def test_who_makes_manifests_is_named(asw, tmp_path, name, maker):
    """A folder of kustomize or a chart has none itself; what is made goes through a pipe."""
    (tmp_path / name).write_text(
        "apiVersion: v2\nname: c\n" if "helm" in maker else "resources: []\n"
    )
    done = asw("plan", str(tmp_path), "--local")
    assert done.exit_code == 1
    assert f"{maker} {tmp_path} | asw plan -" in done.stderr


def test_runs_in_flight_that_call_a_function_are_named(tmp_path):
    """A Function has no revisions: what they call next is the new one."""
    folder = make_playground(tmp_path)
    text = (folder / "workflow.yaml").read_text()
    pausing = text.replace("StartAt: Greet", "StartAt: Pause").replace(
        "    States:\n",
        "    States:\n      Pause: {Type: Wait, Seconds: 3600, Next: Greet}\n",
    )
    (folder / "workflow.yaml").write_text(pausing)
    with asw_in_terminal("run", *FILES, "--name", "slow", folder=folder) as terminal:
        terminal.wait_for("Pause")
        terminal.send(CTRL_C)
        assert terminal.wait() == 130
    functions = folder / "functions.yaml"
    text = functions.read_text()
    functions.write_text(text.replace("Hello", "Good day"))
    done = run_asw(folder, "plan", *FILES, "--local")
    assert done.returncode == 2
    assert "      in flight: 1, whose next calls run the new one: slow\n" in done.stdout
    plain = json.loads(run_asw(folder, "plan", *FILES, "--local", "-o", "json").stdout)
    assert plain["objects"][0]["calledInFlightBy"] == ["slow"]


def test_wrong_arguments_are_no_difference(asw):
    """Scripts that go by the exit code must not take a typo for a change."""
    done = asw("plan", *FILES, "--lokal")
    assert done.exit_code == 1
    assert "did you mean --local?" in done.stderr


@pytest.mark.parametrize(
    ("namespaces", "given", "says"),
    [
        (("shop", "shop"), ("-n", "bank"), "the files are for namespace shop, not bank"),
        (
            ("shop", "bank"),
            (),
            "the objects in the files are not all for one namespace: bank, shop",
        ),
        (("shop", None), (), "the objects in the files are not all for one namespace: shop"),
    ],
)
def test_files_of_another_namespace_are_refused(asw, folder, tmp_path, *, namespaces, given, says):
    """As kubectl does: nothing is compared with what is elsewhere."""
    for name, namespace in zip(FILES, namespaces, strict=True):
        text = (folder / name).read_text()
        added = f"metadata:\n  namespace: {namespace}\n" if namespace else "metadata:\n"
        (tmp_path / name).write_text(text.replace("metadata:\n", added, 1))
    done = asw("plan", str(tmp_path), *given)
    assert done.exit_code == 1
    assert says in done.stderr


def test_a_folder_without_a_store_is_said(asw, tmp_path):
    """There is nothing to compare with; the remedy names what makes a store."""
    done = asw("plan", *FILES, "--data", str(tmp_path))
    assert done.exit_code == 1
    assert "has no executions" in done.stderr
