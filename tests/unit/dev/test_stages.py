"""The stages of `make test`: verdicts in order, while what is slow is built behind them."""

import os
import sys
import time
from pathlib import Path

import pytest

from dev.stages import Background, Stage, main, run


def stage(name: str, folder: Path, code: int = 0, **options: bool) -> Stage:
    """One that notes that it ran, and ends so."""
    script = f"open({str(folder / 'ran')!r}, 'a').write('{name} '); raise SystemExit({code})"
    return Stage(name=name, usual="1 s", command=(sys.executable, "-c", script), **options)


def ran(folder: Path) -> list[str]:
    """Stages in the order in which they ran."""
    return (folder / "ran").read_text().split()


def test_stages_run_in_order_and_each_tells_its_time(tmp_path, capfd):
    """What is being done and what it usually takes before, what it took after."""
    assert run([stage("one", tmp_path), stage("two", tmp_path)]) == 0
    assert ran(tmp_path) == ["one", "two"]
    told = capfd.readouterr().err.splitlines()
    assert told[0] == "== one (usually 1 s)"
    assert told[1].startswith("== one passed in ")
    assert told[-1].startswith("== passed in ")
    assert [line.split()[0] for line in told[-3:-1]] == ["one", "two"]


def test_the_first_verdict_that_is_bad_is_the_last(tmp_path, capfd):
    """Nobody waits for a cluster to be told of a fault that lint found."""
    assert run([stage("one", tmp_path, 3), stage("two", tmp_path)]) == 1
    assert ran(tmp_path) == ["one"]
    assert "== one failed after " in capfd.readouterr().err


def test_a_stage_that_others_do_not_need_stops_none(tmp_path, capfd):
    """Tests of the cluster that fail hide no fault that the next ones find."""
    stages = [stage("one", tmp_path, 1, is_needed=False), stage("two", tmp_path)]
    assert run(stages) == 1
    assert ran(tmp_path) == ["one", "two"]
    assert capfd.readouterr().err.splitlines()[-1].startswith("== failed after ")


def test_what_was_done_behind_is_shown_when_it_is_waited_for(tmp_path, capfd):
    """Its output comes in one piece, where it is needed and not between verdicts."""
    with Background((sys.executable, "-c", "print('built')"), tmp_path / "log") as behind:
        stages = [stage("one", tmp_path), stage("two", tmp_path, waits=True)]
        assert run(stages, behind) == 0
    captured = capfd.readouterr()
    assert captured.out == ""
    told = captured.err.splitlines()
    assert told.index("built") > told.index("== two (usually 1 s)")


def test_a_bad_verdict_ends_what_is_done_behind(tmp_path):
    """With all that it started: nothing goes on to build for nobody."""
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "print('begun', flush=True)\n"
        "time.sleep(600)\n"
    )
    log = tmp_path / "log"
    with Background((sys.executable, "-c", script), log) as behind:
        while "begun" not in log.read_text():
            time.sleep(0.01)
        assert run([stage("one", tmp_path, 1)], behind) == 1
    child = int((tmp_path / "pid").read_text())
    while is_alive(child):
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether it runs; one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_is_done_behind_leaves_the_processors_to_the_verdicts(tmp_path):
    """It has a lower priority until it is waited for."""
    log = tmp_path / "log"
    script = "import os, sys; print(os.nice(0), flush=True); sys.stdin.read()"
    with Background((sys.executable, "-c", script), log):
        while not (told := log.read_text()):
            time.sleep(0.01)
    assert int(told) > os.nice(0)


@pytest.mark.parametrize("words", [("no-such-stage",), ()])
def test_stages_are_make_verbs(words):
    """A stage that the Makefile does not have, or none at all, is told at once."""
    with pytest.raises(SystemExit, match="stages:"):
        main(words)
