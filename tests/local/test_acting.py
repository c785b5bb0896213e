"""The verbs that act on executions, on this machine, as a user types them."""

import json
import shutil

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main
from tests.support.playground import make_playground, run_asw
from tests.support.terminal import CTRL_C, CTRL_D, ENTER, asw_in_terminal

WAIT = {
    "StartAt": "Wait",
    "States": {
        "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Done"},
        "Done": {"Type": "Succeed"},
    },
}
TASK = {
    "StartAt": "Hold",
    "States": {
        "Hold": {"Type": "Task", "Resource": "asw:function:hold", "Next": "Done"},
        "Done": {"Type": "Succeed"},
    },
}
HOLD = """
import os, time

def main_handler(event, context):
    while not os.path.exists("go"):
        time.sleep(0.01)
    return event
"""


@pytest.fixture(scope="session")
def playground(tmp_path_factory):
    """Made once: each of its two executions starts a Python and a worker."""
    return make_playground(tmp_path_factory.mktemp("acting"))


@pytest.fixture
def folder(playground, tmp_path):
    """Its copy: hello-1 succeeded, hello-2 failed; wait.json is a bare definition."""
    shutil.copytree(playground, tmp_path, dirs_exist_ok=True)
    (tmp_path / "wait.json").write_text(json.dumps(WAIT))
    return tmp_path


@pytest.fixture
def asw(folder, monkeypatch):
    """The command in that folder."""
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


def phase(folder, name):
    """How the execution stands."""
    got = run_asw(folder, "get", name, "--local", "-o", "json")
    return json.loads(got.stdout)["status"]["phase"]


def interrupted(folder):
    """An execution wait-1 whose asw was interrupted."""
    given = json.dumps({"seconds": 3600})
    with asw_in_terminal("run", "wait.json", "--input", given, folder=folder) as terminal:
        terminal.wait_for("Wait")
        terminal.send(CTRL_C)
        assert terminal.wait() == 130


def interrupted_task(folder):
    """An execution task-1 whose asw was interrupted; its Task would end well now."""
    function = yaml.safe_load((folder / "functions.yaml").read_text())
    function["metadata"]["name"] = "hold"
    function["spec"]["code"]["inline"] = {"index.py": HOLD}
    (folder / "hold.yaml").write_text(yaml.safe_dump(function))
    (folder / "task.json").write_text(json.dumps(TASK))
    command = ("run", "task.json", "hold.yaml", "--input", "3")
    with asw_in_terminal(*command, folder=folder) as terminal:
        terminal.wait_for("Hold")
        terminal.send(CTRL_C)
        assert terminal.wait() == 130
    (folder / "go").touch()


def mended(folder):
    """The manifests with a function that bears an input without a name."""
    path = folder / "functions.yaml"
    path.write_text(path.read_text().replace('event["name"]', 'event.get("name", "nobody")'))
    return path


def test_a_terminal_is_asked_before_it_aborts(folder):
    """The question says how the execution stands; anything but yes stops nothing."""
    interrupted(folder)
    command = ("stop", "wait-1", "--local")
    with asw_in_terminal(*command, folder=folder) as terminal:
        asked = terminal.wait_for("[y/N]")
        assert "Abort execution wait-1 (Running since 20" in asked
        assert "in Wait)?" in asked.replace("\n", " ")
        terminal.send(ENTER)
        assert terminal.wait() == 1
        assert "nothing was stopped" in terminal.screen
    assert phase(folder, "wait-1") == "Running"
    with asw_in_terminal(*command, folder=folder) as terminal:
        terminal.wait_for("[y/N]")
        terminal.send("y" + ENTER)
        assert terminal.wait() == 0
        assert "wait-1 is aborted" in terminal.screen
    assert phase(folder, "wait-1") == "Aborted"


def test_ctrl_c_and_ctrl_d_are_no(folder):
    """Once is enough: who thinks better of it must not have to find out how to get away."""
    interrupted(folder)
    for keys, code, said in ((CTRL_C, 130, "interrupted"), (CTRL_D, 1, "nothing was stopped")):
        with asw_in_terminal("stop", "wait-1", "--local", folder=folder) as terminal:
            terminal.wait_for_question("[y/N]")
            terminal.send(keys)
            assert terminal.wait() == code
            assert said in terminal.screen.splitlines()
    assert phase(folder, "wait-1") == "Running"


