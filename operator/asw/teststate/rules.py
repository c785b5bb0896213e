"""Checks that the parameters of TestState fit each other and the tested state.

AWS refuses in this order: what makes no sense without a mock, what needs one, faults of the mock
itself, and last faults of the context object.
"""

from dataclasses import replace

from asw.asl.blocks import blocks_of
from asw.asl.model import MapState, ParallelState, TaskState
from asw.asl.resources import parse_resource
from asw.asl.values import ABSENT, Json, from_text
from asw.teststate.api_models import answer_of
from asw.teststate.contexts import check_context
from asw.teststate.integrations import answering, integration_of, needs_mock
from asw.teststate.refusals import invalid_request, unsupported_state
from asw.teststate.request import Configuration, Mock, Request
from asw.teststate.shapes import check_result
from asw.teststate.subject import Subject, subjects


def check_rules(request: Request, subject: Subject) -> Mock | None:
    """The mock with its result as a value; None if the state is not mocked.

    Raises TestStateRefused.
    """
    if request.mock is None:
        _check_unmocked(request, subject)
        return None
    _check_mockable(subject)
    if request.reveal_secrets:
        raise invalid_request("TestState does not support RevealSecrets when a mock is specified.")
    mock = _checked_mock(request.mock, subject)
    _check_configuration(request.configuration, mock, subject)
    if request.context is not ABSENT:
        check_context(request.context, subject.resource)
    return mock


def _check_unmocked(request: Request, subject: Subject) -> None:
    given = request.configuration
    for name, value in (
        ("RetrierRetryCount", given.retries),
        ("ErrorCausedByState", given.error_caused_by),
        ("MapIterationFailureCount", given.failed_iterations),
        ("MapItemReaderData", None if given.reader_data is ABSENT else given.reader_data),
    ):
        if value is not None:
            raise invalid_request(
                f"TestState does not support {name} when a mock is not specified."
            )
    if isinstance(subject.state, MapState | ParallelState):
        raise unsupported_state(
            "TestState API does not support Map or Parallel states. Supported state types "
            "include: [Task, Wait, Pass, Succeed, Fail, Choice]"
        )
    if subject.resource is not None and needs_mock(subject.resource):
        raise unsupported_state(
            "TestState API does not support Activity tasks, nor the '.sync' and "
            "'.waitForTaskToken' service integration patterns, when a mock is not specified"
        )
    if request.context is not ABSENT:
        raise invalid_request("TestState does not support Context when a mock is not specified.")
    if subject.resource is not None and request.role_arn is None:
        raise invalid_request("RoleArn must be specified when testing a Task state")
    if subject.resource is not None and parse_resource(subject.resource) is None:
        raise invalid_request(
            f"The resource {subject.resource} cannot be called here: mock its result."
        )


def _check_mockable(subject: Subject) -> None:
    if not isinstance(subject.state, TaskState | MapState | ParallelState):
        kind = type(subject.state).__name__.removesuffix("State")
        raise invalid_request(f"State type '{kind}' is not supported when a mock is specified")


def _checked_mock(mock: Mock, subject: Subject) -> Mock:
    if mock.result is not ABSENT and mock.failure is not None:
        raise invalid_request(
            "A test mock should have only one of the following fields: [result, errorOutput]."
        )
    if mock.result is ABSENT and mock.failure is None:
        raise invalid_request(
            "A test mock should have one of the following fields: [result, errorOutput]."
        )
    if mock.failure is not None:
        return mock
    result = _value(mock.result)
    _check_result(result, mock, subject)
    return replace(mock, result=result)


def _value(result: Json) -> Json:
    try:
        return from_text(result) if isinstance(result, str) else result
    except ValueError:
        raise invalid_request("Mocked result must be valid JSON") from None


def _check_result(result: Json, mock: Mock, subject: Subject) -> None:
    match subject.state:
        case ParallelState(branches=branches):
            _check_array(result)
            if len(result) != len(branches):
                raise invalid_request(
                    "Mocked result must contain the same number of items as number of Parallel "
                    "branches."
                )
        case MapState() as state if writes_results(state):
            if not isinstance(result, dict):
                raise invalid_request("Mocked result must be a JSON object.")
        case MapState():
            _check_array(result)
        case TaskState(resource_text=resource):
            _check_answer(result, mock, resource)


def writes_results(state: MapState) -> bool:
    """Whether the Map's result says where its results were written, instead of having them."""
    writer = state.distribution.result_writer if state.distribution else None
    return writer is not None and writer.resource is not None


def _check_array(result: Json) -> None:
    if not isinstance(result, list):
        raise invalid_request("Mocked result must be an array.")


def _check_answer(result: Json, mock: Mock, resource: str) -> None:
    integration = integration_of(resource)
    operation = answering(integration) if integration and mock.mode != "NONE" else None
    answer = answer_of(*operation) if operation and result is not None else None
    if answer is not None:
        check_result(result, answer, is_strict=mock.mode == "STRICT")


def _check_configuration(given: Configuration, mock: Mock, subject: Subject) -> None:
    culprit = given.error_caused_by
    if culprit is None:
        return
    inner = (it for block in blocks_of(subject.state) for it in subjects(block, subject))
    if mock.failure is None or all(it.state.name != culprit for it in inner):
        raise invalid_request(
            "ErrorCausedByState must be a state within the tested Map or Parallel state, and its "
            "error must be mocked."
        )
