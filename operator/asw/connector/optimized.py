"""What optimized integrations do besides calling: shapes of parameters and of results. Pure.

From the page of each service in the Step Functions Developer Guide, and from what AWS answered.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from asw.asl.values import Json, from_text, to_text
from asw.connector.calls import Call, Done, Failed, Outcome
from asw.connector.shaping import BadParameters

Answer = Mapping[str, Json]

_UNKNOWN_ERROR: Final = "Lambda.Unknown"
_FAILED_ENTRY: Final = "EventBridge.FailedEntry"
_BEDROCK_OBJECTS: Final = ("Input", "Output")


def prepared(call: Call) -> Json:
    """The parameters of the call as the operation takes them. Raises BadParameters."""
    prepare = _PREPARE.get(_name(call))
    if prepare is None or not isinstance(call.parameters, dict):
        return call.parameters
    return prepare(call, call.parameters)


def finished(call: Call, answer: Answer, metadata: Mapping[str, Any]) -> Outcome:
    """The outcome of an optimized call whose answer is spelt as a result already."""
    whole = {**answer, **_of_transport(metadata)}
    finish = _FINISH.get(_name(call))
    return Done(output=whole) if finish is None else finish(answer, whole)


def _name(call: Call) -> str:
    return f"{call.service}:{call.action}"


def _of_transport(metadata: Mapping[str, Any]) -> dict[str, Json]:
    """What version 1 of the SDK keeps of the HTTP answer, and Step Functions shows."""
    headers = {_spelt(name): it for name, it in metadata.get("HTTPHeaders", {}).items()}
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": metadata.get("HTTPStatusCode"),
        },
        "SdkResponseMetadata": {"RequestId": metadata.get("RequestId")},
    }


def _spelt(header: str) -> str:
    """A header as servers write it; botocore has them in small letters."""
    if header == "x-amzn-requestid":
        return "x-amzn-RequestId"
    return header if header.startswith("x-") else header.title()


def _events(call: Call, parameters: Answer) -> Json:
    """events:putEvents names the execution and its state machine among the resources."""
    entries = parameters.get("Entries")
    if not isinstance(entries, list) or not call.origin:
        return parameters
    return {**parameters, "Entries": [_event(call, it) for it in entries]}


def _event(call: Call, entry: Json) -> Json:
    if not isinstance(entry, dict):
        return entry
    resources = entry.get("Resources") or []
    own = resources if isinstance(resources, list) else [resources]
    return {**entry, "Resources": [*own, *call.origin]}


def _events_outcome(answer: Answer, whole: Answer) -> Outcome:
    """AWS: a single refused entry fails the state, with the whole answer as cause."""
    if answer.get("FailedEntryCount"):
        return Failed(error=_FAILED_ENTRY, cause=to_text(answer))
    return Done(output=whole)


def _lambda_outcome(answer: Answer, whole: Answer) -> Outcome:
    """lambda:invoke gives the Payload as JSON; an error of the function fails the state."""
    text = answer.get("Payload")
    payload = _read(text)
    if "FunctionError" not in answer:
        return Done(output={"ExecutedVersion": "$LATEST", **whole, "Payload": payload})
    error = payload.get("errorType") if isinstance(payload, dict) else None
    return Failed(error=str(error or _UNKNOWN_ERROR), cause=str(text))


def _bedrock(call: Call, parameters: Answer) -> Json:
    del call
    for name in _BEDROCK_OBJECTS:
        if name in parameters:
            raise BadParameters(f"{name}: objects of S3 are not supported here; use Body")
    return parameters


def _bedrock_outcome(answer: Answer, whole: Answer) -> Outcome:
    """AWS: two members, the body read as JSON."""
    del whole
    body = _read(answer.get("Body"))
    return Done(output={"Body": body, "ContentType": answer.get("ContentType")})


def _add_step(call: Call, parameters: Answer) -> Json:
    """AWS: one step, and the cluster by its usual name."""
    del call
    given = {name: it for name, it in parameters.items() if name not in ("ClusterId", "Step")}
    return {**given, "JobFlowId": parameters.get("ClusterId"), "Steps": [parameters.get("Step")]}


def _cancel_step(call: Call, parameters: Answer) -> Json:
    del call
    given = {name: it for name, it in parameters.items() if name != "StepId"}
    return {**given, "StepIds": [parameters.get("StepId")]}


def _of_cluster(call: Call, parameters: Answer) -> Json:
    del call
    given = {name: it for name, it in parameters.items() if name != "ClusterId"}
    return {**given, "JobFlowIds": [parameters.get("ClusterId")]}


def _renamed(old: str, new: str) -> Callable[[Answer, Answer], Outcome]:
    """A member by the name that Step Functions has for it; of a list, the only item."""

    def finish(answer: Answer, whole: Answer) -> Outcome:
        value = answer.get(old)
        rest = {name: it for name, it in whole.items() if name != old}
        first = value[0] if isinstance(value, list) and value else value
        return Done(output={new: first, **rest})

    return finish


def _read(text: Json) -> Json:
    """The value that a text spells, or the text."""
    try:
        return from_text(text) if isinstance(text, str) else text
    except ValueError:
        return text


_PREPARE: Final[Mapping[str, Callable[[Call, Answer], Json]]] = {
    "bedrock:invokeModel": _bedrock,
    "elasticmapreduce:addStep": _add_step,
    "elasticmapreduce:cancelStep": _cancel_step,
    "elasticmapreduce:setClusterTerminationProtection": _of_cluster,
    "elasticmapreduce:terminateCluster": _of_cluster,
    "events:putEvents": _events,
}
_FINISH: Final[Mapping[str, Callable[[Answer, Answer], Outcome]]] = {
    "bedrock:invokeModel": _bedrock_outcome,
    "elasticmapreduce:addStep": _renamed("StepIds", "StepId"),
    "elasticmapreduce:cancelStep": _renamed("CancelStepsInfoList", "CancelStepsInfo"),
    "elasticmapreduce:createCluster": _renamed("JobFlowId", "ClusterId"),
    "events:putEvents": _events_outcome,
    "lambda:invoke": _lambda_outcome,
}
