"""Approvals as the engine sees them: requests that a report ends."""

from asw.asl.model import TaskState
from asw.asl.parse import parse
from asw.asl.resources import has_token
from asw.asl.values import Json, to_text
from tests.support.play import definition, play


def an_approval(**fields: Json) -> dict[str, Json]:
    """A Task that asks a person."""
    asked = {"Title": "Go?", "Message.$": "$.what"}
    return {"Type": "Task", "Resource": "asw:approval", "Parameters": asked, "End": True, **fields}


def test_a_bad_question_can_be_caught() -> None:
    """What is wrong with a value of the data is known when the Task starts, and has a name."""
    catch = [{"ErrorEquals": ["Asw.InvalidApproval"], "Next": "Caught"}]
    states = {"Ask": an_approval(Catch=catch), "Caught": {"Type": "Pass", "End": True}}
    seen = play(definition("Ask", **states), {"what": 5})
    assert "Message of an approval" in seen.outcome.output["Cause"]
    assert seen.started == []


def test_an_approval_gives_no_token() -> None:
    """Nobody can answer in another one's name by a token from the message."""
    state = parse(to_text(definition("Ask", Ask=an_approval()))).block.states["Ask"]
    assert isinstance(state, TaskState)
    assert not has_token(state.resource)
