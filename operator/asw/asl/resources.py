"""What a Task's Resource names: every accepted form is resolved to one of a few invocations.

Sources: our own short forms, AWS "Task state" (arn forms), Tencent's ASW (qrn forms).
"""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionInvocation:
    """Call a Function by its public name (``Function.spec.name``).

    ``qualifier`` is a version or alias (None: the default one); ``namespace`` is an SCF
    namespace, None for the workflow's own.
    """

    name: str
    qualifier: str | None = None
    namespace: str | None = None


Invocation: TypeAlias = FunctionInvocation


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionResource:
    """A Resource that names its function; the state's effective input is the event."""

    invocation: FunctionInvocation


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaInvokeResource:
    """``arn:aws:states:::lambda:invoke``: Parameters name the function and hold the payload."""


Resource: TypeAlias = FunctionResource | LambdaInvokeResource

FORMS: Final = (
    "qrn:qcs:asw:{region}:{appid}:sdk:json:qcloud:scf:Invoke/{function}[/{qualifier}[/{namespace}]]",
    "arn:aws:lambda:{region}:{account}:function:{name}[:{qualifier}]",
    "arn:aws:states:::lambda:invoke",
    "asw:function:{name}[:{qualifier}]",
)
"""The forms of a Resource, for messages."""

_SCF = re.compile(
    r"qrn:qcs:asw:[^:]*:[^:]*:sdk:json:qcloud:scf:Invoke/([^/]+)(?:/([^/]+)(?:/([^/]+))?)?"
)
_LAMBDA = re.compile(r"arn:aws[\w-]*:lambda:[^:]*:[^:]*:function:([^:]+)(?::([^:]+))?")
_ASW = re.compile(r"asw:function:([^:]+)(?::([^:]+))?")
_LAMBDA_INVOKE = re.compile(r"arn:aws[\w-]*:states:[^:]*:[^:]*:lambda:invoke")
_DEFAULT_QUALIFIERS = frozenset({"$LATEST", "$DEFAULT"})


def parse_resource(text: str) -> Resource | None:
    """What the Resource names, or None if it has no accepted form."""
    if match := _SCF.fullmatch(text):
        name, qualifier, namespace = match.groups()
        own = None if namespace in (None, "default") else namespace
        return _function(name, qualifier, own)
    for form in (_LAMBDA, _ASW):
        if match := form.fullmatch(text):
            return _function(match[1], match[2], None)
    if _LAMBDA_INVOKE.fullmatch(text):
        return LambdaInvokeResource()
    return None


def parse_function_name(text: str) -> FunctionInvocation:
    """The function that ``FunctionName`` of lambda:invoke names: an ARN, or NAME[:QUALIFIER]."""
    if match := _LAMBDA.fullmatch(text):
        return _function(match[1], match[2], None).invocation
    name, _, qualifier = text.partition(":")
    return _function(name, qualifier or None, None).invocation


def _function(name: str, qualifier: str | None, namespace: str | None) -> FunctionResource:
    own = None if qualifier in _DEFAULT_QUALIFIERS else qualifier
    return FunctionResource(
        invocation=FunctionInvocation(name=name, qualifier=own, namespace=namespace)
    )
