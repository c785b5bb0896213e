"""Any value of any document is found again in the text, by line and column."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from asw.lint.sources import Source

JSON_TEXT = """{
  "kind": "Workflow",
  "spec": {
    "definitionText": "{\\n \\"States\\": {\\"A\\": {\\"Next\\": \\"B\\"}}}",
    "list": [1, {"x": true}, "é"]
  }
}
"""
YAML_TEXT = """# a comment
first: {a: 1, "b": [x, y]}
---
---
base: &base
  k: 名字
own:
  <<: *base
  other: 2
list:
  - a
  - b: c
literal: |
  {
    "StartAt": "A",
    "States": {"A": {"Next": "B"}}
  }
folded: >-
  {"StartAt": "A",
   "States": {"A": {"Next": "B"}}}
single: '{"it": "''s"}'
double: "{\\"it\\": \\"B\\"}"
plain: 5
"""


def text_at(source, position):
    """What stands between the position's ends, which must be in one line."""
    assert position.line == position.end_line
    return source.line(position.line)[position.column - 1 : position.end_column - 1]


@pytest.mark.parametrize(
    ("steps", "part", "found"),
    [
        (("kind",), "best", '"Workflow"'),
        (("kind",), "key", '"kind"'),
        (("spec",), "best", '"spec"'),
        (("spec", "list", 0), "best", "1"),
        (("spec", "list", "1", "x"), "best", "true"),
        (("spec", "list", 2), "best", '"é"'),
        (("spec", "list", 9), "best", '"list"'),
        (("spec", "missing", "more"), "best", '"spec"'),
        ((), "best", "{"),
        (("spec", "definitionText", "States", "A", "Next"), "best", '\\"B\\"'),
        (("spec", "definitionText", "States", "A"), "best", '\\"A\\"'),
    ],
)
def test_values_of_json_are_found(steps, part, found):
    """By their value, their key where that spans lines, or as far as the steps lead."""
    source = Source("x.json", JSON_TEXT, is_json=True)
    assert text_at(source, source.locate(0, steps, part)) == found


@pytest.mark.parametrize(
    ("document", "steps", "found", "line"),
    [
        (0, ("first", "a"), "1", 2),
        (0, ("first", "b", 1), "y", 2),
        (2, ("base", "k"), "名字", 6),
        (2, ("own", "k"), "名字", 6),
        (2, ("own", "other"), "2", 9),
        (2, ("list", 1, "b"), "c", 12),
        (2, ("list", 1), "b", 12),
        (2, ("plain", "deeper"), "plain", 23),
        (2, ("literal", "StartAt"), '"A"', 15),
        (2, ("literal", "States", "A", "Next"), '"B"', 16),
        (2, ("folded", "States", "A", "Next"), '"B"', 20),
        (2, ("double", "it"), '\\"B\\"', 22),
    ],
)
def test_values_of_yaml_are_found(document, steps, found, line):
    """In every document and style, behind anchors, and inside the JSON that a string holds."""
    source = Source("x.yaml", YAML_TEXT)
    position = source.locate(document, steps)
    if found != "b":
        assert text_at(source, position) == found
    assert position.line == line


def test_a_character_of_an_embedded_text_is_found():
    """Broken JSON in a string is told where it is broken, in the file."""
    source = Source("x.yaml", "spec:\n  definitionText: |\n    {\n      oops\n    }\n")
    text = yaml.safe_load(source.text)["spec"]["definitionText"]
    position = source.locate_within(0, ("spec", "definitionText"), text.index("oops"))
    assert str(position) == "4:7"


@pytest.mark.parametrize("text", ["", "a: [", '{"a": ', "]", '"', '{"a" "b"}', "{1:}"])
@pytest.mark.parametrize("is_json", [True, False])
def test_broken_texts_have_no_places_and_no_accidents(text, is_json):
    """Looking for a place in what cannot be read finds none, or one on the way."""
    source = Source("x", text, is_json=is_json)
    position = source.locate(0, ("a", "b"))
    assert position is None or position.line >= 1


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def leaves(value, steps=()):
    """Every value that has no parts, with the steps to it."""
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from leaves(member, (*steps, name))
    elif isinstance(value, list) and value:
        for at, item in enumerate(value):
            yield from leaves(item, (*steps, at))
    elif not isinstance(value, dict | list):
        yield steps, value


@given(value=_values, indent=st.sampled_from([None, 1, 4]), is_ascii=st.booleans())
def test_every_value_of_any_json_is_found(value, indent, is_ascii):
    """What stands at the place that is told spells the value."""
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    source = Source("x.json", text, is_json=True)
    lines = text.split("\n")
    for steps, leaf in leaves(value):
        at = source.locate(0, steps, "value")
        start = sum(len(line) + 1 for line in lines[: at.line - 1]) + at.column - 1
        end = sum(len(line) + 1 for line in lines[: at.end_line - 1]) + at.end_column - 1
        assert json.loads(text[start:end]) == leaf
