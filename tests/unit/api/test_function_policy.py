"""What Functions and task templates may ask for."""

import pytest

from asw.api.connection import ConnectionSpec
from asw.api.function import FunctionSpec
from asw.api.function_policy import (
    FunctionPolicy,
    Rules,
    connection_problems,
    function_problems,
    template_problems,
    told,
)
from asw.api.workflow import TaskTemplate, WorkflowSpec
from tests.support.function_cases import CASES, PLACES

POLICY = FunctionPolicy.model_validate({"namespaces": PLACES})


def problems(case):
    """What the operator has against it."""
    rules = POLICY.rules(case.place)
    if case.kind == "Function":
        return function_problems(FunctionSpec.model_validate(case.spec), rules)
    if case.kind == "Connection":
        return connection_problems(ConnectionSpec.model_validate(case.spec), rules)
    if case.kind == "TaskDefaults":
        return template_problems(TaskTemplate.model_validate(case.spec), rules, "spec")
    return template_problems(WorkflowSpec.model_validate(case.spec).task_template, rules)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_case(case):
    """What may not be asked for is named with its field; what may be has no problem at all."""
    found = "; ".join(problems(case))
    assert case.refused in found if case.refused else found == ""


def test_a_namespace_changes_what_it_names():
    """Fields that a namespace does not name are the default's."""
    policy = FunctionPolicy.model_validate(
        {"default": {"secrets": [], "images": ["a/*"]}, "namespaces": {"n": {"images": ["*"]}}}
    )
    assert policy.rules("n") == Rules(secrets=(), images=("*",))
    assert policy.rules("other") == Rules(secrets=(), images=("a/*",))


def test_the_sentence_fits_into_a_condition():
    """However much is wrong, who decides is still said."""
    sentence = told(["x" * 500] * 9)
    assert len(sentence) < 1024
    assert sentence.endswith("functionPolicy of the operator decides)")
