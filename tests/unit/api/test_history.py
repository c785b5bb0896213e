"""History events as flat lines with payloads as JSON text."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.api.history import event_from_line, event_to_line
from asw.engine.history import Event

AT = datetime(2026, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def an_event(**details):
    """An event with these details."""
    return Event(id=3, previous_event_id=2, type="PassStateExited", at=AT, details=details)


def test_a_line_is_flat_and_its_payloads_are_text():
    """A stored event has the fields of AWS, and a payload keeps its order, nulls and 1.0."""
    event = an_event(name="Add", output={"b": 1.0, "a": None, "c": "文"})
    assert event_to_line(event) == {
        "id": 3,
        "previousEventId": 2,
        "timestamp": "2026-01-31T09:30:00.250Z",
        "type": "PassStateExited",
        "name": "Add",
        "output": '{"b":1.0,"a":null,"c":"文"}',
    }


@pytest.mark.parametrize(
    ("details", "stored"),
    [
        pytest.param({"input": "text"}, {"input": '"text"'}, id="a payload that is a text"),
        pytest.param({"output": None}, {"output": "null"}, id="a payload that is null"),
        pytest.param(
            {"parameters": {"FunctionName": "sum"}},
            {"parameters": '{"FunctionName":"sum"}'},
            id="parameters",
        ),
        pytest.param(
            {"error": "E", "cause": "{}"},
            {"error": "E", "cause": "{}"},
            id="error and cause stay texts",
        ),
        pytest.param(
            {"index": 0, "length": 3}, {"index": 0, "length": 3}, id="numbers stay numbers"
        ),
        pytest.param(
            {"assignedVariables": {"x": 1, "y": "z"}},
            {"assignedVariables": {"x": "1", "y": '"z"'}},
            id="each variable is a payload",
        ),
    ],
)
def test_only_payloads_become_text(details, stored):
    """AWS: input, output and parameters are JSON text; names, errors and numbers are themselves."""
    line = event_to_line(an_event(**details))
    assert {key: line[key] for key in stored} == stored


@given(payload=json_values, cause=st.text())
def test_a_line_reads_back_as_its_event(payload, cause):
    """Storing loses nothing, whatever the payload."""
    event = an_event(input=payload, output=payload, cause=cause, assignedVariables={"x": payload})
    assert event_from_line(event_to_line(event)) == event


def test_what_is_no_line_is_refused():
    """A line without its envelope is a fault, not an event."""
    with pytest.raises(KeyError):
        event_from_line({"id": 1})
