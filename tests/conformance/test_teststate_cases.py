"""What AWS itself answered to TestState, for every recorded case of it."""

import pytest

from tests.conformance.case_files import VARIABLE, CaseFile, case_files, recorded_folder
from tests.conformance.verdicts import judge


def _cases() -> list[object]:
    files = (it for it in case_files(recorded_folder()) if it.case.get("kind") == "test_state")
    found: list[object] = [pytest.param(file, id=file.id) for file in files]
    reason = f"no recorded cases: name their folder by {VARIABLE}"
    return found or [pytest.param(None, id="none", marks=pytest.mark.skip(reason=reason))]


@pytest.mark.parametrize("file", _cases())
def test_recorded_answer(file: CaseFile) -> None:
    """The answer, or the refusal, is AWS's."""
    assert judge(file).detail == ""
