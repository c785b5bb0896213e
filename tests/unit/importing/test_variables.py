"""Variables of the Serverless Framework, as far as files tell."""

import pytest

from asw.failures import Failure
from asw.importing.found import Export
from asw.importing.variables import fill_in
from tests.unit.importing.conftest import Texts

FILES = {"other.yml": "deep: {key: value}\n"}


def filled(content, **values):
    """The content with its variables filled in."""
    return fill_in(
        content, Export(name="s.yml", content=content, files=Texts(FILES), values=values)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${self:custom.prefix}-x", "shop-x"),
        ("${self:custom}", {"prefix": "shop"}),
        ("${name}-${stage}", "flow-${stage}"),
        ("${opt:stage, 'dev'}", "dev"),
        ('${opt:stage, "dev"}', "dev"),
        ("${opt:stage, self:custom.prefix}", "shop"),
        ("${opt:stage, ${self:custom.prefix}}", "shop"),
        ("${param:LIMIT, 3}", 3),
        ("${param:OFF,false}", False),
        ("${sls:stage}", "dev"),
        ("${env:TOKEN}", "${env:TOKEN}"),
        ("${aws:region}", "us-east-1"),
        ("${file(other.yml):deep.key}", "value"),
        ("${file(./other.yml)}", {"deep": {"key": "value"}}),
        ("${file(code.js):x}", "${file(code.js):x}"),
        ("${ssm:/path}", "${ssm:/path}"),
        ("${cf:stack.Output, 'none'}", "none"),
        ("${AWS::Region}", "${AWS::Region}"),
    ],
)
def test_fill_in(text, expected):
    """What the files tell is filled in, in its own type; all else stays as it is written."""
    content = {"name": "flow", "custom": {"prefix": "shop"}, "value": text}
    assert filled(content)["value"] == expected


def test_the_command_line_wins():
    """``--set`` is what options, environment and parameters are to the framework."""
    content = {"a": "${opt:stage, 'dev'}", "b": "${sls:stage}", "c": "${env:stage}"}
    assert set(filled(content, stage="prod").values()) == {"prod"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": "${file(gone.yml)}"}, "no file gone.yml"),
        ({f"k{n}": ["${self:k0}"] * 30 for n in range(9)}, "contain each other"),
        ({"a": {f"k{n}": "${self:a}" for n in range(30)}}, "contain each other"),
    ],
)
def test_what_cannot_be_filled_in(content, message):
    """A file that is not there, and variables that grow without end, are told."""
    with pytest.raises(Failure, match=message):
        filled(content)
