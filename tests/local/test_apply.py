"""What was mended is used by the verbs that run it again: ``asw apply --local``."""

import json

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from asw.platforms.local.executions import ExecutionTable
from tests.support.playground import write_playground

BAD = {"Type": "Pass", "Parameters": {"x.$": "$.nowhere"}, "End": True}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The template hello, of which nothing has run; the working directory."""
    monkeypatch.chdir(write_playground(tmp_path))
    return tmp_path


@pytest.fixture
def asw(folder):
    """The command in that folder."""
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


def mend(folder):
    """The function bears an input without a name from now on."""
    path = folder / "functions.yaml"
    path.write_text(path.read_text().replace('event["name"]', 'event.get("name", "nobody")'))


def test_what_why_advises_after_a_fault_of_a_function_works(asw, folder):
    """The command that it names, typed once the code is mended, ends the execution well."""
    assert asw("run", ".", "-q", "--input", "{}").exit_code == 1
    told = json.loads(asw("why", "hello-1", "--local", "-o", "json").stdout)
    commands = [it["command"] for it in told["advice"] if "redrive" in it.get("command", "")]
    assert commands[0] == "asw apply PATH --local && asw redrive hello-1 --local"
    mend(folder)
    for command in commands[0].replace("PATH", ".").split(" && "):
        done = asw(*command.split()[1:])
        assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == {"greeting": "Hello, nobody!"}


@pytest.mark.parametrize("verb", ["rerun hello-1", "start hello --input {}"])
def test_what_is_started_later_runs_what_was_applied(asw, folder, verb):
    """Not the copy of the code that the last run stored."""
    asw("run", ".", "-q", "--input", "{}")
    mend(folder)
    asw("apply", ".", "--local")
    assert asw(*verb.split(), "--local", "-q").exit_code == 0


def test_each_object_is_told_as_kubectl_tells_it(asw, folder):
    """Created, configured, unchanged; a bare definition is the Workflow of its file's name."""
    functions = ("apply", "functions.yaml", "--local")
    assert asw(*functions).stdout == "function.asw.dev/greet created\n"
    assert asw(*functions).stdout == "function.asw.dev/greet unchanged\n"
    mend(folder)
    assert asw(*functions).stdout == "function.asw.dev/greet configured\n"
    bare = ("apply", "hello.asl.json", "--local")
    assert asw(*bare).stdout == "workflow.asw.dev/hello created\n"
    assert asw(*bare).stdout == "workflow.asw.dev/hello unchanged\n"
    assert asw("apply", "workflow.yaml", "--local").stdout == "workflow.asw.dev/hello configured\n"


def test_what_is_applied_needs_no_run_before(asw, folder):
    """A Workflow starts from the store alone, and finds the buckets beside its file."""
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "shop", "Key": "orders.json"},
    }
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    }
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True}
    there = folder / "there"
    (there / "objects" / "shop").mkdir(parents=True)
    (there / "objects" / "shop" / "orders.json").write_text("[1, 2]")
    (there / "read.json").write_text(json.dumps({"StartAt": "M", "States": {"M": state}}))
    assert asw("apply", "there", "--local").exit_code == 0
    done = asw("start", "read", "--local", "-q")
    assert (done.exit_code, done.stdout) == (0, "[1,2]\n")


def test_nothing_is_applied_where_something_is_wrong(asw, folder):
    """All is checked before anything is put."""
    (folder / "bad.json").write_text(json.dumps({"StartAt": "A", "States": {}}))
    wrong = asw("apply", "functions.yaml", "bad.json", "--local")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert asw("list", "--local").exit_code == 2
    values = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "v"}, "data": {}}
    (folder / "values.json").write_text(json.dumps(values))
    assert "nothing to apply" in asw("apply", "values.json", "--local").stderr


def test_executions_in_the_files_are_not_started(asw, folder):
    """It is said who does that."""
    api = {"apiVersion": "asw.dev/v1alpha1", "kind": "Execution"}
    run = {**api, "metadata": {"name": "x"}, "spec": {"workflowRef": {"name": "hello"}}}
    (folder / "x.json").write_text(json.dumps(run))
    done = asw("apply", "x.json", "workflow.yaml", "functions.yaml", "--local")
    assert (done.exit_code, "asw run does that" in done.stderr) == (0, True)
    assert "x " not in asw("list", "--local").stdout


@pytest.mark.parametrize("given", [(), ("--plan",)], ids=["redrive", "plan"])
def test_a_redrive_does_not_advise_what_it_was_given(asw, folder, given):
    """Where the Workflow has no other definition yet, it says how it gets one."""
    path = folder / "path.json"
    path.write_text(json.dumps({"StartAt": "P", "States": {"P": BAD}}))
    asw("run", "path.json", "-q")
    way = "asw apply PATH --local && asw redrive path-1 --revision current --local"
    for revision in ((), ("--revision", "current")):
        done = asw("redrive", "path-1", *revision, "--local", *given)
        assert way in done.output
        assert "as it is now" not in done.output
    path.write_text(json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}))
    asw("apply", "path.json", "--local")
    assert (
        "--revision current uses the definition"
        in asw("redrive", "path-1", "--local", *given).output
    )
    done = asw("redrive", "path-1", "--revision", "current", "--local", *given)
    assert (done.exit_code, "fails again" in done.output) == (0, False)


def test_two_runs_that_take_names_at_the_same_time_both_run(asw, folder, monkeypatch):
    """Whoever comes second has the next number: a name that is gone is no fault of asw."""
    asw("run", ".", "-q")
    known = ExecutionTable.names
    seen = iter([set()])  # as it was before the other one had its name
    monkeypatch.setattr(ExecutionTable, "names", lambda table: next(seen, None) or known(table))
    done = asw("run", ".", "-q")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "hello-2" in asw("list", "--local").stdout
