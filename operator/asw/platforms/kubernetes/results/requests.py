"""What warm pods send, as docs/reference/warm-contract.md has it, bounded in each field. Pure."""

from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from asw.api.conditions import MESSAGE_LIMIT
from asw.api.names import OBJECT_NAME_PATTERN
from asw.platforms.kubernetes.pools.pool import Amiss
from asw.platforms.kubernetes.tasks.settings import MOST_CALLS

MOST_HELD: Final = 1024
"""Most tasks that a pod may say it holds."""

_Uid = Field(pattern=r"^[-0-9a-z]{1,64}$")
_TaskText: TypeAlias = Annotated[str, Field(max_length=100)]


class Said(BaseModel):
    """Which process of which pod asks."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    pod: str = _Uid
    boot: str = Field(pattern=r"^[0-9a-f]{16}$")


class AmissSaid(BaseModel):
    """What each call would fail with now."""

    error: str = Field(default="", max_length=256)
    cause: str = Field(default="", max_length=4096)

    def plain(self) -> Amiss:
        """The same as pools have it, as long as a condition may be."""
        return Amiss(self.error, self.cause[:MESSAGE_LIMIT])


class Hello(Said):
    """A pod is there, and has these tasks."""

    name: str = Field(max_length=253, pattern=OBJECT_NAME_PATTERN)
    slots: int = Field(ge=1, le=MOST_CALLS)
    holds: list[_TaskText] = Field(default=[], max_length=MOST_HELD)
    draining: bool = False
    started_at: float | None = Field(default=None, alias="startedAt", ge=0)
    amiss: AmissSaid | None = None


class Ended(BaseModel):
    """How a task ended."""

    task_id: str = Field(alias="taskId", max_length=100)
    outcome: Any


class Next(Said):
    """A slot is free, or tells how its task ended."""

    slot: int = Field(ge=0, lt=MOST_CALLS)
    holds: list[_TaskText] | None = Field(default=None, max_length=MOST_HELD)
    draining: bool = False
    wait: bool = True
    outcome: Ended | None = None


class Beat(Said):
    """A task is still at work."""

    task_id: str = Field(alias="taskId", max_length=100)
