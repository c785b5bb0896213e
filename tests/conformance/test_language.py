"""The page about the language: every feature has its row, and a row counts the right cases."""

import pytest

from dev import language
from tests.conformance import matching
from tests.conformance.case_files import CaseFile, case_files, recorded_folder
from tests.conformance.verdicts import Verdict

UNTOLD = frozenset({"mock", "lambda", "sync_integration"})
"""Needs that other rows tell along: of TestState, of both ways to call a function, of services."""


def a_case(*needs: str, kind: str = "execution") -> CaseFile:
    return CaseFile(case={"id": "a", "kind": kind, "needs": list(needs)}, rules=matching)


def row(name: str, *judged: tuple[CaseFile, Verdict]) -> list[str]:
    """The cells of a feature's row."""
    page = language.page(judged, language.Words())
    found = [line for line in page.splitlines() if line.startswith(f"| {name} |")]
    assert len(found) == 1
    return [cell.strip() for cell in found[0].strip("|").split("|")]


PASSED, FAILED = Verdict(passed=True), Verdict(passed=False)


@pytest.mark.parametrize(
    ("verdicts", "supported", "count"),
    [
        ([], "not measured", ""),
        ([PASSED, PASSED], "yes", "2 of 2"),
        ([PASSED] * 9 + [FAILED], "yes, with differences", "9 of 10"),
        ([PASSED, FAILED], "in part", "1 of 2"),
        ([FAILED], "no", "0 of 1"),
    ],
)
def test_supported(verdicts: list[Verdict], supported: str, count: str) -> None:
    """Whether a feature is supported is read from its cases, not claimed."""
    cells = row("Retry", *((a_case("task", "retry"), verdict) for verdict in verdicts))
    assert cells[1:3] == [supported, count]


def test_services_count_for_themselves() -> None:
    """A case that needs a service of AWS says nothing about the states around it."""
    judged = (a_case("task", "aws_service"), FAILED), (a_case("task"), PASSED)
    assert row("Task", *judged)[2] == "1 of 1"
    assert row("Requests", *judged)[2] == "0 of 1"


@pytest.mark.parametrize("need", ["task_token", "sync_integration", "nested_execution"])
def test_waiting_is_no_request(need: str) -> None:
    """A case that waits for more than the answer of a service says nothing about requests."""
    judged = (a_case("aws_service", need), FAILED), (a_case("aws_service"), PASSED)
    assert row("Requests", *judged)[2] == "1 of 1"


def test_kinds_have_rows() -> None:
    """Cases that are no executions count for their kind."""
    judged = (a_case("pass", kind="create"), PASSED), (a_case("pass"), FAILED)
    assert row("Refused definitions", *judged)[2] == "1 of 1"
    assert row("Pass", *judged)[2] == "0 of 1"


def test_every_need_is_told() -> None:
    """No recorded case uses a feature that the page does not name."""
    told = {need for rows in language.CHAPTERS.values() for it in rows for need in it.needs}
    needs = {need for file in case_files(recorded_folder()) for need in file.case["needs"]}
    assert needs <= told | UNTOLD
