"""What AWS itself answered, and what we wrote down ourselves: every case is a test."""

import pytest

from tests.conformance.case_files import CaseFile, case_files, recorded_folder
from tests.conformance.verdicts import judge

NO_SCHEDULE = frozenset({"activities.activity-task-on-deleted.0.36673872"})
"""AWS knows before it schedules a task that the activity is gone; here the platform says so, and
the history has ActivityScheduled and ActivityScheduleFailed besides."""


def _cases() -> list[object]:
    found: list[object] = [
        pytest.param(file, id=file.id)
        for file in case_files(recorded_folder())
        # Cases of TestState have a test of their own beside this one.
        if file.case["kind"] != "test_state"
    ]
    reason = "no recorded cases: name their folder by ASW_CONFORMANCE"
    return found or [pytest.param(None, id="none", marks=pytest.mark.skip(reason=reason))]


@pytest.mark.parametrize("file", _cases())
def test_recorded(file: CaseFile) -> None:
    """The answer and, where it was recorded, the whole history are AWS's."""
    verdict = judge(file)
    assert verdict.passed, verdict.detail
    assert verdict.history is not False or file.id in NO_SCHEDULE, verdict.detail
