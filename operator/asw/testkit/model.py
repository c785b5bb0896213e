"""The format of test files, as models. Each field's text below it is for schema and docs.

Only ``asw test`` reads test files: no cluster knows their kind.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import WithJsonSchema

from asw.api.names import API_VERSION
from asw.api.objects import Instant, Part
from asw.asl.values import Json
from asw.messages import t
from asw.testkit.spans import PATTERN, span_seconds

KIND = "WorkflowTest"
REAL = "real"
ANY_FUNCTION = "*"
Status: TypeAlias = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]

_SPAN_SCHEMA = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": PATTERN}],
    "examples": ["90s", "5m", "1h30m"],
}
Span: TypeAlias = Annotated[float, BeforeValidator(span_seconds), WithJsonSchema(_SPAN_SCHEMA)]
"""A span of virtual time, in seconds once it is read."""


class When(Part):
    """Which starts of a task a mock answers. All given fields must match; objects match in part."""

    index: int | None = Field(default=None, ge=0)
    """Number, from 0, of the item of the innermost Map that the task is started for."""

    item: Json = None
    """Item of the innermost Map; of an object only the given fields are compared."""

    input: Json = None
    """Input of the function; of an object only the given fields are compared."""


class Mock(Part):
    """What one start of a task does: exactly one of result, error, lost, never and real."""

    when: When | None = None
    """Which starts this answers; all, if omitted."""

    times: Annotated[int, Field(ge=1)] | Literal["always"] | None = None
    """How many starts this answers, per Map item: by default 1 in a list, else always."""

    result: Json = None
    """The function returns this value; of a callback or job, what is reported of it."""

    submitted: Json = None
    """Answer to the call that asks for work, of a Task that waits for a callback or a job: {} if
    omitted. With an error that has none beside it, the call itself fails, and not the work."""

    error: str | None = None
    """The function fails with this error name."""

    cause: Json = None
    """Cause of the error; anything but text is written as JSON, as functions do."""

    lost: str | None = None
    """The task vanishes for this reason, as when a node is lost; it is retried for free."""

    never: Literal[True] | None = None
    """The task never ends by itself: only a timeout or a stop of the execution ends it."""

    real: Literal[True] | None = None
    """Run the Function of the manifests in its own process; it takes no virtual time."""

    delay: Span = 0
    """Virtual time from the start to the end of the task."""

    heartbeats: tuple[Span, ...] = ()
    """Virtual times after the start at which the task sends a heartbeat."""

    @model_validator(mode="after")
    def _has_one_end(self) -> "Mock":
        ends = {"result", "error", "lost", "never", "real"} & self.model_fields_set
        if len(ends) != 1:
            said = ", ".join(sorted(ends)) or t("none")
            raise ValueError(
                t(
                    "a mock has exactly one of result, error, lost, never and real; this one"
                    " has: {said}",
                    said=said,
                )
            )
        if "cause" in self.model_fields_set and self.error is None:
            raise ValueError(t("a cause needs an error beside it"))
        return self


def _as_list(value: object) -> object:
    """A single mock becomes a list of one that always answers; ``real`` becomes a mock."""
    if isinstance(value, list):
        return [{"real": True} if each == REAL else each for each in value]
    if value == REAL:
        value = {"real": True}
    if isinstance(value, dict) and "times" not in value:
        value = {**value, "times": "always"}
    return [value]


def _as_functions(value: object) -> object:
    return {ANY_FUNCTION: REAL} if value == REAL else value


_MOCK_INPUT: TypeAlias = Literal["real"] | Mock | list[Mock | Literal["real"]]
Mocks: TypeAlias = Annotated[
    tuple[Mock, ...],
    BeforeValidator(_as_list, json_schema_input_type=_MOCK_INPUT),
    Field(min_length=1),
]
Functions: TypeAlias = Annotated[
    dict[str, Mocks],
    BeforeValidator(_as_functions, json_schema_input_type=Literal["real"] | dict[str, _MOCK_INPUT]),
]


class Context(Part):
    """Fields of the context object ``$$``; the others follow from the workflow."""

    execution_name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    """``$$.Execution.Name``, by default ``test``. Random numbers and jitter depend on it."""

    start_time: Instant | None = None
    """When the execution starts, by default 2026-01-01T00:00:00Z."""


class Stop(Part):
    """Abort the execution."""

    error: str | None = None
    """Error of the aborted execution."""

    cause: str | None = None
    """Its cause."""


def _as_stop(value: object) -> object:
    return {} if value is True else value


class Request(Part):
    """A stop or redrive of the execution at a virtual time: exactly one of them."""

    after: Span
    """Virtual time since the start."""

    stop: Annotated[
        Stop | None,
        BeforeValidator(_as_stop, json_schema_input_type=Literal[True] | Stop),
    ] = None
    """``true``, or error and cause of the abort."""

    redrive: Literal[True] | None = None
    """Resume the execution where it failed."""

    @model_validator(mode="after")
    def _is_one(self) -> "Request":
        if (self.stop is None) == (self.redrive is None):
            raise ValueError(t("a request has either stop or redrive"))
        return self


def _calls(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | list):
        raise ValueError(t("how many calls, or a list of their inputs"))  # noqa: TRY004
    return value


Calls: TypeAlias = Annotated[
    Any,
    BeforeValidator(_calls),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "array"}]}),
]

_PATH_SCHEMA = {
    "type": "array",
    "items": {
        "anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1, "maxProperties": 1}]
    },
}


class Expect(Part):
    """The expected result. Only given fields are compared; ``$`` matchers stand for values."""

    status: Status | None = None
    """How the execution ends: SUCCEEDED, unless an error is expected."""

    output: Json = None
    """Its complete output; matchers such as $subset, $any, $regex and $number relax it."""

    error: Json = None
    """Its error name, or a matcher."""

    cause: Json = None
    """Its cause, or a matcher; ``$json`` looks into causes that are JSON text."""

    states: Annotated[list[Any] | None, WithJsonSchema(_PATH_SCHEMA)] = None
    """Names of the states in the order they were entered, those in Maps and Parallels separately:
    ``{Fork: [[A], [B, C]]}`` lists the states of each branch or item."""

    events: list[str | dict[str, Any]] | None = None
    """Events of the history in this order, others between them: a type, or ``type`` and details."""

    duration: Json = None
    """Virtual time from start to end: seconds, text such as 5m, or ``{min: 4m, max: 6m}``."""

    calls: dict[str, Calls] | None = None
    """How often tasks were started, by state: a number, or the list of their inputs in order."""


class Case(Part):
    """One run of the workflow, or one for each row of its parameters."""

    name: Annotated[str, Field(min_length=1)]
    """A sentence that says what the case tests."""

    parameters: Annotated[list[dict[str, Json]], Field(min_length=1)] | None = None
    """Rows of values. The case runs for each row; ``${name}`` in any of its texts is filled in."""

    input: Json = None
    """Input of the execution; {} if neither this nor inputFile is given."""

    input_file: str | None = None
    """File that holds the input as JSON or YAML, beside the test file."""

    mocks: dict[str, Mocks] = Field(default_factory=dict)
    """What tasks do, by the name of their state."""

    functions: Functions = Field(default_factory=dict)
    """What tasks do whose state has no mock, by the name of their Function, by service and action
    such as ``dynamodb:putItem``, or by ``activity:NAME``; ``real`` runs Functions."""

    requests: tuple[Request, ...] = ()
    """Stops and redrives at virtual times."""

    objects: str | None = None
    """Folder of buckets for ItemReader and ResultWriter; nothing is written into it."""

    context: Context = Context()
    """Fields of the context object."""

    expect: Expect | None = None
    """The expected result; without it, success is enough."""

    @model_validator(mode="after")
    def _has_one_input(self) -> "Case":
        if "input" in self.model_fields_set and self.input_file is not None:
            raise ValueError(t("a case has an input or an inputFile, not both"))
        return self


class WorkflowTest(Part):
    """A test file of a workflow, for ``asw test``. Clusters do not know it."""

    model_config = ConfigDict(title=KIND)

    api_version: Literal["asw.dev/v1alpha1"]
    """asw.dev/v1alpha1"""

    kind: Literal["WorkflowTest"]
    """WorkflowTest"""

    workflow: str | None = None
    """File of the Workflow or definition, ``FILE#NAME`` where it holds several; by default the
    only one in the folder."""

    mocks: dict[str, Mocks] = Field(default_factory=dict)
    """What tasks do in all cases that do not say otherwise, by the name of their state."""

    functions: Functions = Field(default_factory=dict)
    """What tasks do whose state has no mock, by the name of their Function, by service and action
    such as ``dynamodb:putItem``, or by ``activity:NAME``; ``real`` runs Functions."""

    objects: str | None = None
    """Folder of buckets for all cases; by default ``objects`` beside the Workflow."""

    context: Context = Context()
    """Fields of the context object in all cases."""

    cases: Annotated[tuple[Case, ...], Field(min_length=1)]
    """The cases; they run one by one and independently."""


assert API_VERSION == "asw.dev/v1alpha1", "the literal above says the same"
