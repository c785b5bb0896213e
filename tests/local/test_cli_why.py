"""``asw why``, ``asw export`` and ``asw replay`` of real local executions, as a user types them."""

import gzip
import json
import os
import subprocess
import sys
import threading

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main
from asw.exits import BAD_INPUT, NOT_FOUND, NOT_SUCCEEDED

API = {"apiVersion": "asw.dev/v1alpha1"}
PAY = """
def main_handler(event, context):
    print("paying for", event["id"])
    if event["id"] == 2:
        raise ConnectionError("the bank does not answer")
    return {"paid": event["id"]}
"""
EACH = {
    "StartAt": "Pay",
    "States": {
        "Pay": {
            "Type": "Task",
            "Resource": "asw:function:pay",
            "Retry": [
                {"ErrorEquals": ["ConectionError"], "MaxAttempts": 2},
                {"ErrorEquals": ["ConnectionError"], "IntervalSeconds": 1, "MaxAttempts": 1},
            ],
            "End": True,
        }
    },
}


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in a folder of its own, where the execution ``run-1`` failed."""
    monkeypatch.chdir(tmp_path)

    def typed(*arguments):
        return CliRunner().invoke(main, arguments, catch_exceptions=False)

    return typed


def run(asw, tmp_path, definition, value, name="run-1"):
    """Run the definition here under this name."""
    objects = [
        {
            **API,
            "kind": "Function",
            "metadata": {"name": "pay"},
            "spec": {"runtime": "python3", "code": {"inline": {"index.py": PAY}}},
        },
        {**API, "kind": "Workflow", "metadata": {"name": "shop"}, "spec": definition},
    ]
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(objects))
    return asw("run", "all.yaml", "-q", "--name", name, "--input", json.dumps(value))


@pytest.fixture
def failed(asw, tmp_path):
    """``run-1``: one of three items cannot be paid for, after a retry."""
    states = {"All": {"Type": "Map", "ItemProcessor": EACH, "MaxConcurrency": 1, "End": True}}
    definition = {"definition": {"StartAt": "All", "States": states}}
    result = run(asw, tmp_path, definition, [{"id": 1}, {"id": 2}, {"id": 3}])
    assert result.exit_code == NOT_SUCCEEDED
    return asw


def test_a_failure_is_explained_from_state_to_log(failed):
    """The failing item, its error, both Retriers with the misspelt one, and its last lines."""
    result = failed("why", "run-1", "--local")
    assert result.exit_code == 0
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[1] == "Pay failed: ConnectionError"
    assert "in Map All, item 1" in lines
    assert 'input: {"id":2}' in lines
    assert "cause: the bank does not answer" in lines
    assert sum(line.startswith("try ") for line in lines) == 2
    assert (
        "✗ Retry[0] [ConectionError]: ConnectionError is not among its ErrorEquals: "
        "should ConectionError be ConnectionError?" in lines
    )
    assert (
        "✗ Retry[1] [ConnectionError]: takes it, but its MaxAttempts are used up: 1 of 1" in lines
    )
    assert "| paying for 2" in lines
    assert "asw apply PATH --local && asw redrive run-1 --local" in lines


def test_an_exported_file_tells_the_same_as_the_place_it_is_from(failed):
    """The explanation needs neither store nor cluster; commands in it name the file."""
    result = failed("export", "run-1", "--local", "--logs")
    assert (result.exit_code, result.stdout) == (0, "run-1.asw.gz\n")
    here = json.loads(failed("why", "run-1", "--local", "-o", "json").stdout)
    there = json.loads(failed("why", "run-1.asw.gz", "-o", "json").stdout)
    assert there["advice"][-1]["command"].startswith("asw replay run-1.asw.gz --at ")
    for each in (here, there):
        del each["advice"]
        for failure in each["failures"]:
            for one in failure["tries"]:
                del one["seconds"]  # files have milliseconds
    assert there == here


def test_an_exported_file_is_its_owners_alone(failed, tmp_path):
    """It holds payloads: others do not read it, whatever the umask is."""
    before = os.umask(0)
    try:
        assert failed("export", "run-1", "--local").exit_code == 0
    finally:
        os.umask(before)
    assert (tmp_path / "run-1.asw.gz").stat().st_mode & 0o777 == 0o600


def test_history_and_graph_take_a_file_for_a_name(failed):
    """Verbs that look do not care where an execution is."""
    failed("export", "run-1", "--local")
    history = json.loads(failed("history", "run-1.asw.gz", "-o", "json").stdout)
    assert history["events"][-1]["type"] == "ExecutionFailed"
    assert "Pay" in failed("graph", "run-1.asw.gz").stdout


def test_a_real_run_is_made_anew(failed):
    """The engine makes the recorded history again, timers, retries and all."""
    result = failed("replay", "run-1", "--local", "-o", "json")
    assert result.exit_code == 0
    moment = json.loads(result.stdout)
    assert moment["check"]["proven"] is True
    seen = json.loads(failed("replay", "run-1", "--local", "--state", "Pay", "-o", "json").stdout)
    assert seen["values"]["input"] == {"id": 2}
    assert seen["context"]["Map"] == {"Item": {"Index": 1, "Value": {"id": 2}}}
    assert seen["retries"] == [0, 1]


def test_a_changed_history_is_found_out(failed, tmp_path):
    """The exit code is 1 where a bundle was tampered with."""
    failed("export", "run-1", "--local")
    path = tmp_path / "run-1.asw.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    path.write_bytes(gzip.compress(text.replace("paid", "owed").encode()))
    result = failed("replay", "run-1.asw.gz", "--list")
    assert "LambdaFunctionSucceeded" in result.stdout
    changed = text.replace('"output":"{\\"paid\\":1}"', '"output":"{\\"paid\\":9}"', 1)
    path.write_bytes(gzip.compress(changed.encode()))
    result = failed("replay", "run-1.asw.gz")
    assert result.exit_code == NOT_SUCCEEDED
    assert "and then made a different one:" in result.stdout
    assert "they differ in: output" in result.stdout


def test_what_was_redacted_shows_no_value_and_says_that_it_cannot_be_replayed(failed):
    """The file can be handed on; the explanation still names states, errors and handlers."""
    result = failed("export", "run-1", "--local", "--redact", "--logs", "-o", "safe.asw.gz")
    assert result.exit_code == 0
    why = failed("why", "safe.asw.gz")
    assert "the bank" not in why.stdout
    assert "Pay failed: ConnectionError" in why.stdout
    replay = failed("replay", "safe.asw.gz")
    assert replay.exit_code == 0
    assert "Not replayed: its values were redacted." in replay.stdout


def test_a_distributed_map_is_explained_by_its_first_child_that_failed(asw, tmp_path):
    """What is in the child is told with it, here and from a file."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    states = {
        "All": {"Type": "Map", "ItemProcessor": {**EACH, "ProcessorConfig": config}, "End": True}
    }
    definition = {"definition": {"StartAt": "All", "States": states}}
    run(asw, tmp_path, definition, [{"id": 1}, {"id": 2}])
    asw("export", "run-1", "--local")
    for name in (("run-1", "--local"), ("run-1.asw.gz",)):
        said = asw("why", *name).stdout
        assert "All failed: States.ExceedToleratedFailureThreshold" in said
        assert "Pay failed: ConnectionError" in said
        assert "cause: the bank does not answer" in said
        assert "reproduced all" in asw("replay", *name).stdout


