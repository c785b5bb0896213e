"""The verbs that look, as their user types them: files for names, plain terminals."""

import gzip
import json
import shutil
from datetime import datetime

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from tests.support.playground import make_playground
from tests.support.terminal import asw_in_terminal


@pytest.fixture(scope="module")
def playground(tmp_path_factory):
    """The folder of examples, with its two executions."""
    return make_playground(tmp_path_factory.mktemp("play") / "ground")


@pytest.fixture
def asw(playground, monkeypatch):
    """The command, in the folder of examples; there is no cluster."""
    monkeypatch.chdir(playground)
    monkeypatch.setenv("KUBECONFIG", str(playground / "none"))
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.fixture
def bundle(asw):
    """A file of the execution that failed, with what it printed."""
    result = asw("export", "hello-2", "--local", "--logs", "-o", "failed.bundle")
    assert result.exit_code == 0, result.output
    return "failed.bundle"


def test_a_file_is_shown_as_the_execution_in_it(asw, bundle):
    """``get``, ``logs`` and ``watch`` take what ``export`` wrote for a name: nobody is asked."""
    there = json.loads(asw("get", "hello-2", "--local", "-o", "json").stdout)
    assert json.loads(asw("get", bundle, "-o", "json").stdout) == there
    assert asw("logs", bundle).stdout == asw("logs", "hello-2", "--local").stdout != ""
    watched = asw("watch", bundle)
    assert watched.exit_code == 1
    assert watched.stdout.splitlines()[-1].split()[:3] == ["hello-2", "hello", "Failed"]


def test_the_times_of_lines_are_told_here_and_in_a_file(asw, bundle):
    """As kubectl prints them: RFC 3339 before each line."""
    told = asw("logs", "hello-2", "--local", "--timestamps").stdout
    lines = asw("logs", "hello-2", "--local").stdout.splitlines()
    pairs = [line.split(" ", 1) for line in told.splitlines()]
    assert [text for _, text in pairs] == lines
    assert all(datetime.fromisoformat(at).tzinfo is not None for at, _ in pairs)
    assert asw("logs", bundle, "--timestamps").stdout == told


def test_older_lines_are_left_out(asw, playground, tmp_path, monkeypatch):
    """Those of a time before, here and in a file; the last ones are of those that remain."""
    folder = shutil.copytree(playground, tmp_path / "ground")
    monkeypatch.chdir(folder)
    path = folder / ".asw" / "logs" / "hello-2" / "1.times"
    lines = asw("logs", "hello-2", "--local").stdout.splitlines()
    first = len(lines[0].encode()) + 1
    path.write_text(f"0 2020-01-01T00:00:00.000000Z\n{first} 2999-01-01T00:00:00.000000Z\n")
    assert asw("export", "hello-2", "--local", "--logs", "-o", "old.bundle").exit_code == 0
    for place in (("hello-2", "--local"), ("old.bundle",)):
        young = asw("logs", *place, "--since", "1h").stdout.splitlines()
        assert (young, len(young)) == (lines[1:], len(lines) - 1)
        assert asw("logs", *place, "--since", "1h", "--tail", "1").stdout.splitlines() == lines[-1:]


@pytest.mark.parametrize("words", [("--timestamps",), ("--since", "1h")])
def test_times_of_lines_that_nobody_noted(asw, playground, bundle, words):
    """A file of before does not tell when lines were printed: that is said, with a remedy."""
    path = playground / bundle
    plain = json.loads(gzip.decompress(path.read_bytes()))
    for line in plain["logs"]:
        del line["at"]
    path.write_bytes(gzip.compress(json.dumps(plain).encode()))
    result = asw("logs", bundle, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words[0] in result.stderr
    assert "asw history" in result.stderr
    assert asw("logs", bundle).stdout == asw("logs", "hello-2", "--local").stdout


def test_the_last_lines_of_a_file(asw, bundle):
    """A file has lines as its place has them: of each task the last."""
    last = asw("logs", "hello-2", "--local").stdout.splitlines()[-2:]
    assert asw("logs", bundle, "--tail", "2").stdout.splitlines() == last
    assert asw("logs", bundle, "--tail", "0").stdout == ""


def test_what_is_over_is_followed_at_once(asw, bundle):
    """Nothing more will come of it; of all events those that are wanted are shown."""
    for place in (("hello-2", "--local"), (bundle,)):
        result = asw("history", *place, "-f", "--type", "*Failed", "--no-headers")
        assert result.exit_code == 0
        words = [line.split() for line in result.stdout.splitlines()]
        assert ["LambdaFunctionFailed" in words[0], "ExecutionFailed" in words[1]] == [True, True]
        assert len(words) == 2


@pytest.mark.parametrize("words", [("-o", "json"), ("--reverse",), ("--limit", "2")])
def test_what_needs_the_end_is_not_followed(asw, words):
    """An order from the end, a number, one document: told before anybody waits."""
    result = asw("history", "hello-1", "--local", "-f", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error: {words[0]}" in result.stderr


def test_where_nothing_was_found_is_told(asw):
    """A folder has no namespaces."""
    result = asw("list", "--local", "--phase", "suspended")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no executions found in .asw\n"


def test_files_and_names_together(asw, bundle):
    """What is a file and what is a name is told word by word; what is missing comes last."""
    result = asw("get", bundle, "hello-1", "gone.asw.gz", "--local", "-o", "name")
    names = ["execution.asw.dev/hello-2", "execution.asw.dev/hello-1"]
    assert (result.exit_code, result.stdout.splitlines()) == (4, names)
    assert "no file gone.asw.gz" in result.stderr


@pytest.mark.parametrize(
    "plain", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "TERM=dumb"]
)
@pytest.mark.parametrize("words", [("list",), ("get", "nothing"), ("why", "hello-2")])
def test_who_wants_no_colours_gets_none(playground, plain, words):
    """Tables, errors and explanations are plain on a terminal that is plain."""
    with asw_in_terminal(*words, "--local", folder=playground, environment=plain) as terminal:
        terminal.wait()
        assert terminal.screen
        assert b"\x1b" not in terminal.raw


def test_a_terminal_gets_colours(playground):
    """Phases have their colour where it is seen."""
    with asw_in_terminal("list", "--local", folder=playground) as terminal:
        terminal.wait()
        assert b"\x1b[31mFailed" in terminal.raw


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("list", "hello"), "多余的参数"),
        (("list", "--local", "-w"), "-w 需要一个值"),
        (("list", "--local=1"), "--local 不带值"),
        (("get", "wf/", "--local"), "wf/ 后面缺少名称"),
        (("graph", "", "--local"), "缺少名称"),
    ],
)
def test_wrong_words_are_told_in_the_users_language(asw, monkeypatch, arguments, words):
    """Nothing of it is left in the words of a library."""
    monkeypatch.setenv("ASW_LANG", "zh")
    result = asw(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
