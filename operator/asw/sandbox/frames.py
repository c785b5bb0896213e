"""Messages in the pipes between a sandbox and one of its keepers."""

import struct
from enum import Enum
from typing import Final, NamedTuple

from asw.sandbox.jobs import Limits

REQUEST: Final = struct.Struct(">QIdQQ")
REPLY: Final = struct.Struct(">BQ")
LONGEST_JOB: Final = 64 * 2**20
"""Bytes: more than all values that an execution may have at a time."""
LONGEST_FAULT: Final = 4096
"""Bytes of the text that describes a fault of our own."""


class Ending(Enum):
    """How a job ended; its answer, or the text of the fault, follows."""

    ANSWER = 0
    TIME = 1
    MEMORY = 2
    FAULT = 3


class Request(NamedTuple):
    """``size`` bytes of a pickled job follow."""

    size: int
    limits: Limits


class Reply(NamedTuple):
    """``size`` bytes follow."""

    ending: Ending
    size: int


def write_request(job: bytes, limits: Limits) -> bytes:
    """A job as bytes."""
    head = REQUEST.pack(
        len(job), limits.processor_seconds, limits.wall_seconds, limits.memory, limits.answer
    )
    return head + job


def read_request(head: bytes) -> Request:
    """The job in the bytes, with its limits."""
    size, processor_seconds, wall_seconds, memory, answer = REQUEST.unpack(head)
    limits = Limits(
        processor_seconds=processor_seconds,
        wall_seconds=wall_seconds,
        memory=memory,
        answer=answer,
    )
    return Request(size, limits)


def write_reply(ending: Ending, text: bytes) -> bytes:
    """The end of a job as bytes."""
    return REPLY.pack(ending.value, len(text)) + text


def read_reply(head: bytes, limits: Limits) -> Reply:
    """How the job ended. Raises ValueError for what no keeper says."""
    code, size = REPLY.unpack(head)
    ending = Ending(code)
    most = limits.answer if ending is Ending.ANSWER else LONGEST_FAULT
    if size > most:
        raise ValueError(f"a reply of {size} bytes, where {most} are allowed")
    return Reply(ending, size)
