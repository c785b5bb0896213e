"""The schemas for editors: as fresh as the parser, they take what it takes and refuse typos."""

import copy
import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from asw.asl.parse import read_definition
from dev.schemas.__main__ import FOLDER, schemas
from tests.conformance.case_files import case_files, recorded_folder

ROOT = Path(__file__).parents[3]
MADE = schemas()
REGISTRY = Registry().with_resources(
    (name, DRAFT7.create_resource(schema)) for name, schema in MADE.items()
)
BEYOND_SCHEMAS = {
    "BeyondDialect",
    "DUPLICATE_LABEL_NAME",
    "DUPLICATE_STATE_NAME",
    "DUPLICATE_VARIABLE_NAME",
    "DuplicateField",
    "EndlessBlock",
    "ForbiddenLoop",
    "INVALID_JSONATA_EXPRESSION",
    "INVALID_LABEL_NAME",
    "INVALID_VARIABLE_NAME",
    "MISSING_END_STATE",
    "MISSING_TRANSITION_TARGET",
    "NotSupported",
    "RESERVED_VARIABLE_NAME",
    "UNSUPPORTED_JSONATA_EXPRESSION",
}
"""Codes of what compares places, parses expressions, or is there at AWS only."""


def validator(name):
    """Of one of the schemas, which may refer to the others."""
    Draft7Validator.check_schema(MADE[name])
    return Draft7Validator(MADE[name], registry=REGISTRY)


def faults(name, value):
    """Where the value is wrong, and what is said of it; the deepest places of alternatives."""
    found = []
    waiting = list(validator(name).iter_errors(value))
    while waiting:
        error = waiting.pop()
        waiting += error.context or ()
        found.append(("/".join(map(str, error.absolute_path)), error.message))
    return found


def definitions():
    """Every definition of the conformance cases that is JSON: dialect, text, and its value."""
    for file in case_files(recorded_folder()):
        definition = file.case.get("definition")
        if definition is None:
            continue
        text = definition if isinstance(definition, str) else json.dumps(definition)
        dialect = "TCSL" if file.id.startswith("own-tcsl") else "ASL"
        try:
            yield file.id, dialect, text, json.loads(text)
        except ValueError:
            continue


def manifests():
    """Every manifest of the examples and templates."""
    folders = [ROOT / "examples", ROOT / "operator/asw/cli/templates"]
    for file in sorted(file for folder in folders for file in folder.rglob("*.yaml")):
        if ".test." not in file.name:
            for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
                yield pytest.param(document, id=f"{file.parent.name}/{file.name}")


def test_schemas_are_fresh():
    """What is checked in is what the parser and the models say; make docs writes it."""
    assert {file.name: json.loads(file.read_text("utf-8")) for file in FOLDER.glob("*.json")} == {
        **MADE
    }


def test_every_valid_definition_is_taken():
    """No editor underlines what runs: all cases that the parser takes."""
    refused, count = {}, 0
    for name, dialect, text, value in definitions():
        if read_definition(text, dialect)[0] is not None:
            count += 1
            if found := faults(f"{dialect.lower()}.schema.json", value):
                refused[name] = found[:3]
    assert refused == {}
    assert count > 100


def test_what_schemas_let_pass_is_what_none_can_say():
    """A definition that the parser refuses for its fields and their types is refused here too."""
    passed = {}
    for name, dialect, text, value in definitions():
        machine, problems = read_definition(text, dialect)
        errors = [problem for problem in problems if problem.severity == "ERROR"]
        if machine is None and not faults(f"{dialect.lower()}.schema.json", value):
            passed[name] = {problem.code for problem in errors}
    unsaid = {name for name, codes in passed.items() if not codes & BEYOND_SCHEMAS}
    assert len(unsaid) <= 8, unsaid  # timestamps beyond the calendar, paths that do not parse


@pytest.mark.parametrize("manifest", list(manifests()))
def test_manifests_of_examples_and_templates_are_taken(manifest):
    """What users begin with has no line under it."""
    assert faults("manifest.schema.json", manifest) == []


