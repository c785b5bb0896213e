"""What AWS itself answered, for every recorded execution that this version can run."""

import pytest

from tests.support.recorded import Case, folder, matching, run, supported_cases


def _cases() -> list[object]:
    found: list[object] = [pytest.param(case, id=case["id"]) for case in supported_cases()]
    reason = "no recorded cases: name their folder by ASW_CONFORMANCE"
    return found or [pytest.param({}, id="none", marks=pytest.mark.skip(reason=reason))]


@pytest.mark.parametrize("case", _cases())
def test_recorded(case: Case) -> None:
    """Status, output, error, cause and, where it was recorded, the whole history are AWS's."""
    assert folder() is not None
    seen, expect, match = run(case), case["expect"], matching()
    failure = seen.outcome.failure
    ours = {
        "status": seen.outcome.status,
        "output": seen.outcome.output,
        "error": failure.error if failure else None,
        "cause": failure.cause if failure else None,
    }
    assert match.match_outcome(expect, ours).mismatches == []
    if "history" in expect:
        history = [{"type": event.type, **event.details} for event in seen.history]
        kind = {
            "unordered": expect["history_unordered"],
            "lossy": expect["history_lossy"],
            # AWS added it to the context object while the recordings were made.
            "ignore_keys": match.VOLATILE_KEYS | {"RedriveCount"},
        }
        assert match.match_history(expect["history"], history, **kind).mismatches == []
