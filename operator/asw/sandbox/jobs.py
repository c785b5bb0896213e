"""A job, what it may use up, and what becomes of it."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a job may use up; whatever goes beyond ends it.

    ``processor_seconds`` are counted by the kernel, so they are the same on a busy machine;
    ``wall_seconds`` are the clock's. ``memory`` is what it may take besides what its process has
    to begin with, ``answer`` how long its answer may be, both in bytes.
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
        """The answer. What it raises, but for MemoryError, is a fault of our own."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """The job is done. The answer's length is bounded; what it says is not to be trusted."""

    answer: bytes


@dataclass(frozen=True, slots=True)
class OutOfTime:
    """The job was ended after the time it may use up."""


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The job was ended by the memory that it wanted, or would answer more than it may."""


Outcome: TypeAlias = Answered | OutOfTime | OutOfMemory


class JobError(Exception):
    """The job raised something: a fault of our own, told in the message."""


class SandboxError(Exception):
    """No process is there that would do the job, though it was tried twice; try again later."""
