"""What this machine's store holds, in the shape of the objects on a cluster. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from asw.api import names
from asw.api.instants import instant_text
from asw.api.limits import states_line
from asw.api.phases import PHASE_OF
from asw.asl.values import Json, JsonObject, from_text
from asw.executions.port import LastCall
from asw.platforms.local.database import instant
from asw.platforms.local.executions import NAMESPACE
from asw.platforms.local.functions import LocalFunction
from asw.platforms.local.shown import Shown, ShownCall
from asw.platforms.local.tasks import Succeeded, outcome_of
from asw.reconciler.platform import Revision

_OF_CONNECTION: Final[Mapping[str, str]] = {
    "kind": "kind",
    "region": "region",
    "endpoint": "endpoint",
    "http": "http",
    "kubernetes": "kubernetes",
    "path_style": "pathStyle",
    "connect_seconds": "connectTimeoutSeconds",
    "call_seconds": "timeoutSeconds",
    "calls_per_second": "maxCallsPerSecond",
    "on_lost": "onLost",
    "allowed": "allowedAddresses",
    "workflows": "workflows",
}
"""Fields of a Connection in the store, and in the custom resource."""


def execution_manifest(shown: Shown, left: str = "") -> JsonObject:
    """The Execution; one machine knows neither version nor owner, so its metadata lack them.

    ``left`` says what to do if no process works on it; empty if one does.
    """
    metadata = _metadata(shown.name) | {
        "uid": shown.uid,
        "creationTimestamp": instant_text(shown.created_at),
    }
    labels = dict(shown.labels)
    if (parent := shown.parent) is not None:
        of_map = parent.map_state is not None
        labels[names.LABEL_PARENT_UID if of_map else names.LABEL_STARTED_BY] = parent.uid
    if labels:
        metadata["labels"] = labels
    return _object("Execution", metadata, _spec(shown), _status(shown, left))


def workflow_manifest(name: str, revision: Revision) -> JsonObject:
    """The Workflow with its current definition."""
    spec: dict[str, Json] = {
        "dialect": revision.dialect,
        "definition": from_text(revision.text),
    }
    if revision.workflow_name != name:
        spec["name"] = revision.workflow_name
    return _object("Workflow", _metadata(name), spec, {"revision": revision.name})


def function_manifest(function: LocalFunction) -> JsonObject:
    """The Function. Of variables from Secrets it has the reference, not the value."""
    spec: dict[str, Json] = {"runtime": function.runtime}
    if function.handler:
        spec["handler"] = function.handler
    if (container := function.container) is not None:
        spec["image"] = container["image"]
        spec |= {name: it for name in ("command", "args") if (it := container[name]) is not None}
    if function.files:
        spec["code"] = {"inline": dict(function.files)}
    if function.variables:
        spec["env"] = [{"name": name, "value": it} for name, it in function.variables.items()]
    if function.timeout_seconds is not None:
        spec["timeoutSeconds"] = function.timeout_seconds
    return _object("Function", _metadata(function.name), spec, {})


def connection_manifest(plain: JsonObject) -> JsonObject:
    """The Connection. Certificates and credentials are left out: this machine has its own."""
    spec = {theirs: plain.get(ours) for ours, theirs in _OF_CONNECTION.items()}
    spec = {name: it for name, it in spec.items() if it not in (None, False, [])}
    status: dict[str, Json] = {}
    if plain.get("problem"):
        words = {"reason": names.REASON_NOT_CONFIGURED, "message": plain["problem"]}
        status = {"conditions": [{"type": names.CONDITION_READY, "status": "False", **words}]}
    return _object("Connection", _metadata(plain["name"]), spec, status)


def last_call(call: ShownCall) -> LastCall:
    """The newest call of a Function."""
    phase: Literal["Running", "Succeeded", "Failed"] = "Running"
    if call.outcome is not None:
        phase = "Succeeded" if isinstance(outcome_of(call.outcome), Succeeded) else "Failed"
    return LastCall(execution=call.execution, phase=phase, at=call.at)


def _object(
    kind: str, metadata: Mapping[str, Json], spec: Mapping[str, Json], status: Mapping[str, Json]
) -> JsonObject:
    made: dict[str, Any] = {"apiVersion": names.API_VERSION, "kind": kind, "metadata": metadata}
    made["spec"] = spec
    return {**made, "status": status} if status else made


def _metadata(name: str) -> dict[str, Json]:
    return {"name": name, "namespace": NAMESPACE}


def _spec(shown: Shown) -> dict[str, Json]:
    spec: dict[str, Json] = {
        "workflowRef": {"name": shown.workflow_name},
        "input": shown.input,
    }
    if shown.execution_name != shown.name:
        spec["name"] = shown.execution_name
    if shown.stop is not None:
        spec["stop"] = {key: value for key, value in shown.stop.items() if value is not None}
    if shown.is_suspended:
        spec["suspend"] = True
    if shown.redrive is not None:
        revision = shown.redrive.revision
        spec["redrive"] = {"number": shown.redrive.number}
        spec["redrive"] |= {} if revision is None else {"revision": revision}
    if (parent := shown.parent) is not None:
        link = {"name": parent.name, "uid": parent.uid, "ordinal": parent.ordinal}
        if parent.map_state is None:
            spec["startedBy"] = link
        else:
            spec["parent"] = {**link, "state": parent.map_state}
    return spec


def _status(shown: Shown, left: str) -> dict[str, Json]:
    phase = _phase(shown)
    status: dict[str, Json] = {"phase": phase}
    if shown.started_at is not None:
        status["startTime"] = instant_text(shown.started_at)
    if shown.revision is not None:
        status["revision"] = shown.revision
    if shown.redrive_count:
        status["redriveCount"] = shown.redrive_count
    if shown.outcome is not None:
        status |= _outcome(shown.outcome)
    elif shown.record is not None:
        states = shown.record.current_states()
        status["currentStates"] = states
        status["states"] = states_line(states)
    status["conditions"] = _conditions(shown, phase)
    if left and shown.outcome is None:
        words = ("True", names.REASON_NO_PROCESS, left)
        at = shown.started_at or shown.created_at
        status["conditions"].append(_condition(names.CONDITION_STALLED, words, at))
    return status


def _phase(shown: Shown) -> str:
    if shown.outcome is not None:
        return PHASE_OF[shown.outcome["status"]]
    return "Pending" if shown.record is None else "Running"


def _outcome(outcome: Mapping[str, Json]) -> dict[str, Json]:
    made: dict[str, Json] = {"completionTime": instant_text(instant(outcome["at"]))}
    if outcome["status"] == "SUCCEEDED":
        made["output"] = outcome.get("output")
    for key in ("error", "cause"):
        if outcome.get(key) is not None:
            made[key] = outcome[key]
    return made


def _conditions(shown: Shown, phase: str) -> list[Json]:
    """Those that mean something on one machine: how it ended, and a refused redrive."""
    at: datetime = shown.started_at or shown.created_at
    if shown.outcome is None:
        reason, message = shown.waiting or (phase, "")
        words = ("Unknown", reason, message)
    else:
        at = instant(shown.outcome["at"])
        failure = (shown.outcome.get("error"), shown.outcome.get("cause"))
        is_well = phase == "Succeeded"
        words = ("True" if is_well else "False", phase, ": ".join(filter(None, failure)))
    is_over = ("False" if shown.outcome is None else "True", words[1], "")
    made: list[Json] = [
        _condition(names.CONDITION_SUCCEEDED, words, at),
        _condition(names.CONDITION_COMPLETE, is_over, at),
    ]
    if shown.refusal is not None:
        refused = ("False", names.REASON_REDRIVE_REFUSED, shown.refusal)
        made.append(_condition(names.CONDITION_REDRIVEN, refused, at))
    return made


def _condition(kind: str, words: tuple[str, str, str], at: datetime) -> dict[str, Json]:
    status, reason, message = words
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": instant_text(at),
    }
