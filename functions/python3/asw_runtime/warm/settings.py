"""What the container was told, in two parts: what is for the parent alone, what children get."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

TAKEN = (
    "ASW_POLL_URL",
    "ASW_POLL_TOKEN",
    "ASW_POD_UID",
    "ASW_POD_NAME",
    "ASW_CONCURRENCY",
    "ASW_MAX_CALLS",
    "ASW_CA",
    "ASW_SERVER_NAME",
    "ASW_RESULT_WAIT",
)
"""Variables that no child inherits."""


class Settings:
    """Of one parent. ``variables`` are those of its children."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        taken = {name: environ.pop(name, "") for name in TAKEN}
        missing = [name for name in ("ASW_POLL_TOKEN", "ASW_POD_UID", "ASW_CA") if not taken[name]]
        if missing:
            raise ValueError(f"ASW_POLL_URL is set, but not {', '.join(missing)}")
        self.url = taken["ASW_POLL_URL"].rstrip("/")
        self.token = taken["ASW_POLL_TOKEN"].strip()
        self.pod = taken["ASW_POD_UID"]
        self.pod_name = taken["ASW_POD_NAME"]
        self.concurrency = int(taken["ASW_CONCURRENCY"] or 1)
        self.max_calls = int(taken["ASW_MAX_CALLS"] or 0)
        self.ca = taken["ASW_CA"]
        self.server_name = taken["ASW_SERVER_NAME"]
        self.result_wait = float(taken["ASW_RESULT_WAIT"] or 600)
        self.timeout_seconds = float(environ.get("ASW_TIMEOUT_SECONDS") or 0)
        self.variables = dict(environ)
