"""What a handler returned, as JSON text; what JSON cannot say is refused with its place.

As AWS Lambda does it: ``bytes`` are the response body as it is, and Step Functions takes a body
that is no JSON for a string; a Decimal is a number.
"""

from __future__ import annotations

import json

from .failures import Fault
from .outcomes import dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def to_json(result: Any) -> bytes:
    """The result as JSON on one line. Raises Fault ``Runtime.MarshalError``."""
    try:
        if isinstance(result, bytes):
            return _body(result)
        return dump(result, _unusual)
    except (TypeError, ValueError, RecursionError) as error:
        from .places import place_of

        message = f"Unable to marshal response: {error}{place_of(result)}"
        raise Fault("Runtime.MarshalError", message) from error


def on_one_line(text: str) -> bytes:
    """JSON text unchanged but for its line ends. Raises ValueError if it is none."""
    json.loads(text, parse_constant=_refuse)
    # JSON strings hold no raw line ends, so those found here stand between values
    return text.strip().replace("\r", " ").replace("\n", " ").encode()


def _body(body: bytes) -> bytes:
    text = body.decode()
    try:
        return on_one_line(text)
    except ValueError:
        return dump(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _unusual(value: Any) -> Any:
    """A Decimal as the nearest JSON number, known by name: importing decimal costs more."""
    kind = type(value)
    if (kind.__module__, kind.__name__) == ("decimal", "Decimal"):
        is_integer = value.is_finite() and value == value.to_integral_value()
        return int(value) if is_integer else float(value)
    raise TypeError(f"Object of type {kind.__name__} is not JSON serializable")