WORKFLOW = {
    "apiVersion": "asw.dev/v1alpha1",
    "kind": "Workflow",
    "metadata": {"name": "x"},
    "spec": {
        "definition": {
            "StartAt": "Pay",
            "States": {
                "Pay": {
                    "Type": "Task",
                    "Resource": "asw:function:pay",
                    "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
                    "Next": "Each",
                },
                "Each": {
                    "Type": "Map",
                    "ItemProcessor": {
                        "StartAt": "One",
                        "States": {"One": {"Type": "Pass", "End": True}},
                    },
                    "Next": "Which",
                },
                "Which": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "Done"}],
                },
                "Done": {"Type": "Succeed"},
            },
        }
    },
}
DEFINITION = "spec/definition"


def test_the_workflow_that_typos_are_made_in_is_right():
    """Else the next test would show nothing."""
    assert faults("manifest.schema.json", WORKFLOW) == []


@pytest.mark.parametrize(
    ("place", "name", "value", "told_at"),
    [
        ("spec", "retantion", {}, "spec"),
        ("spec", "dialect", "ASLL", "spec/dialect"),
        ("spec", "concurrency", {"limit": 0}, "spec/concurrency/limit"),
        (DEFINITION, "StratAt", "Pay", DEFINITION),
        (f"{DEFINITION}/States/Pay", "Resorce", "x", f"{DEFINITION}/States/Pay"),
        (f"{DEFINITION}/States/Pay", "Type", "Tsak", f"{DEFINITION}/States/Pay/Type"),
        (f"{DEFINITION}/States/Pay", "TimeoutSeconds", "5", f"{DEFINITION}/States/Pay/TimeoutSec"),
        (f"{DEFINITION}/States/Pay", "Arguments", {}, f"{DEFINITION}/States/Pay"),
        (f"{DEFINITION}/States/Pay/Retry/0", "MaxAttempt", 2, f"{DEFINITION}/States/Pay/Retry/0"),
        (f"{DEFINITION}/States/Each/ItemProcessor/States/One", "Edn", True, "States/One"),
        (f"{DEFINITION}/States/Which/Choices/0", "NumericEqual", 1, "Which/Choices/0"),
        (f"{DEFINITION}/States/Done", "Next", "Pay", f"{DEFINITION}/States/Done"),
    ],
)
def test_typos_are_refused_where_they_are(place, name, value, told_at):
    """An editor underlines the object, or the value, that has the mistake."""
    manifest = copy.deepcopy(WORKFLOW)
    here = manifest
    for step in place.split("/"):
        here = here[int(step)] if isinstance(here, list) else here[step]
    here[name] = value
    assert any(told_at in where for where, _ in faults("manifest.schema.json", manifest))


def test_the_language_of_a_state_decides_which_fields_it_has():
    """JSONata has Arguments where JSONPath has Parameters, by the machine's or the state's own."""

    def faults_of(**of_machine):
        state = {"Type": "Task", "Resource": "asw:function:f", "Arguments": {}, "End": True}
        own = of_machine.pop("own", {})
        machine = {"StartAt": "A", "States": {"A": {**state, **own}}, **of_machine}
        return faults("asl.schema.json", machine)

    assert faults_of() != []
    assert faults_of(QueryLanguage="JSONata") == []
    assert faults_of(own={"QueryLanguage": "JSONata"}) == []
    assert faults_of(QueryLanguage="JSONata", own={"QueryLanguage": "JSONPath"}) != []


def undescribed(schema, path=""):
    """Fields of objects that have no others, of which nothing is said."""
    if isinstance(schema, dict):
        is_closed = schema.get("additionalProperties") is False
        for name, member in schema.get("properties", {}).items() if is_closed else ():
            if not {"description", "const", "properties"} & member.keys():
                yield f"{path}/{name}"
        for name, member in schema.items():
            yield from undescribed(member, f"{path}/{name}")
    elif isinstance(schema, list):
        for member in schema:
            yield from undescribed(member, path)


@pytest.mark.parametrize("name", ["asl.schema.json", "tcsl.schema.json", "workflow.schema.json"])
def test_every_field_is_described(name):
    """Hovering over a field tells what it is for."""
    assert list(undescribed(MADE[name])) == []
