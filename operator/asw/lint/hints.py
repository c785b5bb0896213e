"""Says what is wrong with a definition and how to fix it, in the user's language. Pure.

The layers below write English. For services that only a cloud has, a hint says what to use instead.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, TypeAlias

from asw.asl.integrations import integration_of
from asw.asl.problems import NOT_SUPPORTED, Problem
from asw.lint import forms
from asw.messages import language, t

_Forms: TypeAlias = tuple[tuple[re.Pattern[str], str], ...]
_HOLES: Final[Mapping[str, str]] = {
    "{}": "(.+?)",
    "{word}": r"(\S+)",
    "{json}": r"""((?:["{\[\d-]|true\b|false\b|null\b).*)""",
}
_HOLE = re.compile(r"(\{(?:word|json)?\})")
_SERVICE = re.compile(r"The resource (.+) is not supported yet", re.DOTALL)

_Say = Callable[[], str]

_JOB: _Say = lambda: t("let a Function of runtime image do the job's work")  # noqa: E731
_HTTP: _Say = lambda: t("call it from a Function: urllib needs no image of your own")  # noqa: E731
_SDK: _Say = lambda: t(  # noqa: E731
    "call it from a Function: Parameters become its event, an image with boto3 its code"
)
_CALLBACK: _Say = lambda: t(  # noqa: E731
    "let lambda:invoke.waitForTaskToken call a Function that asks for it and passes on the token"
)

_BY_SERVICE: Final[Mapping[str, _Say]] = {
    "states": _CALLBACK,
    "activity": lambda: t("make its worker a Function, with runtime image if it is large"),
    **dict.fromkeys(("http", "apigateway"), _HTTP),
    "lambda": _CALLBACK,
    **dict.fromkeys(("ecs", "batch", "eks", "glue", "codebuild", "sagemaker", "databrew"), _JOB),
    **dict.fromkeys(("emr-containers", "emr-serverless", "elasticmapreduce"), _JOB),
}


def remedy_of(problem: Problem) -> str:
    """What to do about the problem; empty if unknown."""
    if problem.code == NOT_SUPPORTED and (found := _SERVICE.fullmatch(problem.summary)):
        return instead_of(found[1])
    return translated(problem.hint)


def summary_of(problem: Problem) -> str:
    """What is wrong, in the user's language if the sentence is ours rather than AWS's."""
    if language() != "zh":
        return problem.summary
    return _in_chinese(problem.summary, _translated(forms.SUMMARIES)) or problem.summary


def translated(hint: str) -> str:
    """The hint in the user's language; unchanged if any part of it is unknown."""
    if not hint or language() != "zh":
        return hint
    parts = [_in_chinese(part, _translated(forms.HINTS)) for part in hint.split("; ")]
    if None in parts:
        return hint
    return "\uff1b".join(part for part in parts if part).replace("\uff1f\uff1b", "\uff1f")


def _in_chinese(part: str, known: _Forms) -> str | None:
    """The translation by the first form that fits: the longest forms come first."""
    for form, chinese in known:
        if found := form.fullmatch(part):
            values = iter(found.groups())
            return "".join(
                next(values) if text in _HOLES else text for text in _HOLE.split(chinese)
            )
    return None


@cache
def _translated(known: tuple[str, ...]) -> _Forms:
    """The forms with their translations, the longest first."""

    def text_of(form: str) -> int:
        return len(_HOLE.sub("", form))

    return tuple(
        (re.compile(_pattern(form), re.DOTALL), t(form))
        for form in sorted(known, key=text_of, reverse=True)
    )


def _pattern(form: str) -> str:
    return "".join(_HOLES.get(part) or re.escape(part) for part in _HOLE.split(form))


def instead_of(resource: str) -> str:
    """What to use instead of the service that a Task's Resource names: an ARN or a qrn."""
    integration = integration_of(resource) or resource
    if integration.endswith(".waitForTaskToken"):
        return _CALLBACK()
    if integration.startswith("asw:"):
        return t("call a Function: asw:function:NAME")
    if integration.startswith("qrn:"):
        if ":flowmachine:" in integration:
            return _BY_SERVICE["states"]()
        return t("call it from a Function, with Tencent's SDK in an image")
    return _BY_SERVICE.get(integration.partition(":")[0], _SDK)()