def test_without_a_terminal_yes_must_be_said(asw, folder):
    """A script that forgot it aborts nothing; error and cause are recorded where it did not."""
    interrupted(folder)
    refused = asw("stop", "wait-1", "--local")
    assert refused.exit_code == 2
    assert "add --yes to abort wait-1" in refused.stderr
    done = asw("stop", "wait-1", "--local", "-y", "--error", "Order.Cancelled", "--cause", "取消")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "wait-1 is aborted\n")
    shown = json.loads(asw("get", "wait-1", "--local", "-o", "json").stdout)["status"]
    assert (shown["error"], shown["cause"]) == ("Order.Cancelled", "取消")


def test_what_is_over_is_told_with_the_verb_that_helps(asw):
    """Exit code 1: the answer is no; the remedy can be pasted."""
    told = {
        ("stop", "hello-1", "--yes"): "error: hello-1 is over: Succeeded\n",
        ("suspend", "hello-2"): "error: hello-2 is over: Failed\n",
        ("resume", "hello-2"): "  asw redrive hello-2 --local resumes it where it failed\n",
        ("redrive", "hello-1"): "  asw rerun hello-1 --local starts it again\n",
    }
    for words, sentence in told.items():
        done = asw(*words, "--local")
        assert (done.exit_code, done.stdout) == (1, "")
        assert sentence in done.stderr


def test_of_several_the_possible_ones_are_done(asw, folder):
    """What cannot be done to one keeps nobody from the others; the exit code says that it was."""
    interrupted(folder)
    done = asw("stop", "hello-1", "wait-1", "wait-1", "--local", "--yes")
    assert done.exit_code == 1
    assert "error: hello-1 is over: Succeeded\n" in done.stderr
    assert done.stderr.count("wait-1 is aborted\n") == 1
    assert phase(folder, "wait-1") == "Aborted"


def test_a_name_that_is_not_there_has_a_nearest(asw):
    """Nothing is done to anybody."""
    done = asw("redrive", "helo-2", "--local")
    assert done.exit_code == 4
    assert "did you mean hello-2?" in done.stderr


@pytest.mark.parametrize("verb", ["stop", "suspend", "redrive", "resume"])
def test_nobody_is_meant_without_a_name(asw, verb):
    """A verb that changes something never means all."""
    where = () if verb == "resume" else ("--local",)
    done = asw(verb, *where, "-l", "a=b", "hello-1") if where else asw(verb, "-l", "a", "b")
    assert done.exit_code in (2, 3)
    if where:
        assert "names and -l do not go together" in done.stderr
        assert "no execution was named" in asw(verb, *where).stderr


def test_a_suspended_run_goes_on_with_resume(asw, folder):
    """Suspended, it enters nothing new; resumed by name, it runs to its end."""
    interrupted_task(folder)
    done = asw("suspend", "task-1", "--local")
    assert done.exit_code == 0
    assert "asw resume task-1 --local resumes it" in done.stderr
    assert "is already suspended" in asw("suspend", "task-1", "--local").stderr
    resumed = asw("resume", "task-1", "--local")
    assert (resumed.exit_code, resumed.stdout) == (0, "3\n")
    assert "task-1 was resumed\n" in resumed.stderr


def test_resume_without_a_name_goes_on_with_everything(asw, folder):
    """As it does after a crash: whatever was interrupted runs to its end."""
    interrupted_task(folder)
    done = asw("resume", "--local", "-q")
    assert (done.exit_code, done.stdout) == (0, "3\n")


def test_a_redrive_is_planned_done_and_told(asw, folder):
    """The plan changes nothing; the redrive works the failed state again, which fails again."""
    planned = asw("redrive", "hello-2", "--plan", "--local")
    assert planned.exit_code == 0
    assert planned.stdout.splitlines()[1:] == [
        "runs again:",
        "    Greet (Task): asw:function:greet is started again, with all its retries",
        "is reused:",
        "    nothing: no state had finished",
    ]
    assert phase(folder, "hello-2") == "Failed"
    plain = json.loads(asw("redrive", "hello-2", "--plan", "--local", "-o", "json").stdout)
    assert (plain["name"], plain["possible"]) == ("hello-2", True)
    done = asw("redrive", "hello-2", "--local", "-q")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "KeyError: 'name'" in done.stderr
    assert "asw why hello-2 --local explains it" in done.stderr
    shown = json.loads(asw("get", "hello-2", "--local", "-o", "json").stdout)["status"]
    assert shown["redriveCount"] == 1


def test_a_mended_definition_takes_over(asw, folder):
    """The current revision and the current function: what failed is done."""
    text = (folder / "workflow.yaml").read_text()
    (folder / "workflow.yaml").write_text(text.replace("BackoffRate: 2", "BackoffRate: 3"))
    mended(folder)
    assert asw("run", "workflow.yaml", "functions.yaml", "-q").exit_code == 0
    done = asw("redrive", "hello-2", "--revision", "current", "--local", "-q")
    assert (done.exit_code, done.stdout) == (0, '{"greeting":"Hello, nobody!"}\n')


