"""Ids of traces and spans: they follow from the execution, so whoever asks again gets the same.

W3C "Trace Context": a trace has 16 bytes, a span 8, and neither may be zero.
"""

from hashlib import blake2b
from typing import Final, Literal, TypeAlias

SpanKind: TypeAlias = Literal["execution", "visit", "try", "wait", "run"]
"""What a span is about; with a number it is unique within an execution."""
_TRACE_BYTES: Final = 16
_SPAN_BYTES: Final = 8
_SAMPLED_BITS: Final = 64
"""OpenTelemetry's TraceIdRatioBased compares the last 64 bits of the id."""


def trace_id_of(execution_uid: str, redrive_count: int) -> int:
    """The trace of an execution; each redrive begins another."""
    return _number(f"trace/{execution_uid}/{redrive_count}", _TRACE_BYTES)


def span_id_of(execution_uid: str, kind: SpanKind, number: int = 0) -> int:
    """A span of the execution: a visit by the event of its entry, a try by its ordinal."""
    return _number(f"{kind}/{execution_uid}/{number}", _SPAN_BYTES)


def is_sampled(trace_id: int, ratio: float) -> bool:
    """Whether the trace is among the ``ratio`` of all (0 to 1) that are delivered."""
    return trace_id % (1 << _SAMPLED_BITS) < ratio * (1 << _SAMPLED_BITS)


def traceparent(execution_uid: str, redrive_count: int, ordinal: int, ratio: float) -> str:
    """W3C's header for what a try of a task calls: its span, and whether the trace is sampled."""
    trace_id = trace_id_of(execution_uid, redrive_count)
    span_id = span_id_of(execution_uid, "try", ordinal)
    return f"00-{trace_id:032x}-{span_id:016x}-{int(is_sampled(trace_id, ratio)):02x}"


def _number(text: str, size: int) -> int:
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=size).digest()) or 1
