"""Problems of a definition are told where they stand in the file that it is in."""

from pathlib import Path

import pytest

from asw.lint.checking import check_files
from asw.lint.findings import has_error
from asw.lint.plan import InputOptions

HEAD = "apiVersion: asw.dev/v1alpha1\nkind: Workflow\nmetadata:\n  name: x\nspec:\n"
AS_OBJECT = """\
  definition:
    StartAt: A
    States:
      A:
        Type: Pass
        Next: Nowhere
      B:
        Type: Succeed
        Typo: 1
"""
AS_TEXT = """\
  definitionText: |
    {
      "StartAt": "A",
      "States": {
        "A": {"Type": "Pass", "Next": "Nowhere"},
        "B": {"Type": "Succeed", "Typo": 1}
      }
    }
"""


def findings_of(tmp_path, text, name="x.yaml"):
    """Everything that is found in a file of this text: place, code, and path in the definition."""
    file = tmp_path / name
    file.write_text(text)
    checked = check_files([file])
    assert has_error(checked.findings)
    return [(str(it.position), it.code, it.path) for it in checked.findings]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        pytest.param(HEAD + AS_OBJECT, ["11:15", "12:7", "14:9"], id="object"),
        pytest.param(HEAD + AS_TEXT, ["10:39", "11:9", "11:34"], id="text"),
        pytest.param("# first\na: 1\n---\n" + HEAD + AS_OBJECT, None, id="second document"),
    ],
)
def test_problems_are_placed_wherever_the_definition_is(tmp_path, text, places):
    """A wrong value at its value, a field too many at its name, a state at its name."""
    found = findings_of(tmp_path, text)
    if places is None:
        assert ("14:15", "MISSING_TRANSITION_TARGET", "/States/A/Next") in found
        return
    assert found == [
        (places[0], "MISSING_TRANSITION_TARGET", "/States/A/Next"),
        (places[1], "MISSING_TRANSITION_TARGET", "/States/B"),
        (places[2], "SCHEMA_VALIDATION_FAILED", "/States/B/Typo"),
    ]


def test_bare_definitions_are_placed(tmp_path):
    """A file that is a definition has its places too."""
    text = '{"StartAt": "A",\n "States": {"A": {"Type": "Pass", "Next": "B"}}}'
    found = findings_of(tmp_path, text, "x.asl.json")
    assert ("2:43", "MISSING_TRANSITION_TARGET", "/States/A/Next") in found


def test_broken_json_in_a_manifest_is_told_where_it_breaks(tmp_path):
    """The line is that of the file, not of the text inside it."""
    text = HEAD + '  definitionText: |\n    {\n      "StartAt": "A",\n    }\n'
    assert findings_of(tmp_path, text) == [("9:5", "INVALID_JSON_DESCRIPTION", "/")]


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        (
            "x.json",
            """{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass",
            "Output": "{% \\u4e2d + $a == 2 %}", "End": true}}}""",
            "2:40",
        ),
        (
            "x.yaml",
            """QueryLanguage: JSONata
StartAt: A
States:
  A:
    Type: Pass
    End: true
    Output: >-
      {% $sum(
        $states.input.items.(price * quantity
      ) & 1 2 %}
""",
            "10:13",
        ),
    ],
)
def test_a_fault_of_an_expression_is_told_where_it_is(tmp_path, name, text, place):
    """Not at the expression, which may have many lines, but at the character in it."""
    ((found, code, path),) = findings_of(tmp_path, text, name)
    assert (found, code, path) == (place, "INVALID_JSONATA_EXPRESSION", "/States/A/Output")


def test_long_lists_are_cut(tmp_path):
    """Nobody reads the names of 39 operators to see that there is none."""
    file = tmp_path / "x.json"
    file.write_text(
        """{"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B", "Choices": [
        {"Variable": "$.a", "Next": "B"}]}, "B": {"Type": "Succeed"}}}"""
    )
    (finding,) = check_files([file]).findings
    assert "[BooleanEquals, StringMatches, " in finding.message
    assert len(finding.message) < 200


def test_a_missing_function_is_told_at_the_first_call(tmp_path):
    """A warning leads to the Task that calls what is not there."""
    file = tmp_path / "x.yaml"
    states = '{A: {Type: Task, Resource: "asw:function:gone", End: true}}'
    file.write_text(f"{HEAD}  definition:\n    StartAt: A\n    States: {states}\n")
    checked = check_files([file], InputOptions(), is_local=True)
    (found,) = checked.findings
    assert (found.code, str(found.position)) == ("MissingFunction", "8:40")
    assert not has_error(checked.findings)


def test_files_are_told_in_the_order_in_which_they_were_named(tmp_path):
    """Each mistake of each file is told once, by place."""
    for name in ("b.json", "a.json"):
        (tmp_path / name).write_text('{"StartAt": "A",\n "States": {}}')
    checked = check_files([tmp_path / "b.json", tmp_path / "a.json", tmp_path])
    files = [Path(it.file).name for it in checked.findings]
    assert files == sorted(files, reverse=True)
    assert len(set(checked.findings)) == len(checked.findings)
