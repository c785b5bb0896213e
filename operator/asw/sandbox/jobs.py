"""A job, what it may use up, and its outcome."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a job may use up; exceeding any of it ends the job.

    The kernel counts ``processor_seconds``, so they are the same on a busy machine;
    ``wall_seconds`` are the clock's. ``memory`` is what it may take beyond what its process
    begins with, ``answer`` how long its answer may be, both in bytes.
    """

    processor_seconds: int = 1
    wall_seconds: float = 5.0
    memory: int = 96 * MEBIBYTE
    answer: int = 8 * MEBIBYTE


class Job(Protocol):
    """A value that is pickled, and run where it can do no harm."""

    @property
    def limits(self) -> Limits:
        """What it may use up."""
        ...

    def run(self) -> bytes:
        """The answer. What it raises, except MemoryError, is a fault of our own."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """The job is done. The answer's length is bounded; its content must not be trusted."""

    answer: bytes


@dataclass(frozen=True, slots=True)
class OutOfTime:
    """The job was ended because it used up its time."""


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The job was ended because it wanted too much memory, or its answer was too long."""


Outcome: TypeAlias = Answered | OutOfTime | OutOfMemory


class JobError(Exception):
    """The job raised something: a fault of our own, described in the message."""


class SandboxError(Exception):
    """No process could do the job, though it was tried twice; try again later."""