def test_what_ran_before_another_definition_took_over_is_told_by_its_history(asw, folder):
    """It is no forgery that the definition at hand would have done something else then."""

    def definition(value):
        first = {"Type": "Pass", "Result": value, "ResultPath": "$.given", "Next": "Greet"}
        greet = {"Type": "Task", "Resource": "asw:function:greet", "Next": "Done"}
        states = {"First": first, "Greet": greet, "Done": {"Type": "Succeed"}}
        path = folder / "hello.asl.json"
        path.write_text(json.dumps({"StartAt": "First", "States": states}))
        return str(path)

    start = ("run", definition("old"), "functions.yaml", "-q", "--input", "{}")
    assert asw(*start, "--name", "first").exit_code == 1
    mended(folder)
    assert asw("run", definition("new"), "functions.yaml", "-q").exit_code == 0
    assert asw("redrive", "first", "--revision", "current", "--local", "-q").exit_code == 0
    seen = asw("replay", "first", "--local", "--state", "First", "-o", "json")
    assert seen.exit_code == 0
    moment = json.loads(seen.stdout)
    assert moment["values"] == {"input": {}, "output": {"given": "old"}}
    assert "another revision" in moment["check"]["obstacle"]
    later = json.loads(asw("replay", "first", "--local", "--state", "Greet", "-o", "json").stdout)
    assert later["values"]["result"] == {"greeting": "Hello, nobody!"}


def test_a_definition_that_does_not_fit_is_refused_before_anything_is_done(asw, folder):
    """The reason names the state; the execution stays as it was."""
    text = (folder / "workflow.yaml").read_text()
    (folder / "workflow.yaml").write_text(text.replace("Greet", "Welcome"))
    assert asw("run", "workflow.yaml", "functions.yaml", "-q").exit_code == 0
    for plan in ((), ("--plan",)):
        done = asw("redrive", "hello-2", "--revision", "current", "--local", *plan)
        assert done.exit_code == 1
        assert "it has no state 'Greet', which the run is in" in done.stderr
    shown = json.loads(asw("get", "hello-2", "--local", "-o", "json").stdout)
    assert "redrive" not in shown["spec"]
    assert asw("redrive", "hello-2", "--revision", "gone", "--local").exit_code == 4


def test_what_cannot_go_better_is_said_before_it_is_done_again(asw, folder):
    """A path that found nothing finds nothing again; the remedy is another definition."""
    state = {"Type": "Pass", "Parameters": {"x.$": "$.nowhere"}, "End": True}
    (folder / "path.json").write_text(json.dumps({"StartAt": "P", "States": {"P": state}}))
    assert asw("run", "path.json", "--name", "path-1", "-q").exit_code == 1
    planned = asw("redrive", "path-1", "--plan", "--local")
    assert "P (Pass): fails again: its definition and its data are the same" in planned.stdout
    done = asw("redrive", "path-1", "--local")
    assert done.exit_code == 1
    assert "P of path-1 fails again" in done.stderr
    assert "--revision current" in done.stderr


@pytest.mark.parametrize("verb", ["redrive", "rerun", "stop -y"])
def test_an_exported_file_is_not_acted_on(asw, verb):
    """A file is no execution that is missing: it is said where to act."""
    assert asw("export", "hello-2", "--local", "-o", "h.gz").exit_code == 0
    done = asw(*verb.split(), "h.gz", "--local")
    assert done.exit_code == 2
    assert "h.gz is a file: its executions can be read, not changed" in done.stderr


def test_the_redrive_of_an_exported_file_is_foreseen(asw, folder):
    """The same plan as where it is, its Workflow's definition of then included, and no store."""
    text = (folder / "workflow.yaml").read_text()
    (folder / "workflow.yaml").write_text(text.replace("BackoffRate: 2", "BackoffRate: 3"))
    assert asw("run", "workflow.yaml", "functions.yaml", "-q").exit_code == 0
    assert asw("export", "hello-2", "--local", "-o", "h.gz").exit_code == 0
    for given in ((), ("--revision", "current"), ("-o", "json")):
        there = asw("redrive", "hello-2", "--plan", "--local", *given)
        assert there.exit_code == 0
        (folder / ".asw").rename(folder / "away")
        here = asw("redrive", "h.gz", "--plan", *given)
        (folder / "away").rename(folder / ".asw")
        assert (here.exit_code, here.stdout) == (0, there.stdout)
    gone = asw("redrive", "h.gz", "--plan", "--revision", "gone")
    assert (gone.exit_code, gone.stdout) == (4, "")
    assert "no revision 'gone' of Workflow hello" in gone.stderr


