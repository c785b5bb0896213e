"""Warnings that their author does not want to hear, and many that are alike."""

import json
from itertools import pairwise

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from asw.cli.templates import files_of, templates

TASK = {"Type": "Task", "Resource": "asw:function:fn", "End": True}
IMAGE = {"runtime": "image", "image": "busybox"}
HEAD = {"apiVersion": "asw.dev/v1alpha1"}
FUNCTION = {**HEAD, "kind": "Function", "metadata": {"name": "fn"}, "spec": IMAGE}
NOTE = "It may fail. asw: ignore UnhandledErrors"
NOTED_MISSING = "Resource: asw:function:elsewhere  # asw: ignore MissingFunction"
FLOW = """
apiVersion: asw.dev/v1alpha1
kind: Workflow
metadata: {name: flow}
spec:
  definition:
    StartAt: A
    States:
      # above
      A: # beside
        Type: Task
        Resource: asw:function:fn
        End: true
"""


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """``asw validate --strict -W`` of these files; its exit code, and what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)

    def asw(texts, *options):
        (tmp_path / "fn.json").write_text(json.dumps(FUNCTION))
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
        words = ["validate", "--strict", "-W", *options, "."]
        result = CliRunner().invoke(main, words, catch_exceptions=False)
        return result.exit_code, result.output

    return asw


def a_workflow(definition):
    """Its manifest as JSON."""
    spec = definition if "definitionText" in definition else {"definition": definition}
    manifest = {**HEAD, "kind": "Workflow", "metadata": {"name": "flow"}, "spec": spec}
    return json.dumps(manifest)


def test_a_warning_fails_with_w_unless_its_code_is_ignored(asw):
    """--ignore leaves it out; one of another code stays."""
    assert asw({"flow.yaml": FLOW})[0] == 2
    assert asw({"flow.yaml": FLOW}, "--ignore", "MissingFunction")[0] == 2
    assert asw({"flow.yaml": FLOW}, "--ignore", "UnhandledErrors")[0] == 0


def test_a_code_to_ignore_that_there_is_not_is_refused(asw):
    """With the nearest: a slip would ignore nothing."""
    code, said = asw({"flow.yaml": FLOW}, "--ignore", "UnhandledError")
    assert code == 2
    assert "did you mean UnhandledErrors?" in said


def test_an_error_cannot_be_ignored(asw):
    """What cannot run is told all the same."""
    wrong = FLOW.replace("End: true", "Edn: true # asw: ignore SCHEMA_VALIDATION_FAILED")
    code, said = asw({"flow.yaml": wrong}, "--ignore", "SCHEMA_VALIDATION_FAILED")
    assert code == 2
    assert "error: SCHEMA_VALIDATION_FAILED" in said


@pytest.mark.parametrize("place", ["above", "beside"])
def test_a_comment_silences_the_warnings_of_its_line(asw, place):
    """In the line that is told, or right above it; of the codes that it names alone."""
    assert asw({"flow.yaml": FLOW.replace(place, NOTE)})[0] == 0
    assert asw({"flow.yaml": FLOW.replace(place, "asw: ignore DataLimitRisk")})[0] == 2


@pytest.mark.parametrize(
    "definition",
    [
        {"StartAt": "A", "States": {"A": {**TASK, "Comment": NOTE}}},
        {"StartAt": "A", "Comment": NOTE, "States": {"A": TASK}},
        {
            "definitionText": json.dumps(
                {"StartAt": "A", "States": {"A": {**TASK, "Comment": NOTE}}}
            )
        },
    ],
)
def test_a_comment_of_the_definition_silences_what_is_in_it(asw, definition):
    """JSON has no comments: the fields of the language are there for it."""
    assert asw({"flow.json": a_workflow(definition)})[0] == 0


def test_a_comment_of_one_state_leaves_others_alone(asw):
    """Of two states the one without is told."""
    states = {"A": {**TASK, "Comment": NOTE, "End": False, "Next": "B"}, "B": TASK}
    del states["A"]["End"]
    code, said = asw({"flow.json": a_workflow({"StartAt": "A", "States": states})})
    assert code == 2
    assert "/States/B" in said
    assert "/States/A" not in said


def test_many_warnings_that_are_alike_are_told_once(asw):
    """Two hundred Tasks are two lines, and are counted one by one; a report has them all."""
    names = [f"T{number}" for number in range(200)]
    states = {name: {"Type": "Task", "Resource": "asw:function:fn"} for name in names}
    for name, follower in pairwise(names):
        states[name]["Next"] = follower
    states["T199"]["End"] = True
    flow = json.dumps(json.loads(a_workflow({"StartAt": "T0", "States": states})), indent=1)
    _, said = asw({"flow.json": flow})
    assert said.count("UnhandledErrors") == 1
    assert "the same in 199 more places, on lines 1" in said
    assert "200 warnings" in said
    code, report = asw({"flow.json": flow}, "-o", "json")
    assert code == 2
    assert report.count('"UnhandledErrors"') == 200


@pytest.mark.parametrize("template", [template.name for template in templates()])
def test_our_own_templates_have_nothing_to_warn_of(asw, template):
    """What a user begins with passes the strictest check that there is."""
    code, said = asw(files_of(template, "flow"))
    assert code == 0, said


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {"flow.yaml": FLOW.replace("# above", "# asw: ignore UnhandledErrors, EndlessLoop")},
            "flow.yaml:9:1: warning: StaleNote: asw: ignore EndlessLoop silences nothing",
        ),
        (
            {"flow.yaml": FLOW.replace("# above", "# asw: ignore UnhandeldErrors")},
            "did you mean UnhandledErrors?",
        ),
        (
            {
                "flow.json": a_workflow(
                    {
                        "Comment": NOTE,
                        "StartAt": "A",
                        "States": {"A": {**TASK, "Comment": "asw: ignore EndlessLoop"}},
                    }
                )
            },
            "asw: ignore EndlessLoop silences nothing",
        ),
    ],
    ids=["another code", "misspelt", "Comment"],
)
def test_a_note_that_silences_nothing_is_told(asw, files, told):
    """What was fixed long ago, or is misspelt, would silence the next one without a word."""
    code, output = asw(files)
    assert code == 2
    assert told in output


def test_a_note_of_a_warning_that_every_verb_tells_is_not_stale(asw):
    """What it silenced is left out before the stricter checks, and still counts."""
    noted = FLOW.replace("Resource: asw:function:fn", NOTED_MISSING)
    code, output = asw({"flow.yaml": noted}, "--ignore", "UnhandledErrors")
    assert (code, "StaleNote" in output) == (0, False), output


def test_a_note_of_what_was_not_looked_for_is_left_alone(asw, tmp_path):
    """Without --strict nobody knows whether it still silences something."""
    noted = FLOW.replace("# above", "# asw: ignore UnhandledErrors, Untold")
    (tmp_path / "flow.yaml").write_text(noted)
    (tmp_path / "fn.json").write_text(json.dumps(FUNCTION))
    result = CliRunner().invoke(main, ["validate", "-W", "."], catch_exceptions=False)
    assert (result.exit_code, "StaleNote" in result.output) == (0, False)
