"""Whether an execution may begin, must wait, or cannot."""

import pytest

from asw.reconciler.opening import (
    Begin,
    CannotBegin,
    WaitForWorkflow,
    listed,
    open_by_revision,
    open_by_workflow,
)
from asw.reconciler.platform import (
    ExecutionKey,
    Revision,
    Stored,
    WorkflowInvalid,
    WorkflowMissing,
    WorkflowReady,
    WorkflowState,
)
from asw.reconciler.settings import Settings
from tests.support.play import START, later

KEY = ExecutionKey("team", "run-1", "uid")
STORED = Stored(key=KEY, execution_name="run-1", workflow_name="pay", created_at=START, fence="1")
REVISION = Revision(name="pay-1", workflow_name="pay", text="{}")
INVALID = WorkflowInvalid(problems=("/StartAt: names no state",))


def test_a_ready_workflow_lets_it_begin() -> None:
    """The Workflow's current revision is pinned, however late it came."""
    ready = WorkflowReady(revision=REVISION)
    assert open_by_workflow(STORED, ready, later(9999), Settings()) == Begin(revision=REVISION)


@pytest.mark.parametrize(
    ("state", "reason", "shows"),
    [
        pytest.param(WorkflowMissing(), "WorkflowNotFound", "'team'", id="missing"),
        pytest.param(INVALID, "InvalidDefinition", "/StartAt", id="invalid"),
    ],
)
def test_waits_and_says_why(state: WorkflowState, reason: str, shows: str) -> None:
    """Within its time, an execution waits for its Workflow to be there and valid."""
    opening = open_by_workflow(STORED, state, later(299), Settings())
    assert isinstance(opening, WaitForWorkflow)
    assert opening.reason == reason
    assert "'pay'" in opening.message
    assert shows in opening.message


@pytest.mark.parametrize(
    ("state", "error"),
    [
        pytest.param(WorkflowMissing(), "Asw.WorkflowNotFound", id="missing"),
        pytest.param(INVALID, "Asw.InvalidDefinition", id="invalid"),
    ],
)
def test_waits_no_longer_than_said(state: WorkflowState, error: str) -> None:
    """After its time it fails by name, counted from its creation."""
    opening = open_by_workflow(STORED, state, later(300), Settings())
    assert isinstance(opening, CannotBegin)
    assert opening.error == error


def test_a_pinned_revision_must_be_there() -> None:
    """A revision that the user named is run, or fails the execution at once."""
    assert open_by_revision(KEY, "pay-1", REVISION) == Begin(revision=REVISION)
    missing = open_by_revision(KEY, "pay-0", None)
    assert isinstance(missing, CannotBegin)
    assert missing.error == "Asw.RevisionLost"
    assert "'pay-0'" in missing.cause


def test_lists_the_first_problems() -> None:
    """A message names five problems and counts the rest."""
    assert listed(tuple("abcdefg")) == "a; b; c; d; e; and 2 more"
    assert listed(("a",)) == "a"
