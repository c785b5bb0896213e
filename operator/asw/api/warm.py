"""Mode Warm of a Function: how many pods stay, and what the operator knows of them."""

from typing import Final, Literal

from pydantic import Field, model_validator

from asw.api.objects import Part, Shown, rule, rules

MOST_WARM_PODS: Final = 1000
"""Most warm pods of one Function."""
MOST_SLOTS: Final = 64
"""Most calls that one warm pod runs at a time, each in a process of its own."""
LONGEST_IDLE: Final = 86_400
"""Most seconds that a pod stays without a call."""
MIN_IS_LESS: Final = "spec.warm.min must not be greater than spec.warm.max"


class Warm(Part):
    """The pods that stay and serve call after call."""

    model_config = rules(
        rule(
            "(has(self.min) ? self.min : 0) <= (has(self.max) ? self.max : 10)",
            MIN_IS_LESS,
            ".min",
        )
    )

    min: int = Field(default=0, ge=0, le=MOST_WARM_PODS, strict=True)
    """Pods that are there even if nobody calls. Default: 0."""

    max: int = Field(default=10, ge=1, le=MOST_WARM_PODS, strict=True)
    """Most pods. Default: 10."""

    concurrency: int = Field(default=1, ge=1, le=MOST_SLOTS, strict=True)
    """Calls that a pod runs at a time, each in a process of its own; all of them share the pod's
    memory limit. Default: 1."""

    idle_seconds: int = Field(default=900, ge=10, le=LONGEST_IDLE, strict=True)
    """Without a call for so long, all pods beyond min are removed. Default: 900."""

    cold_start: Literal["Job", "Wait"] = "Job"
    """What a call does if no pod is free within a tenth of a second. Job: it gets a pod of its own,
    as in mode Job. Wait: it waits for a warm pod. Default: Job."""

    queue_timeout_seconds: int = Field(default=30, ge=1, le=3600, strict=True)
    """How long a call waits with coldStart Wait before it fails with
    Lambda.TooManyRequestsException. Default: 30."""

    max_calls: int | None = Field(default=None, ge=1, strict=True)
    """The process of a slot is replaced after so many calls. Default: never."""

    @model_validator(mode="after")
    def _has_room(self) -> "Warm":
        if self.min > self.max:
            raise ValueError(MIN_IS_LESS)
        return self


class WarmStatus(Shown):
    """The warm pods of the Function's current revision."""

    revision: str | None = Field(default=None, max_length=64)
    """Digest of all that decides how a call is run: code, runtime, environment, pod. Missing if
    that cannot be worked out, as trouble says."""

    wanted: int = 0
    """How many pods it should have."""

    ready: int = 0
    """How many pods ask for calls."""

    trouble: str | None = Field(default=None, max_length=1024)
    """What keeps pods from working, such as a quota or an image that cannot be pulled; calls get
    Jobs meanwhile."""