def test_files_and_executions_are_planned_together(asw):
    """One that cannot be redriven makes the exit code 1; the others are planned all the same."""
    for name in ("hello-1", "hello-2"):
        assert asw("export", name, "--local").exit_code == 0
    done = asw("redrive", "hello-1.asw.gz", "./hello-2.asw.gz", "hello-2", "--plan", "--local")
    assert done.exit_code == 1
    assert done.stdout.count("hello-2: redrive 1") == 2
    assert "hello-1 succeeded: there is nothing to redrive" in done.stderr
    assert asw("redrive", "h.gz", "--plan").exit_code == 4


def test_a_rerun_has_input_and_number_of_its_own(asw):
    """The same input unless another is given; every rerun has the next free name."""
    first = asw("rerun", "hello-1", "--local", "-q")
    assert (first.exit_code, first.stdout) == (0, '{"greeting":"Hello, World!"}\n')
    other = asw("rerun", "hello-1", "--local", "-q", "--input-file", "input.json")
    assert other.stdout == '{"greeting":"Hello, Ada!"}\n'
    third = asw("rerun", "hello-1-r1", "--local", "--name", "again", "--input", "@input.json")
    assert third.exit_code == 0
    names = asw("list", "--local", "-o", "name").stdout.splitlines()
    assert [name.rpartition("/")[2] for name in names][-3:] == ["hello-1-r1", "hello-1-r2", "again"]
    failed = asw("rerun", "hello-2", "--local", "-q")
    assert (failed.exit_code, failed.stdout) == (1, "")


@pytest.mark.parametrize(
    "verb",
    ["why", "history", "logs", "replay", "redrive --plan", "rerun", "watch", "export --force"],
)
def test_what_o_name_prints_is_a_name(asw, verb):
    """As kubectl's output goes into xargs, so does ours, with every verb that takes names."""
    printed = asw("list", "--local", "-o", "name", "--phase", "Failed").stdout.strip()
    assert printed == "execution.asw.dev/hello-2"
    named = asw(*verb.split(), printed, "--local")
    assert "execution.asw.dev/" not in named.stderr
    assert named.exit_code == asw(*verb.split(), "hello-2", "--local").exit_code != 4


def test_workflows_have_kinds_before_their_names_too(asw):
    """Where a Workflow is named, and where executions are chosen by theirs."""
    listed = asw("list", "--local", "-w", "wf/hello", "-o", "name")
    assert listed.stdout == "execution.asw.dev/hello-1\nexecution.asw.dev/hello-2\n"
    started = asw("start", "workflow.asw.dev/hello", "--local", "-q", "--input-file", "input.json")
    assert started.stdout == '{"greeting":"Hello, Ada!"}\n'


def test_another_kind_is_refused(asw):
    """A Workflow cannot be stopped, nor an execution be started."""
    stopped = asw("stop", "wf/hello", "--local", "--yes")
    assert (stopped.exit_code, stopped.stderr) == (
        2,
        "error: wf/hello is not of kind Execution\n  name one that exists: asw list shows them\n",
    )
    assert asw("start", "exe/hello-1", "--local").stderr == (
        "error: exe/hello-1 is not of kind Workflow\n"
        "  name one that exists: asw get workflows shows them\n"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--input", '{"name'), "--input is not JSON"),
        (("--input", ""), "--input is empty: no JSON to read"),
        (("--input", "@gone.json"), "cannot read gone.json: No such file or directory"),
        (("--input-file", "gone.json"), "cannot read gone.json: No such file or directory"),
        (("--input", "1", "--input-file", "input.json"), "do not go together"),
        (("--timeout", "soon"), "'soon' is not a span of time such as 30s, 5m or 2h"),
    ],
)
def test_wrong_input_starts_nothing(asw, arguments, says):
    """Exit code 2, and the remedy."""
    done = asw("rerun", "hello-1", "--local", *arguments)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "hello-1-r1" not in asw("list", "--local").stdout


def test_standard_input_is_an_input(folder, monkeypatch):
    """As other commands have it: a dash."""
    monkeypatch.chdir(folder)
    words = ("rerun", "hello-1", "--local", "-q", "--input", "-")
    done = CliRunner().invoke(main, words, input='{"name": "管道"}', catch_exceptions=False)
    assert done.stdout == '{"greeting":"Hello, 管道!"}\n'


def test_everything_is_said_in_chinese(folder):
    """To whoever reads Chinese; names and codes stay."""
    with asw_in_terminal(
        "stop", "hello-1", "--local", folder=folder, environment={"ASW_LANG": "zh"}
    ) as terminal:
        assert terminal.wait() == 1
        assert "错误: hello-1 已经结束" in terminal.screen
