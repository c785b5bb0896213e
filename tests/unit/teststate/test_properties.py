"""Whatever is asked, TestState answers or refuses."""

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from asw import teststate as testing
from asw.asl.values import Json, to_text
from tests.unit.teststate.requests import a_map, parallel, task

WORDS = ["", "$", "$.a", "$$", "$v", "{% $v %}", "{% ( %}", "{}", "[1]", "States.ALL", "A"]
ATOMS = st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | st.sampled_from(WORDS)
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner),
    max_leaves=5,
)
FIELDS = [
    *("InputPath", "Parameters", "ResultSelector", "ResultPath", "OutputPath", "Assign", "Output"),
    *("Arguments", "Items", "ItemsPath", "ItemSelector", "MaxConcurrency", "Retry", "Catch"),
    *("ToleratedFailureCount", "TimeoutSeconds", "QueryLanguage", "Next", "Type", "Branches"),
]
PARAMETERS = [
    *("stateName", "input", "context", "variables", "mock", "stateConfiguration"),
    *("inspectionLevel", "revealSecrets", "roleArn"),
]
STATES = st.sampled_from([task(), a_map(), parallel(), {"Type": "Pass", "End": True}])
MOCKS = st.sampled_from([{"result": "[1, 2]"}, {"errorOutput": {"error": "A"}}])


@given(
    state=STATES,
    fields=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=2),
    mock=MOCKS,
    parameters=st.dictionaries(st.sampled_from(PARAMETERS), VALUES, max_size=2),
)
def test_answers_or_refuses(
    state: dict[str, Json], fields: dict[str, Json], mock: Json, parameters: dict[str, Any]
) -> None:
    """No definition and no parameter makes TestState break, and its answers are JSON."""
    request = {"definition": {**state, **fields}, "mock": mock, **parameters}
    seen: Json = {}
    with suppress(testing.TestStateRefused):
        seen = testing.test_state({"inspectionLevel": "DEBUG", **request})
    assert to_text(seen)
