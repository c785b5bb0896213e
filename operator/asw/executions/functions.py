"""What the status of a Function says."""

from asw.api.names import CONDITION_WARM, REASON_PODS_FAIL
from asw.asl.values import JsonObject


def poolless(manifest: JsonObject) -> str | None:
    """Why warm pods of the Function do not start, None if they do or there are none."""
    for condition in (manifest.get("status") or {}).get("conditions") or ():
        if (condition["type"], condition.get("reason")) == (CONDITION_WARM, REASON_PODS_FAIL):
            return str(condition.get("message") or "")
    return None
