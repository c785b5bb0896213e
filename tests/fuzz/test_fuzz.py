"""A few of the random documents of `make fuzz`, the same ones each time."""

from tests.fuzz.__main__ import told
from tests.fuzz.corpus import load
from tests.fuzz.workers import judge_all

SEED = "always the same"
COUNT = 1_500


def test_documents_keep_the_promises() -> None:
    """Each is refused, runs to an end or is cut, within its bounds of time and memory."""
    judged = list(judge_all(SEED, range(COUNT), load(recorded=False)))
    faults = [told(it, SEED, own=True) for it in judged if it.verdict.end == "FAULT"]
    assert not faults, "\n".join(faults)
    ends = {it.verdict.end for it in judged}
    assert {"refused", "ran", "cut"} <= ends, "the documents are all of one kind"
