"""A step whose expressions are evaluated elsewhere is the step that it would have been."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from asw.asl.elsewhere import Evaluations, Interrupted, read_answer, write_answer
from asw.asl.parse import parse, read_definition
from asw.asl.values import Json, to_text
from asw.engine.step import Step, begin, step
from tests.support.play import START, definition, header

CASES = Path(__file__).parents[2] / "conformance/cases"


def stepped_elsewhere(text: str, value: Json, dialect: str = "ASL") -> Step:
    """The first step of an execution, none of whose expressions is evaluated here."""
    evaluations = Evaluations(tries=False)
    action = partial(step, parse(text, dialect), begin(header(), value), (), START)
    while True:
        try:
            return evaluations.run(action)
        except Interrupted as interrupted:
            question = interrupted.question
            if question is not None:
                evaluations.answer(read_answer(question, write_answer(question)))


def stepped_here(text: str, value: Json, dialect: str = "ASL") -> Step:
    """The same step as it is without anything elsewhere."""
    return step(parse(text, dialect), begin(header(), value), (), START)


def runnable() -> list[Any]:
    """Definition, input and dialect of each recorded or own case that can be run."""
    found = []
    for path in sorted(CASES.glob("*.json")):
        case = json.loads(path.read_text())
        text, dialect = to_text(case.get("definition")), case.get("dialect", "ASL")
        machine, _ = read_definition(text, dialect)
        if machine is not None:
            found.append(pytest.param(text, case.get("input"), dialect, id=path.stem))
    return found


@pytest.mark.parametrize(("text", "value", "dialect"), runnable())
def test_the_step_is_the_same(text, value, dialect):
    """Record, history, commands and ways are those of a step that asked nobody."""
    assert stepped_elsewhere(text, value, dialect) == stepped_here(text, value, dialect)


@pytest.mark.parametrize(
    "state",
    [
        {"Output": {"a": "{% $random() %}", "b": "{% $uuid() %}", "c": "{% $random() %}"}},
        {"Output": "{% $states.context.Execution.Id %}", "Assign": {"x": "{% $now() %}"}},
        {"Output": ["{% $states.input.n + 1 %}", "{% $number('x') %}"]},
        {
            "QueryLanguage": "JSONPath",
            "Parameters": {
                "a.$": "States.UUID()",
                "b.$": "States.Format('{}', $.items[*])",
                "c.$": "States.MathRandom(1, 1000)",
                "d.$": "$$.State.EnteredTime",
                "e.$": "$..n",
            },
        },
    ],
)
def test_chance_time_and_context_are_the_same(state):
    """What is drawn, what time it is and what the context says do not depend on the place."""
    states = {"A": {"Type": "Pass", "Next": "B", **state}, "B": {"Type": "Pass", "End": True}}
    language = state.get("QueryLanguage", "JSONata")
    text = to_text({"QueryLanguage": language, **definition("A", **states)})
    value = {"n": 1, "items": [1, 2]}
    assert stepped_elsewhere(text, value) == stepped_here(text, value)
