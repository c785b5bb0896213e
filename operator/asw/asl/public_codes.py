"""Tencent Cloud's public error codes and the types by which TCSL matches them.

TCSL "Error handling": a public code is matched by its exact name or by the name of a type; a
business code, which names a case of a public code (``FailedOperation.Quota``), by its exact name
and by StatesALL. Names are in TCSL's spelling, without a dot; ``asw.asl.errors`` does the matching.
"""

from collections.abc import Mapping
from typing import Final

_EVERY: Final = frozenset({"StatesALL"})
_TASK: Final = _EVERY | {"StatesTaskFailed"}
_PERMISSIONS: Final = _TASK | {"StatesPermissions"}
_RUNTIME: Final = _TASK | {"StatesRuntime"}
_LIMIT: Final = _TASK | {"StatesDataLimitExceeded"}

PUBLIC_CODES: Final[Mapping[str, frozenset[str]]] = {
    "AuthFailure": _PERMISSIONS,
    "UnauthorizedOperation": _PERMISSIONS,
    "InternalError": _RUNTIME,
    "ResourceInsufficient": _LIMIT,
    "RequestLimitExceeded": _LIMIT,
    "LimitExceeded": _LIMIT,
    "ResourceInUse": _LIMIT,
    "UnsupportedOperation": _TASK,
    "ResourceNotFound": _TASK,
    "UnsupportedRegion": _TASK,
    "InvalidParameter": _TASK,
    "InvalidParameterValue": _TASK,
    "UnknownParameter": _TASK,
    "DryRunOperation": _TASK,
    "FailedOperation": _TASK,
    "UnsupportedProtocol": _TASK,
    "InvalidAction": _TASK,
    "MissingParameter": _TASK,
    "NoSuchVersion": _EVERY,
    "ResourceUnavailable": _EVERY,
}
"""The names that a Retrier or Catcher may use for each public code, besides the code itself."""

_FAMILIES: Final = frozenset({"AuthFailure"})
"""Public codes whose cases (``AuthFailure.SignatureExpire``) are public too."""


def types_of(code: str) -> frozenset[str] | None:
    """The type names that match the code; None if it is neither a public nor a business code."""
    if code in PUBLIC_CODES:
        return PUBLIC_CODES[code]
    family, dot, _ = code.partition(".")
    if not dot or family not in PUBLIC_CODES:
        return None
    return PUBLIC_CODES[family] if family in _FAMILIES else _EVERY
