"""A task as the operator sends it, and what became of it."""

from __future__ import annotations

import time

from ..outcomes import dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Task:
    """One task. Raises ValueError, TypeError or KeyError if the operator sent something else."""

    def __init__(self, plain: dict[str, Any], timeout_seconds: float) -> None:
        self.task_id = str(plain["taskId"])
        environment = {name: str(text) for name, text in (plain.get("environment") or {}).items()}
        self.is_repeated = False
        """Whether it has run here before."""
        self.state = environment.get("ASW_STATE", "")
        own_timeout = plain.get("timeoutSeconds")
        if own_timeout is not None:
            timeout_seconds = float(own_timeout)
            environment["ASW_TIMEOUT_SECONDS"] = f"{timeout_seconds:g}"
        self.timeout_seconds = timeout_seconds
        """0 means that it has none."""
        event = plain.get("event", "{}")
        request = {"taskId": self.task_id, "event": event, "environment": environment}
        self.line = dump(request) + b"\n"
        """The request to the child."""


class Delivery:
    """An outcome on its way to the operator; ``body`` is its JSON."""

    def __init__(self, task: Task, body: bytes, started_at: float) -> None:
        self.task = task
        self.body = body
        self.started_at = _instant(started_at)
        self.is_replaced = False
        """Whether it says instead of the outcome why that was refused."""


def _instant(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds, of seconds since the epoch."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"
