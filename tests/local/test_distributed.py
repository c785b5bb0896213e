"""Distributed Maps on one machine, as a user types it, and after a kill."""

import collections
import json
import os
import shutil
import signal
from pathlib import Path

import pytest
import yaml

from tests.local.test_cli_run import a_function, a_task, a_workflow, asw, write
from tests.local.test_kill import MARK, begin, finish, lines, resume, wait_until

EXAMPLE = Path(__file__).parents[2] / "examples" / "02-distributed-map"
INCREMENT = "def main_handler(event, context):\n    return event + 1"
COUNT = 6

__all__ = ["asw"]


def a_map(function="inc", **fields):
    """A distributed Map that calls the function for each item."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Each",
        "States": {"Each": a_task(function)},
    }
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}


def marking_map(tmp_path, **fields):
    """Manifests in a folder: a Map over ``COUNT`` items that write their names, and hold."""
    selector = {"name.$": "$$.Map.Item.Value", "file": str(tmp_path / "marks"), "holds": True}
    state = a_map("mark", ItemSelector=selector, **fields)
    folder = tmp_path / "manifests"
    folder.mkdir()
    objects = [a_function("mark", MARK), a_workflow({"All": state}, "All")]
    (folder / "all.yaml").write_text(yaml.safe_dump_all(objects))
    return folder


def run_and_kill(tmp_path, number):
    """Kill the run once ``number`` children have begun."""
    data, source = tmp_path / "data", marking_map(tmp_path)
    items = json.dumps([f"item-{index}" for index in range(COUNT)])
    with begin("run", source, "--data", data, "--input", items) as process:
        wait_until(lambda: len(lines(tmp_path / "marks")) >= number)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()


def listed(data):
    """Everything in the data folder, the children too."""
    done = finish("list", "--children", "--data", data, "-o", "json")
    return named_phases(done.stdout)


def named_phases(text):
    """Name and phase of each execution that ``asw list -o json`` printed."""
    items = json.loads(text)["items"]
    return [{"name": it["metadata"]["name"], "phase": it["status"]["phase"]} for it in items]


def test_example(asw):
    """The example bills every order of its file, each batch in an execution of its own."""
    result = asw("run", str(EXAMPLE), "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == '{"batches":3,"cents":52275}\n'
    assert "✓ Bill a batch  Task  3 times" in asw("graph", "bills-1", "--local").stdout
    assert result.stdout.strip() in (EXAMPLE / "README.md").read_text()
    assert len(asw("list", "--local", "-o", "name").stdout.splitlines()) == 1
    children = named_phases(asw("list", "--local", "--children", "-o", "json").stdout)
    assert len(children) == 4
    shown = asw("history", children[-1]["name"], "--local")
    assert "Bill a batch" in shown.stdout


def test_results_are_files_beside_the_manifests(asw, tmp_path):
    """A ResultWriter writes into the folder that stands for its bucket."""
    folder = tmp_path / "manifests"
    shutil.copytree(EXAMPLE, folder)
    flow = yaml.safe_load((folder / "workflow.yaml").read_text())
    flow["spec"]["definition"]["States"]["Bill all orders"]["ResultWriter"] = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Arguments": {"Bucket": "shop", "Prefix": "bills"},
    }
    flow["spec"]["definition"]["States"]["Add up"]["Output"] = (
        "{% $states.input.ResultWriterDetails.Key %}"
    )
    (folder / "workflow.yaml").write_text(yaml.safe_dump(flow, allow_unicode=True))
    key = json.loads(asw("run", str(folder), "--quiet").stdout)
    manifest = json.loads((folder / "objects" / "shop" / key).read_text())
    (written,) = manifest["ResultFiles"]["SUCCEEDED"]
    results = json.loads((folder / "objects" / "shop" / written["Key"]).read_text())
    assert [json.loads(it["Output"]) for it in results] == [17900, 28698, 5677]


def test_missing_file_says_where_it_was_looked_for(asw, tmp_path):
    """What the Map cannot read fails it by AWS's name, with the place on this machine."""
    result = asw("run", str(EXAMPLE), "--input", '{"file": "gone.csv"}')
    assert result.exit_code == 1
    assert "States.ItemReaderFailed" in result.stderr
    assert "objects/shop/gone.csv" in "".join(result.stderr.split())


def test_a_thousand_children(asw, tmp_path):
    """All children that may run at once do, on the few processes that there are."""
    file = write(tmp_path, a_function("inc", INCREMENT), a_workflow({"All": a_map()}, "All"))
    result = asw("run", file, "--quiet", "--input", json.dumps(list(range(1000))))
    assert json.loads(result.stdout) == list(range(1, 1001))
    assert len(asw("list", "--local", "--children", "-o", "name").stdout.splitlines()) == 1001


@pytest.mark.parametrize("number", [1, COUNT])
def test_killed_map_goes_on(tmp_path, number):
    """After kill -9 every item has one child, and what had ended is not run again."""
    run_and_kill(tmp_path, number)
    before = {it["name"]: it["phase"] for it in listed(tmp_path / "data")}
    execution = resume(tmp_path)
    names = [f"item-{index}" for index in range(COUNT)]
    assert (execution["status"], execution["output"]) == ("SUCCEEDED", names)
    after = {it["name"]: it["phase"] for it in listed(tmp_path / "data")}
    assert set(after.values()) == {"Succeeded"}
    assert len(after) == COUNT + 1
    over = [name for name, status in before.items() if status == "Succeeded"]
    runs = collections.Counter(name for name, _ in lines(tmp_path / "marks"))
    assert sorted(runs) == names
    assert sum(count == 1 for count in runs.values()) >= len(over)
    assert max(runs.values()) <= 2


def test_killed_map_can_be_stopped_instead(tmp_path):
    """Aborting an execution aborts the children that a killed asw left behind."""
    run_and_kill(tmp_path, COUNT)
    done = finish("stop", "flow-1", "--data", tmp_path / "data", "--yes")
    assert (done.returncode, done.stderr) == (0, "flow-1 is aborted\n")
    statuses = collections.Counter(it["phase"] for it in listed(tmp_path / "data"))
    assert statuses["Running"] == 0
    assert statuses["Aborted"] > 1
    assert len(lines(tmp_path / "marks")) == COUNT


def test_failed_map_ends_its_children(asw, tmp_path):
    """A run is over when the children that nobody wants any more are over, too."""
    source = (
        "import time\n"
        "def main_handler(event, context):\n"
        "    if event == 0: raise ValueError('no')\n"
        "    time.sleep(600)"
    )
    file = write(tmp_path, a_function("inc", source), a_workflow({"All": a_map()}, "All"))
    result = asw("run", file, "--input", "[1, 0, 2]")
    assert result.exit_code == 1
    assert "States.ExceedToleratedFailureThreshold" in result.stderr
    listed_now = named_phases(asw("list", "--local", "--children", "-o", "json").stdout)
    assert sorted(it["phase"] for it in listed_now) == ["Aborted", "Aborted", "Failed", "Failed"]
