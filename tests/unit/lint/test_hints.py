"""What would mend a problem of a definition, in the language of its user."""

import ast
import json
import re
from pathlib import Path

import pytest

import asw.api
import asw.asl
import asw.lint.analysis
from asw import messages
from asw.asl.parse import find_problems, parse
from asw.asl.problems import NOT_SUPPORTED, Problem
from asw.lint import hints
from asw.lint.analysis.check import check_flow
from asw.lint.forms import HINTS, SUMMARIES
from asw.lint.hints import remedy_of, summary_of, translated

END = {"Type": "Pass", "End": True}


@pytest.fixture
def in_chinese(monkeypatch):
    """The user reads Chinese."""
    monkeypatch.setattr(hints, "language", lambda: "zh")
    monkeypatch.setattr(messages, "language", lambda: "zh")


def first_problem(states, dialect="ASL", **top):
    """The first of what is wrong with a machine that starts at A."""
    definition = {"StartAt": "A", **top, "States": states}
    return find_problems(json.dumps(definition), dialect)[0]


def task(**fields):
    return {"A": {"Type": "Task", "Resource": "asw:function:f", "End": True, **fields}}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param({"A": {"Type": "Pas", "End": True}}, "您是不是想写 'Pass'", id="type"),
        pytest.param(
            {"A": {"Type": "Pass", "Next": "B"}, "BB": END}, "您是不是想写 'BB'", id="near"
        ),
        pytest.param({"A": {"Type": "Pass", "Next": "xyz"}}, "只有 A", id="none"),
        pytest.param({"A": {"Type": "Pass"}}, "请用 Next 指定下一个状态", id="end"),
        pytest.param({"A": END, "B": END}, "或删除它", id="lost"),
        pytest.param(task(TimeoutSeconds=0), "TimeoutSeconds 现为 0", id="range"),
        pytest.param(task(TimeoutSeconds="x"), 'TimeoutSeconds 现为 "x"', id="wrong type"),
        pytest.param(task(Qwertz=1), "Task 状态有 ", id="unknown field"),
        pytest.param(task(Output="{% 1 %}"), "JSONPath 中用 ", id="other language"),
        pytest.param(task(Parameters={"a": "$.b"}), "请把字段名写成 'a.$'", id="static"),
        pytest.param(task(Resource="send mail"), "可以使用 qrn:", id="resource"),
        pytest.param(task(Resource="${F}"), "${F} 含有部署时才填写的占位符", id="placeholder"),
    ],
)
@pytest.mark.usefixtures("in_chinese")
def test_a_hint_comes_in_the_users_language(states, expected):
    """Who reads Chinese is told in Chinese what would mend a definition."""
    remedy = remedy_of(first_problem(states))
    assert expected in remedy
    assert not re.search(r"\b(the|is|it|has|have)\b", remedy)


@pytest.mark.usefixtures("in_chinese")
def test_what_tcsl_does_not_document_is_told_in_chinese():
    """The warning that a user of Tencent's meets most has its remedy in Chinese."""
    assert remedy_of(first_problem({"A": {"Type": "Succeed"}}, "TCSL")) == "在这里与 ASL 中一样有效"


@pytest.mark.parametrize(
    "hint",
    [
        "",
        "nobody knows this",
        "it works as in ASL; nobody knows this",
        "'x' is not an intrinsic function (at the end)",
        "it is always a number from 0; the state then fails with States.Runtime",
    ],
)
@pytest.mark.usefixtures("in_chinese")
def test_a_hint_that_is_not_known_stays_as_it_is(hint):
    """No half of a sentence is in one language and half in the other."""
    assert translated(hint) == hint


def test_in_english_a_hint_is_what_the_language_layer_says():
    """Nothing is looked up where nothing is to be translated."""
    assert translated("it works as in ASL") == "it works as in ASL"


@pytest.mark.parametrize(
    ("resource", "remedy"),
    [
        ("qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage", "with Tencent's SDK in an image"),
        ("asw:job:x", "asw:function:NAME"),
    ],
)
def test_a_service_comes_with_what_to_use_instead(resource, remedy):
    """A Task that calls what only a cloud has is told what does the same here."""
    problem = first_problem(task(Resource=resource))
    assert problem.code == NOT_SUPPORTED
    assert remedy in remedy_of(problem)


def test_what_else_is_not_supported_keeps_its_hint():
    """Only services are replaced."""
    problem = Problem(
        severity="ERROR",
        code=NOT_SUPPORTED,
        path="/x",
        summary="InputType PARQUET is not supported yet",
        hint="CSV, JSON, JSONL and MANIFEST are",
    )
    assert remedy_of(problem) == problem.hint


def test_every_translated_sentence_is_one_that_the_layers_below_say():
    """A sentence that was changed in the code is changed in the catalogue as well."""
    said = "\n".join(_said())
    assert [form for form in (*HINTS, *SUMMARIES) if _core(form) not in said] == []


_JOINTS = re.compile(
    r"\{\w*\}|'|, only |, did you mean |, and (?:each round )?|, by way| will never| but |^This \w+"
    r"|, name |, set |, give |, write |, use |it takes (?:no)?|at least | to |, not | an? \w+\.$"
    r"|stands beside it|follows it"
)
"""Where the code puts a sentence together of several literals."""


def _core(form):
    """The longest text of a form that one literal of the code has."""
    return max(_JOINTS.split(re.sub(r" has \{\}( and \{\} more)?$", "", form)), key=len)


def _said():
    """Every literal of the layers below; the holes of f-strings part them."""
    for layer in (asw.asl, asw.api, asw.lint.analysis):
        for file in Path(layer.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


@pytest.mark.parametrize(
    ("machine", "summary", "remedy"),
    [
        pytest.param(
            {"A": {"Type": "Task", "Resource": "asw:function:f", "End": True}},
            "此 Task 的某些错误无人处理",
            "States.ALL 的 Catch",
            id="unhandled",
        ),
        pytest.param(
            {
                "A": {"Type": "Pass", "Result": {"b": 1}, "Next": "B"},
                "B": END | {"InputPath": "$.c"},
            },
            "路径 '$.c' 永远找不到任何值",
            "没有 'c'",
            id="never",
        ),
        pytest.param(
            {
                "A": {"Type": "Pass", "Result": 1, "Next": "B"},
                "B": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "C"}],
                    "Default": "C",
                },
                "C": END,
            },
            "规则 1 永远不成立",
            "请删除、改正或上移它",
            id="rule",
        ),
    ],
)
@pytest.mark.usefixtures("in_chinese")
def test_the_data_flow_check_speaks_chinese(machine, summary, remedy):
    """What it finds is in sentences of ours, and is told in the user's language."""
    definition = {"StartAt": "A", "States": machine}
    problem = check_flow(parse(json.dumps(definition)), definition)[0]
    assert summary in summary_of(problem)
    assert remedy in remedy_of(problem)


@pytest.mark.usefixtures("in_chinese")
def test_sentences_of_aws_stay_as_they_are():
    """They can be searched for."""
    problem = first_problem({"A": {"Type": "Pas", "End": True}})
    assert summary_of(problem) == problem.summary


def test_in_english_a_summary_is_what_was_found():
    """Nothing is looked up where nothing is to be translated."""
    problem = first_problem(task(Resource="arn:aws:states:::sqs:sendMessage"))
    assert summary_of(problem) == problem.summary
