"""``asw graph FILE``: which machines of files are drawn."""

import json

import pytest
from click.testing import CliRunner

from asw.cli.main import main


@pytest.fixture
def graph(tmp_path, monkeypatch):
    """Draw a machine of these states, which begins with A."""
    monkeypatch.chdir(tmp_path)

    def draw(states, *arguments):
        (tmp_path / "x.asl.json").write_text(json.dumps({"StartAt": "A", "States": states}))
        return CliRunner().invoke(main, ["graph", "x.asl.json", *arguments])

    return draw


def calling(resource, **fields):
    return {"Type": "Task", "Resource": resource, **fields}


@pytest.mark.parametrize(
    "resource", ["qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage", "${Function}"]
)
def test_what_calls_services_of_a_cloud_is_drawn(graph, resource):
    """A machine that cannot run here can be looked at; what keeps it from running is told too."""
    done = graph({"A": calling(resource, Next="B"), "B": {"Type": "Succeed"}}, "-o", "mermaid")
    assert done.exit_code == 0
    assert "s1 --> s2" in done.stdout
    assert resource in done.stderr


def test_what_is_wrong_otherwise_is_not_drawn(graph):
    """Half of a machine would look like the whole."""
    done = graph({"A": calling("arn:aws:states:::sqs:sendMessage", Next="B")})
    assert (done.exit_code, done.stdout) == (2, "")
    assert "contains no Workflow that can be drawn" in done.stderr
