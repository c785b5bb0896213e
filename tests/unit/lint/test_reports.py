"""Findings are told in formats that programs read, so that nothing in them can be misread."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from asw.lint.findings import Finding
from asw.lint.reports import github_report, json_report, sarif_report
from asw.lint.sources import Position

ERROR = Finding(
    file="a b/流程.yaml",
    code="SCHEMA_VALIDATION_FAILED",
    message="Field 'Typo' is not supported",
    remedy="did you mean 'Type'?",
    subject="Workflow x",
    pointer="/spec/definition/States/A/Typo",
    path="/States/A/Typo",
    position=Position(line=3, column=5, end_line=3, end_column=11),
)
WARNING = Finding(file="-", code="NO_DOLLAR", message="100% sure:\r\n::x::y", severity="WARNING")
ABSOLUTE = Finding(file="/tmp/x.yaml", code="InvalidYaml", message="tab")

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
NUMBER = {"type": "integer", "minimum": 1}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}},
        "$schema": {"type": "string", "format": "uri"},
    },
    "additionalProperties": False,
    "$defs": {
        "run": {
            "type": "object",
            "required": ["tool"],
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "properties": {"driver": {"$ref": "#/$defs/driver"}},
                    "additionalProperties": False,
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
            "additionalProperties": False,
        },
        "driver": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string"},
                "version": {"type": "string"},
                "rules": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/rule"}},
            },
            "additionalProperties": False,
        },
        "rule": {
            "type": "object",
            "required": ["id", "shortDescription", "fullDescription", "help"],
            "properties": {
                "id": {"type": "string"},
                "shortDescription": TEXT,
                "fullDescription": TEXT,
                "help": TEXT,
            },
            "additionalProperties": False,
        },
        "result": {
            "type": "object",
            "required": ["message", "locations", "partialFingerprints"],
            "properties": {
                "partialFingerprints": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "minProperties": 1,
                },
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"enum": ["none", "note", "warning", "error"]},
                "message": TEXT,
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
            },
            "additionalProperties": False,
        },
        "location": {
            "type": "object",
            "properties": {
                "physicalLocation": {
                    "type": "object",
                    "required": ["artifactLocation", "region"],
                    "properties": {
                        "artifactLocation": {
                            "type": "object",
                            "properties": {
                                "uri": {"type": "string", "pattern": "^[!-~]+$"},
                                "uriBaseId": {"type": "string"},
                            },
                            "additionalProperties": False,
                        },
                        "region": {
                            "type": "object",
                            "required": ["startLine"],
                            "properties": dict.fromkeys(
                                ("startLine", "startColumn", "endLine", "endColumn"), NUMBER
                            ),
                            "additionalProperties": False,
                        },
                    },
                    "additionalProperties": False,
                },
                "logicalLocations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"fullyQualifiedName": {"type": "string"}},
                        "additionalProperties": False,
                    },
                },
            },
            "additionalProperties": False,
        },
    },
}
"""What SARIF 2.1.0 says of the objects that are written: names, types, what must be there.

With what GitHub's code scanning asks for: descriptions, locations with a line, fingerprints.
"""

ROOT = Path("/src/flows")


@pytest.mark.parametrize("findings", [[], [ERROR], [ERROR, WARNING, ABSOLUTE, ERROR]])
def test_sarif_is_as_its_schema_has_it(findings):
    """Every report is SARIF 2.1.0, one without findings too, and rules are found by index."""
    report = json.loads(sarif_report(findings, ROOT))
    Draft202012Validator(SARIF).validate(report)
    (run,) = report["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result, finding in zip(run["results"], findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code


def test_sarif_has_addresses_of_files():
    """Names are escaped; those below the folder of the sources are told from there."""
    inside = replace(ABSOLUTE, file="/src/flows/x.yaml")
    above = replace(ABSOLUTE, file="../x.yaml")
    dotted = replace(ABSOLUTE, file="./sub/../y.yaml")
    findings = [ERROR, ABSOLUTE, inside, above, dotted]
    results = json.loads(sarif_report(findings, ROOT))["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert places[0] == {
        "artifactLocation": {
            "uri": "a%20b/%E6%B5%81%E7%A8%8B.yaml",
            "uriBaseId": "%SRCROOT%",
        },
        "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 11},
    }
    assert [place["artifactLocation"]["uri"] for place in places[1:]] == [
        "file:///tmp/x.yaml",
        "x.yaml",
        "file:///src/x.yaml",
        "y.yaml",
    ]
    assert places[1]["region"] == {"startLine": 1}


def test_a_finding_is_known_by_what_it_says():
    """Scanners know it again where lines were added above it, and tell it from its neighbours."""
    moved = replace(ERROR, position=Position(line=9, column=5, end_line=9, end_column=11))
    other = replace(ERROR, pointer="/spec/definition/States/B/Typo")
    results = json.loads(sarif_report([ERROR, moved, other], ROOT))["runs"][0]["results"]
    first, second, third = (result["partialFingerprints"] for result in results)
    assert first == second != third


def test_annotations_cannot_be_broken_out_of():
    """What would end a command or a property is escaped, so that a message starts none."""
    lines = github_report([ERROR, WARNING]).split("\n")
    assert lines[0].startswith("::error file=a b/流程.yaml,title=SCHEMA_VALIDATION_FAILED,line=3")
    assert lines[1] == ("::warning file=-,title=NO_DOLLAR::NO_DOLLAR: 100%25 sure:%0D%0A::x::y")
    odd = Finding(file="a,b:c%.yaml", code="X", message="m")
    assert github_report([odd]) == "::error file=a%2Cb%3Ac%25.yaml,title=X::X: m"


def test_json_has_every_field_that_a_finding_has():
    """Scripts get the place in all ways: line, pointer in the document, path in the definition."""
    report = json.loads(json_report([ERROR, WARNING]))
    assert (report["errors"], report["warnings"]) == (1, 1)
    assert report["findings"][0] == {
        "file": "a b/流程.yaml",
        "line": 3,
        "column": 5,
        "endLine": 3,
        "endColumn": 11,
        "severity": "error",
        "code": "SCHEMA_VALIDATION_FAILED",
        "message": "Field 'Typo' is not supported",
        "remedy": "did you mean 'Type'?",
        "subject": "Workflow x",
        "pointer": "/spec/definition/States/A/Typo",
        "path": "/States/A/Typo",
    }
