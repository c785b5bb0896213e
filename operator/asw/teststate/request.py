"""The request of TestState: reads and checks each parameter under its API name.

AWS takes JSON texts; here each may also be given as a value. ``rules`` checks how the parameters
fit each other and the state.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from asw.asl.errors import Failure
from asw.asl.execution_input import check_input_text
from asw.asl.values import ABSENT, Json, from_text
from asw.teststate.refusals import (
    TestStateRefused,
    invalid_input,
    invalid_parameter,
    invalid_request,
)

Level: TypeAlias = Literal["INFO", "DEBUG", "TRACE"]
ValidationMode: TypeAlias = Literal["STRICT", "PRESENT", "NONE"]

_LEVELS: Final = ("INFO", "DEBUG", "TRACE")
_MODES: Final = ("STRICT", "PRESENT", "NONE")
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Mock:
    """The mock of the state's work: a result, a failure, or both if both were given."""

    result: Json = ABSENT
    failure: Failure | None = None
    mode: ValidationMode = "STRICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """AWS: stateConfiguration, what happened before the mock; None if not given.

    ``reader_data`` is what an ItemReader reads, in its own format.
    """

    retries: int | None = None
    error_caused_by: str | None = None
    failed_iterations: int | None = None
    reader_data: Json = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; ``context`` is ABSENT for AWS's default."""

    definition: Json
    state_name: str | None = None
    input: Json
    context: Json = ABSENT
    variables: Mapping[str, Json]
    mock: Mock | None = None
    configuration: Configuration
    level: Level = "INFO"
    role_arn: str | None = None
    reveal_secrets: bool = False


def read_request(given: Mapping[str, Json]) -> Request:
    """The request. Raises TestStateRefused for a wrong parameter."""
    if given.get("definition") is None:
        raise invalid_parameter('Missing required parameter in input: "definition"')
    return Request(
        definition=given["definition"],
        state_name=_name(given, "stateName"),
        input=_input(given.get("input")) if "input" in given else {},
        context=_json(given, "context", _not_json("Context object")),
        variables=_variables(given),
        mock=_mock(_typed(given, "mock", dict)),
        configuration=_configuration(_typed(given, "stateConfiguration", dict) or {}),
        level=_one_of(given, "inspectionLevel", _LEVELS),
        role_arn=_typed(given, "roleArn", str),
        reveal_secrets=bool(given.get("revealSecrets")),
    )


def _input(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    reason = check_input_text(value)
    if reason is not None:
        raise invalid_input(reason)
    return from_text(value)


def _json(given: Mapping[str, Json], name: str, refused: Callable[[], TestStateRefused]) -> Json:
    value = given.get(name, ABSENT)
    try:
        return from_text(value) if isinstance(value, str) else value
    except ValueError:
        raise refused() from None


def _not_json(what: str) -> Callable[[], TestStateRefused]:
    return lambda: invalid_request(f"{what} must be valid JSON")


def _variables(given: Mapping[str, Json]) -> Mapping[str, Json]:
    value = _json(given, "variables", _not_json("Variables"))
    if value is ABSENT:
        return {}
    if not isinstance(value, dict):
        raise invalid_request("Variables must be a JSON object")
    return value


def _mock(value: Json) -> Mock | None:
    if value is None:
        return None
    return Mock(
        result=value.get("result", ABSENT),
        failure=_failure(_typed(value, "errorOutput", dict)),
        mode=_one_of(value, "fieldValidationMode", _MODES),
    )


def _failure(value: Json) -> Failure | None:
    if value is None:
        return None
    error = _typed(value, "error", str)
    if not error:
        raise invalid_request("An error was not specified in the mocked error output.")
    return Failure(error, _typed(value, "cause", str))


def _configuration(value: Mapping[str, Json]) -> Configuration:
    return Configuration(
        retries=_count(value, "retrierRetryCount"),
        error_caused_by=_name(value, "errorCausedByState"),
        failed_iterations=_count(value, "mapIterationFailureCount"),
        reader_data=value.get("mapItemReaderData", ABSENT),
    )


def _name(given: Mapping[str, Json], name: str) -> str | None:
    value: str | None = _typed(given, name, str)
    if value == "":
        raise invalid_parameter(
            f"Invalid length for parameter {name}, value: 0, valid min length: 1"
        )
    if value is not None and len(value) > _LONGEST_NAME:
        raise _unfit(value, name, f"have length less than or equal to {_LONGEST_NAME}")
    return value


def _count(given: Mapping[str, Json], name: str) -> int | None:
    value: int | None = _typed(given, name, int)
    if value is not None and value < 0:
        raise invalid_parameter(
            f"Invalid value for parameter {name}, value: {value}, valid min value: 0"
        )
    return value


def _typed(given: Mapping[str, Json], name: str, kind: type) -> Any:
    """The parameter, None if not given; AWS's clients refuse one of another type."""
    value = given.get(name)
    is_kind = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    if value is not None and not is_kind:
        raise invalid_parameter(
            f"Invalid type for parameter {name}, value: {value}, type: {type(value)}, "
            f"valid types: {kind}"
        )
    return value


def _one_of(given: Mapping[str, Json], name: str, known: Sequence[str]) -> Any:
    """The parameter, or the first known value if not given."""
    value = given.get(name) or known[0]
    if value not in known:
        raise _unfit(value, name, f"satisfy enum value set: [{', '.join(known)}]")
    return value


def _unfit(value: Json, name: str, wanted: str) -> TestStateRefused:
    return invalid_request(
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must {wanted}"
    )
