"""Definitions read in a sandbox, beside the same read here."""

import pickle
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from asw.asl.problems import InvalidDefinition
from asw.asl.values import to_text
from asw.reconciler.machines import MOST_TEXT, Machines
from asw.reconciler.platform import Revision, Unavailable
from asw.reconciler.reading import LONGEST_MESSAGE, MODULES, SHORT, SHOWN, Check, Reader, verdict
from asw.sandbox.jobs import Answered, OutOfTime
from asw.sandbox.sandbox import Sandbox
from bench.engine.definitions import large_definition

BROKEN = to_text(
    {"StartAt": "S0", "States": {f"S{n}": {"Type": "Pass", "Next": f"T{n}"} for n in range(900)}}
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """As the operator has it."""
    async with aclosing(Sandbox(workers=2, modules=MODULES)) as made:
        yield made


class Answers:
    """A sandbox that gives this outcome, and counts."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome
        self.asked = 0

    async def run(self, _namespace: str, _job: Any) -> Any:
        """See Sandbox."""
        self.asked += 1
        return self.outcome


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("text", [large_definition("JSONata", 20_000), BROKEN], ids=["good", "bad"])
async def test_a_verdict_is_the_same_elsewhere(sandbox, text):
    """Problems in their order, how many there are, and the functions."""
    assert len(text) > SHORT
    assert await Reader(sandbox).check("ns", text, "ASL") == verdict(text, "ASL")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
async def test_a_machine_is_the_same_elsewhere(sandbox, language):
    """It comes back as it was made there."""
    text = large_definition(language, 20_000)
    there = await Reader(sandbox).parse("ns", text, "ASL")
    assert there == await Reader().parse("ns", text, "ASL")


@pytest.mark.asyncio(loop_scope="module")
async def test_problems_come_back_as_such(sandbox):
    """A definition that cannot run is told as it is here."""
    with pytest.raises(InvalidDefinition) as caught:
        await Reader(sandbox).parse("ns", BROKEN, "ASL")
    assert len(caught.value.problems) == SHOWN


def test_as_many_problems_are_told_as_are_worth_it():
    """What is kept of a broken definition is bounded; its errors are counted all the same."""
    found = verdict(BROKEN, "ASL")
    assert len(found.problems) == SHOWN
    assert found.errors > SHOWN
    assert found.functions is None
    assert all(len(problem.message) <= 2 * LONGEST_MESSAGE + 2 for problem in found.problems)


async def test_what_takes_too_long_has_a_problem():
    """A definition whose reading was ended is refused with its reason."""
    found = await Reader(Answers(OutOfTime())).check("ns", BROKEN, "ASL")
    assert (found.functions, found.errors) == (None, 1)
    with pytest.raises(InvalidDefinition, match="too much time or memory"):
        await Reader(Answers(OutOfTime())).parse("ns", BROKEN, "ASL")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}",
        b"[1]",
        pickle.dumps(print),
        pickle.dumps(replace),
        pickle.dumps(Check(text="", dialect="ASL")),
        pickle.dumps("a text"),
        pickle.dumps((1, 2)),
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04\x8c\x0dasw.asl.model\x8c\x14StateMachine.__init__\x93.",
    ],
)
async def test_what_is_no_answer_is_not_believed(answer):
    """Nothing but values of the language is made of what a process says."""
    reader = Reader(Answers(Answered(answer)))
    with pytest.raises(Unavailable):
        await reader.parse("ns", BROKEN, "ASL")
    with pytest.raises(Unavailable):
        await reader.check("ns", BROKEN, "ASL")


async def test_machines_are_bounded_by_the_text_of_their_definitions():
    """A few definitions of the largest size are kept, not hundreds."""
    machines, names = Machines(100), "abcdefghij"
    text = to_text({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    padded = text.ljust(1_000_000)
    for name in names:
        await machines.parse("ns", Revision(name=name, workflow_name="flow", text=padded))
    kept = [name for name in names if machines.find("ns", name)]
    assert kept == list(names[-(MOST_TEXT // len(padded)) :])
