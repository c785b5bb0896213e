"""JSON values and their text, one spelling for everybody.

Integers of any size, ``1.0`` and nulls survive ``from_text(to_text(value))``; what JSON cannot
say (NaN, infinities) is refused rather than written. Values are shared, never changed in place.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, Any]


def to_text(value: Json) -> str:
    """The compact JSON text of a value, in the order its keys came, Chinese left readable.

    Raises ValueError for NaN and infinities, TypeError for what is no JSON value.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_text(text: str | bytes) -> Json:
    """The value that a JSON text spells; NaN and infinities are refused. Raises ValueError."""
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
