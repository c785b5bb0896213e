"""Spans of virtual time as test files write them: seconds, or text such as ``1h30m``."""

import re
from typing import Final

from asw.asl.values import is_number
from asw.messages import t

PATTERN: Final = r"^(\d+(\.\d+)?(ms|s|m|h|d))+$"
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def span_seconds(value: object) -> float:
    """The span in seconds. Raises ValueError with a sentence for anything else."""
    if is_number(value) and value >= 0:
        return float(value)
    text = value.replace(" ", "") if isinstance(value, str) else ""
    if re.fullmatch(PATTERN, text, re.ASCII):
        return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    raise ValueError(
        t("{value} is not a time span: write seconds, or text such as 90s, 5m, 1h30m", value=value)
    )


def span_text(seconds: float) -> str:
    """The span as short text that ``span_seconds`` reads: ``1h30m``, ``0s``."""
    left, parts = round(seconds * 1000), []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
