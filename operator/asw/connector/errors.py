"""Failures of calls as Step Functions words them. Pure.

A service's refusal becomes the exception of AWS's SDK for Java, version 2 for ``aws-sdk:`` and
version 1 for optimized integrations, down to the brackets of its message.
"""

from collections.abc import Mapping
from typing import Any, Final

from asw.connector.calls import Call, Failed
from asw.connector.http.gateway import STATUS
from asw.connector.naming import exception_name, legacy_exception_name
from asw.connector.services import Operation

NO_ANSWER: Final = "SdkClientException"
"""AWS: the service gave no answer that could be read, or none at all."""
TIMED_OUT: Final = "ApiCallTimeoutException"
LEGACY_TIMED_OUT: Final = "ClientExecutionTimeoutException"
"""AWS: the call took longer than its client was configured to wait."""
TOO_LARGE: Final = "States.DataLimitExceeded"
RUNTIME: Final = "States.Runtime"


def refused(operation: Operation, answer: Mapping[str, Any]) -> Failed:
    """The failure for an answer that botocore parsed as an error."""
    error, metadata = answer.get("Error", {}), answer.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", 0)
    code, message = str(error.get("Code", "")), error.get("Message") or "null"
    if operation.model.http.get("method") == "HEAD":
        code, message = _of_head(operation, status) or code, "null"  # it has no body to read
    request_id = metadata.get("RequestId") or "null"
    dialect = operation.dialect
    if dialect.label is not None:
        told = (
            f"{message} (Service: {dialect.label}; Status Code: {status}; Error Code: {code};"
            f" Request ID: {request_id}; Proxy: null)"
        )
        return Failed(error=_name(operation, code), cause=told)
    extended = metadata.get("HostId")
    more = f", Extended Request ID: {extended}" if extended else ""
    told = (
        f"{message} (Service: {dialect.prefix}, Status Code: {status}, Request ID: {request_id}"
        f"{more}) (SDK Attempt Count: 1)"
    )
    return Failed(error=_name(operation, code), cause=told)


def no_answer(operation: Operation, why: str) -> Failed:
    """Nothing came back, or nothing that makes sense."""
    cause = f"Unable to execute HTTP request: {why} (SDK Attempt Count: 1)"
    if operation.dialect.label is not None:
        cause = f"Unable to execute HTTP request: {why}"
    return Failed(error=f"{operation.dialect.prefix}.{NO_ANSWER}", cause=cause)


def timed_out(operation: Operation, seconds: float) -> Failed:
    """The call took longer than the Connection allows."""
    if operation.dialect.label is not None:
        told = _legacy_timed_out(seconds)
        return Failed(error=f"{operation.dialect.prefix}.{LEGACY_TIMED_OUT}", cause=told)
    millis = round(seconds * 1000)
    told = (
        "Client execution did not complete before the specified timeout configuration:"
        f" {millis} millis"
    )
    return Failed(error=f"{operation.dialect.prefix}.{TIMED_OUT}", cause=told)


def gateway_no_answer(why: str) -> Failed:
    """An API in API Gateway gave no status: AWS has the exception's name in place of it."""
    cause = f"Unable to execute HTTP request: {why}"
    return Failed(error=f"{STATUS}{NO_ANSWER}", cause=cause)


def gateway_timed_out(seconds: float) -> Failed:
    """The same, in the time that the Connection allows."""
    return Failed(error=f"{STATUS}{LEGACY_TIMED_OUT}", cause=_legacy_timed_out(seconds))


def _legacy_timed_out(seconds: float) -> str:
    millis = round(seconds * 1000)
    return f"Client execution did not complete before the specified timeout: {millis} ms"


def too_large(call: Call) -> Failed:
    """The answer has more bytes than a result may have, by far."""
    told = (
        f"The state/task '{call.resource_type}' returned a result with a size exceeding the"
        " maximum number of bytes service limit."
    )
    return Failed(error=TOO_LARGE, cause=told)


def unfit(call: Call, why: str) -> Failed:
    """The parameters do not fit the operation, as only data could show."""
    told = f"The Parameters could not be used to start the Task {call.resource_type}: [{why}]"
    return Failed(error=RUNTIME, cause=told)


def _of_head(operation: Operation, status: int) -> str | None:
    """AWS: what is not found is the one error that the model has of the operation."""
    known = operation.model.error_shapes
    return known[0].name if status == 404 and len(known) == 1 else None


def _name(operation: Operation, code: str) -> str:
    """The exception for an error code: the model's own, else the service's general one."""
    shape = operation.service_model.shape_for_error_code(code)
    dialect = operation.dialect
    if shape is None:
        return dialect.general_error
    name = exception_name if dialect.label is None else legacy_exception_name
    return f"{dialect.prefix}.{name(shape.name)}"
