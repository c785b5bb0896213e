"""A call of a service and its outcome: all that crosses the connector's border."""

from dataclasses import dataclass
from typing import TypeAlias

from asw.asl.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of one Task state.

    ``service`` and ``action`` are spelt as in the ARN: ``arn:aws:states:::dynamodb:putItem`` is
    ``dynamodb`` and ``putItem``; ``sdk`` tells ``arn:aws:states:::aws-sdk:dynamodb:putItem`` from
    it. ``task_id`` is the text of the TaskId; the same one means the same call, made again.
    ``origin`` has the ARNs of the execution and of its state machine, in this order. ``is_job`` if
    what it starts is awaited (``.sync``).
    """

    service: str
    action: str
    sdk: bool
    parameters: Json
    task_id: str
    origin: tuple[str, ...] = ()
    is_job: bool = False

    @property
    def resource_type(self) -> str:
        """What history calls the service: ``aws-sdk:s3``, or ``dynamodb``."""
        return f"aws-sdk:{self.service}" if self.sdk else self.service


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The call was made; ``output`` is what AWS would give the state as its result."""

    output: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The call failed: error name and cause as AWS words them, or ours (``Asw...``)."""

    error: str
    cause: str


Outcome: TypeAlias = Done | Failed
