"""What a Task's Resource names: every accepted form is resolved to one of a few invocations.

Sources: our own short forms, AWS "Task state" (arn forms), Tencent's ASW (qrn forms).
"""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from asw.asl.integrations import (
    APPROVAL,
    CALLBACK,
    JOB,
    KUBERNETES,
    KUBERNETES_VERBS,
    NESTED,
    Request,
    integration_of,
    is_kubernetes,
    request_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionInvocation:
    """Call a Function by its public name (``Function.spec.name``).

    ``qualifier`` is a version or alias (None: the default one); ``namespace`` is an SCF
    namespace, None for the workflow's own.
    """

    name: str
    qualifier: str | None = None
    namespace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInvocation:
    """Call an ``action`` of a ``service``, of AWS or of Kubernetes, as spelled in the Resource.

    ``sdk`` is for ``aws-sdk:``: one of the same name may take other fields and fail with other
    names. ``pattern`` is how the task waits, such as ``.sync``; empty for the service's answer.
    ``role`` is the ARN that Credentials name, as whom the call is made; empty if there is none.
    """

    service: str
    action: str
    sdk: bool = False
    pattern: str = ""
    role: str = ""

    @property
    def resource_type(self) -> str:
        """The service as history spells it: ``dynamodb``, or ``aws-sdk:dynamodb``."""
        return f"aws-sdk:{self.service}" if self.sdk else self.service

    @property
    def resource(self) -> str:
        """The action as history spells it."""
        return f"{self.action}{self.pattern}"

    @property
    def name(self) -> str:
        """Both together, as in the Resource: ``aws-sdk:s3:listObjectsV2``."""
        return f"{self.resource_type}:{self.resource}"

    @property
    def request(self) -> str:
        """The same without the pattern: what is asked for, however the task waits."""
        return f"{self.resource_type}:{self.action}"

    @property
    def is_nested(self) -> bool:
        """Whether it starts an execution of another Workflow, however the task waits."""
        return self.request == NESTED

    @property
    def is_job(self) -> bool:
        """Whether the task waits for the end of what it starts at the service."""
        return self.pattern.startswith(JOB) and not self.is_nested

    @property
    def is_approval(self) -> bool:
        """Whether a person is asked to decide, and nothing is called."""
        return self.request == APPROVAL

    @property
    def is_kubernetes(self) -> bool:
        """Whether the API server of a cluster is asked."""
        return not self.sdk and is_kubernetes(self.service, self.action)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityInvocation:
    """Have a worker do a task of an activity, by the activity's name."""

    activity: str

    @property
    def name(self) -> str:
        """The name that tells it from a Function: ``activity:NAME``."""
        return f"activity:{self.activity}"


Invocation: TypeAlias = FunctionInvocation | ServiceInvocation | ActivityInvocation


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionResource:
    """A Resource that names its function; the state's effective input is the event."""

    invocation: FunctionInvocation


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaInvokeResource:
    """``arn:aws:states:::lambda:invoke``: Parameters name the function and hold the payload.

    ``pattern`` is how the task waits: ``.waitForTaskToken``, or empty for the function's answer.
    """

    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResource:
    """A Resource that names an action of a service; Parameters are its request."""

    invocation: ServiceInvocation


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityResource:
    """A Resource that names an activity; the state's effective input is the worker's."""

    invocation: ActivityInvocation


Resource: TypeAlias = FunctionResource | LambdaInvokeResource | ServiceResource | ActivityResource

FORMS: Final = (
    "qrn:qcs:asw:{region}:{appid}:sdk:json:qcloud:scf:Invoke/{function}[/{qualifier}[/{namespace}]]",
    "arn:aws:lambda:{region}:{account}:function:{name}[:{qualifier}]",
    "arn:aws:states:::lambda:invoke[.waitForTaskToken]",
    "arn:aws:states:::{service}:{action}[.sync|.waitForTaskToken]",
    "arn:aws:states:::aws-sdk:{service}:{action}[.waitForTaskToken]",
    "arn:aws:states:::states:startExecution[.sync|.sync:2|.waitForTaskToken]",
    "arn:aws:states:{region}:{account}:activity:{name}",
    "asw:function:{name}[:{qualifier}]",
    "asw:activity:{name}",
    f"asw:k8s:{{{'|'.join(KUBERNETES_VERBS)}}}",
    APPROVAL,
)
"""The forms of a Resource, for messages."""

_SCF = re.compile(
    r"qrn:qcs:asw:[^:]*:[^:]*:sdk:json:qcloud:scf:Invoke/([^/]+)(?:/([^/]+)(?:/([^/]+))?)?"
)
_LAMBDA = re.compile(r"arn:aws[\w-]*:lambda:[^:]*:[^:]*:function:([^:]+)(?::([^:]+))?")
_ASW = re.compile(r"asw:function:([^:]+)(?::([^:]+))?")
_LAMBDA_INVOKE = re.compile(r"arn:aws[\w-]*:states:[^:]*:[^:]*:lambda:invoke(\.waitForTaskToken)?")
_ACTIVITY = re.compile(r"(?:arn:aws[\w-]*:states:[^:]*:[^:]*|asw):activity:([^:]+)")
_KUBERNETES = re.compile(f"asw:{KUBERNETES}:({'|'.join(KUBERNETES_VERBS)})")
_APPROVAL = re.compile(rf"(?:arn:aws[\w-]*:states:[^:]*:[^:]*:)?{APPROVAL}")
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
    if match := _LAMBDA_INVOKE.fullmatch(text):
        return LambdaInvokeResource(pattern=match[1] or "")
    if match := _ACTIVITY.fullmatch(text):
        return ActivityResource(invocation=ActivityInvocation(activity=match[1]))
    request = _own_request(text) or request_of(integration_of(text) or "")
    return None if request is None else _service(request)


def _own_request(text: str) -> Request | None:
    """What is asked for by one of our own forms."""
    if match := _KUBERNETES.fullmatch(text):
        return Request(KUBERNETES, match[1], is_sdk=False)
    if _APPROVAL.fullmatch(text):
        service, _, action = APPROVAL.partition(":")
        return Request(service, action, is_sdk=False, pattern=CALLBACK)
    return None


def has_token(resource: Resource) -> bool:
    """AWS: whether the context object of such a Task has a token, by which its end is reported.

    An approval has none: whoever read it in the message could answer in anybody's name.
    """
    match resource:
        case LambdaInvokeResource(pattern=pattern):
            return bool(pattern)
        case ServiceResource(invocation=invocation):
            return bool(invocation.pattern) and not invocation.is_approval
    return False


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


def _service(request: Request) -> ServiceResource:
    return ServiceResource(
        invocation=ServiceInvocation(
            service=request.service,
            action=request.action,
            sdk=request.is_sdk,
            pattern=request.pattern,
        )
    )
