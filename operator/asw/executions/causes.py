"""What stands in a cause: Lambda's is JSON text with a message and a stack trace. Pure."""

from collections.abc import Mapping

from asw.asl.values import Json, from_text


def object_in(cause: str) -> Mapping[str, Json]:
    """The JSON object that the cause is; empty where it is none."""
    try:
        value = from_text(cause)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def message_in(cause: str) -> str:
    """The message of a cause in Lambda's manner, any other as it is: for places with one line."""
    message = object_in(cause).get("errorMessage") if cause.lstrip().startswith("{") else None
    return message if isinstance(message, str) else cause
