"""The schema of test files: it takes what asw test takes, and underlines typos in an editor."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from asw.cli import templates as library
from dev.schemas.workflow_tests import workflow_test_schema
from tests.support.testing import HEAD, case
from tests.unit.testkit import test_running

VALIDATOR = Draft7Validator(workflow_test_schema())
OK = {"result": 1}
TEMPLATES = sorted(path.parent for path in Path(library.__file__).parent.glob("*/*.test.yaml"))


def places(content) -> list[str]:
    """Where the schema finds something wrong, at the innermost place of each."""
    return ["/".join(map(str, path)) for path in map(_innermost, VALIDATOR.iter_errors(content))]


def _innermost(error):
    return max((error.absolute_path, *map(_innermost, error.context)), key=len)


def test_the_schema_is_one():
    """It is a schema of draft 7, which the YAML language server takes."""
    Draft7Validator.check_schema(workflow_test_schema())


@pytest.mark.parametrize("folder", TEMPLATES, ids=lambda it: it.name)
def test_templates_are_valid(folder):
    """The test files that asw init writes have nothing underlined."""
    (path,) = folder.glob("*.test.yaml")
    assert places(yaml.safe_load(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("given", [it.values[1] for it in test_running.PASSES])
def test_cases_are_valid(given):
    """All that the tests of asw test write may be written."""
    assert places({**HEAD, "cases": [given]}) == []


def test_parameters_may_stand_for_values_of_any_type():
    """A mark is no typo where a number, a status or a span is wanted."""
    given = case(
        parameters=[{"d": "5m", "n": 1, "s": "FAILED"}],
        mocks={"Work": [{"error": "E", "delay": "${d}", "times": "${n}"}]},
        expect={"status": "${s}", "duration": "${d}"},
    )
    assert places({**HEAD, "cases": [given]}) == []


TYPOS = [
    pytest.param({"nmae": "x"}, "cases/0", id="field of a case"),
    pytest.param({"expect": {"outptu": 1}}, "cases/0/expect", id="field of expect"),
    pytest.param({"expect": {"status": "SUCCEEDS"}}, "cases/0/expect/status", id="status"),
    pytest.param({"mocks": {"A": {"reslt": 1}}}, "cases/0/mocks/A", id="field of a mock"),
    pytest.param({"mocks": {"A": [{**OK, "error": "E"}]}}, "cases/0/mocks/A/0", id="two ends"),
    pytest.param({"mocks": {"A": {**OK, "delay": "5x"}}}, "cases/0/mocks/A/delay", id="span"),
    pytest.param({"mocks": {"A": {**OK, "when": {"idx": 1}}}}, "cases/0/mocks/A/when", id="when"),
    pytest.param({"requests": [{"after": 1}]}, "cases/0/requests/0", id="request"),
    pytest.param({"input": 1, "inputFile": "x"}, "cases/0", id="two inputs"),
    pytest.param({"context": {"name": "x"}}, "cases/0/context", id="context"),
]


@pytest.mark.parametrize(("given", "place"), TYPOS)
def test_typos_are_underlined_where_they_stand(given, place):
    """An editor marks the object or the value that is wrong."""
    assert place in places({**HEAD, "cases": [case(**given)]})


NO_TESTS = [
    pytest.param({**HEAD}, id="no cases"),
    pytest.param({**HEAD, "cases": []}, id="empty"),
    pytest.param({**HEAD, "kind": "Workflow", "cases": [case()]}, id="kind"),
    pytest.param({**HEAD, "csaes": [case()]}, id="typo"),
]


@pytest.mark.parametrize("content", NO_TESTS)
def test_what_is_no_test_file(content):
    """A file without cases, or of another kind, is wrong as a whole."""
    assert places(content) != []
