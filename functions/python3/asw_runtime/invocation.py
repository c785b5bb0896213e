"""One start of a task, read from the contract variables; what user code must not see is taken out.

The token lives here and in no environment that user code or its children inherit.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

TAKEN = (
    "ASW_EVENT",
    "ASW_EVENT_URL",
    "ASW_TASK_TOKEN",
    "ASW_RESULT_FILE",
    "ASW_RESULT_URL",
    "ASW_RESULT_WAIT",
    "ASW_HEARTBEAT_URL",
    "ASW_CA",
    "ASW_SERVER_NAME",
    "ASW_CODE",
)
"""Variables that are for the runtime alone."""

IMAGE_CODE_DIR = "/var/task"
"""Where an image derived from ours puts its code; also the folder that in-memory files claim."""


class Invocation:
    """What the container was told; an absent text is the empty string."""

    def __init__(self, variables: MutableMapping[str, str]) -> None:
        taken = {name: variables.pop(name, "") for name in TAKEN}
        self.event = taken["ASW_EVENT"]
        self.event_url = taken["ASW_EVENT_URL"]
        self.token = taken["ASW_TASK_TOKEN"]
        self.result_file = taken["ASW_RESULT_FILE"]
        self.is_private = variables.get("ASW_PAYLOADS") == "Private"
        self.result_url = taken["ASW_RESULT_URL"]
        self.result_wait = float(taken["ASW_RESULT_WAIT"] or 600)
        self.heartbeat_url = taken["ASW_HEARTBEAT_URL"]
        self.ca = taken["ASW_CA"]
        self.server_name = taken["ASW_SERVER_NAME"]
        self.code = taken["ASW_CODE"]
        self.code_dir = variables.get("ASW_CODE_DIR", "")
        self.packages_dir = variables.get("ASW_PACKAGES_DIR")
        self.handler = variables.get("ASW_HANDLER", "")
        self.task_id = variables.get("ASW_TASK_ID", "")
        self.function_name = variables.get("ASW_FUNCTION_NAME", "")
        self.function_version = variables.get("ASW_FUNCTION_VERSION") or "$LATEST"
        self.namespace = variables.get("ASW_NAMESPACE") or "default"
        self.state = variables.get("ASW_STATE", "")
        self.memory_mb = int(variables.get("ASW_MEMORY_MB") or 0)
        self.timeout_seconds = float(variables.get("ASW_TIMEOUT_SECONDS") or 0)
        self.started_at = time.monotonic()

    def remaining_seconds(self) -> float:
        """What is left of the function's own timeout; a day where it has none."""
        limit = self.timeout_seconds or 86_400.0
        return max(0.0, self.started_at + limit - time.monotonic())