def test_an_express_child_is_explained_with_what_its_task_printed(asw, tmp_path):
    """It has neither object nor history: its parent knows its error, the place its lines."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    each = {**EACH, "ProcessorConfig": config}
    states = {"All": {"Type": "Map", "ItemProcessor": each, "MaxConcurrency": 1, "End": True}}
    definition = {"definition": {"StartAt": "All", "States": states}}
    run(asw, tmp_path, definition, [{"id": 1}, {"id": 1}, {"id": 2}])
    printed = asw("logs", "run-1", "--local").stdout.splitlines()
    assert printed.count("paying for 1") == 2
    assert printed.count("paying for 2") == 2
    assert asw("logs", "run-1", "--local", "--state", "Pay").stdout.splitlines() == printed
    asw("export", "run-1", "--local", "--logs")
    for name in (("run-1", "--local"), ("run-1.asw.gz",)):
        said = [line.strip() for line in asw("why", *name).stdout.splitlines()]
        assert "in child 2: ConnectionError (the bank does not answer)" in said[1]
        assert 'input: {"id":2}' in said
        assert "| paying for 2" in said
        assert "| paying for 1" not in said
        assert "All  Map  3 of 3, 1 failed" in asw("graph", *name).stdout


def test_a_success_is_told_with_what_it_got_over(asw, tmp_path):
    """Nothing failed: what took longest is of interest."""
    definition = {"definition": {"StartAt": "Pay", "States": EACH["States"]}}
    assert run(asw, tmp_path, definition, {"id": 1}).exit_code == 0
    result = asw("why", "run-1", "--local")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].startswith("succeeded in ")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("why", "run-2", "--local"), NOT_FOUND, "no execution 'run-2'"),
        (("why", "./nothing.asw.gz"), NOT_FOUND, "no file ./nothing.asw.gz"),
        (("why", "./all.yaml"), BAD_INPUT, "./all.yaml is not a bundle: it is not gzipped"),
        (
            ("replay", "run-1", "--local", "--at", "900"),
            NOT_FOUND,
            "no event 900: the history has ",
        ),
        (("replay", "run-1", "--local", "--at", "Pya"), NOT_FOUND, "no state 'Pya'"),
        (
            ("export", "run-1", "--local", "--redact-path", "email"),
            BAD_INPUT,
            "cannot redact 'email'",
        ),
        (
            ("export", "run-1", "--local", "-o", "no/such/folder.asw.gz"),
            BAD_INPUT,
            "cannot write no/such/folder.asw.gz: No such file or directory",
        ),
    ],
)
def test_what_is_not_there_is_told_with_a_remedy(failed, arguments, code, message):
    """Names, files, moments, paths: each with its own exit code, and nothing on stdout."""
    result = failed(*arguments)
    assert result.exit_code == code
    assert f"error: {message}" in result.stderr
    assert len(result.stderr.splitlines()) >= 2
    assert result.stdout == ""


def test_chinese_values_and_words(failed, tmp_path, monkeypatch):
    """Everything is said in Chinese, and nothing of it is broken by a pipe in another locale."""
    environment = {**os.environ, "ASW_LANG": "zh", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-m", "asw", "why", "run-1", "--local"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert "Pay 失败" in done.stdout.decode()


def test_a_pipe_is_a_file(asw, tmp_path, failed):
    """What export writes to standard output can be explained without a file in between."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    content = failed("export", "run-1", "--local", "-o", "-").stdout_bytes
    writer = threading.Thread(target=path.write_bytes, args=(content,), daemon=True)
    writer.start()
    result = asw("why", str(path))
    writer.join()
    assert result.exit_code == 0
    assert "Pay failed: ConnectionError" in result.stdout
