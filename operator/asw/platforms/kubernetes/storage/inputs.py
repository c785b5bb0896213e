"""The input of an Execution: from its spec, an object that it names, or its Workflow's default.

A problem is a sentence with the remedy, not an exception: the execution fails with it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from asw.api.execution import Execution, ExecutionStatus, InputSource
from asw.api.names import LABEL_EXECUTION_UID, PAYLOAD_LIMIT_BYTES, digest12
from asw.api.workflow import Workflow
from asw.asl.values import DEEPEST_PAYLOAD, Json, from_text, is_too_deep, to_text
from asw.platforms.kubernetes.cache.whole import whole
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, PAYLOADS


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The value and its text, or the problem.

    ``is_kept``: the immutable spec holds it, so that nobody else needs to keep it.
    """

    value: Json = None
    text: str | None = None
    problem: str | None = None
    is_kept: bool = False


async def read_input(client: KubeClient, execution: Execution, workflow: Workflow | None) -> Input:
    """The input of the execution. Raises what the client raises, except NotFound."""
    spec = execution.spec
    if spec.input_text is not None:
        return parsed_input(spec.input_text, "spec.inputText", is_kept=True)
    if spec.input_from is not None:
        return await _from_object(client, execution, spec.input_from)
    if spec.has_input:
        return given_input(spec.input, is_kept="input" not in execution.completed)
    if workflow is not None and workflow.spec.has_default_input:
        with suppress(NotFound):  # deleted meanwhile: the same as if it had been gone before
            known = await whole(client, workflow)
            return given_input(known.spec.default_input, is_kept=False)
    return given_input({}, is_kept=False)


def input_digest(source: Input) -> str | None:
    """The digest that identifies an input which only the spec keeps."""
    return digest12(source.text) if source.is_kept and source.text is not None else None


def is_input_changed(status: ExecutionStatus, source: Input) -> bool:
    """Whether the spec has another input than at the last save; a policy forbids that, if on."""
    return status.input_digest not in (None, input_digest(source))


def given_input(value: Json, *, is_kept: bool) -> Input:
    """A value as the input."""
    text = to_text(value)
    if problem := _problem(value, text):
        return Input(problem=problem)
    return Input(value=value, text=text, is_kept=is_kept)


def parsed_input(text: str, source: str, *, is_kept: bool) -> Input:
    """A JSON text as the input."""
    try:
        value = from_text(text)
    except ValueError as error:
        return Input(problem=f"{source} is not JSON: {error}")
    return given_input(value, is_kept=is_kept)


def _problem(value: Json, text: str) -> str | None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        return f"the input is not UTF-8: {error.reason}"
    if size > PAYLOAD_LIMIT_BYTES:
        return f"the input has {size} bytes, more than the {PAYLOAD_LIMIT_BYTES} that are allowed"
    if is_too_deep(value, text):
        return f"the input is nested more than {DEEPEST_PAYLOAD} deep"
    return None


async def _from_object(client: KubeClient, execution: Execution, source: InputSource) -> Input:
    """The text that a ConfigMap or a Payload holds; the object must be immutable."""
    reference, where = source.reference, f"{source.kind} {source.reference.name!r}"
    resource = PAYLOADS if source.kind == "Payload" else CONFIG_MAPS
    try:
        found = await client.get(resource, execution.metadata.namespace, reference.name)
    except NotFound:
        return Input(problem=f"{where}, named by spec.inputFrom, does not exist: create it first")
    if resource is PAYLOADS and not _is_for(execution, found):
        return Input(problem=f"{where} holds data of another execution: create one of your own")
    if resource is CONFIG_MAPS and not found.get("immutable"):
        return Input(problem=f"{where} is not immutable: set immutable: true in it")
    text = (found.get("data") or {}).get(reference.key)
    if text is None:
        return Input(problem=f"{where} has no key {reference.key!r} in its data")
    return parsed_input(text, f"key {reference.key!r} of {where}", is_kept=False)


def _is_for(execution: Execution, payload: Mapping[str, Any]) -> bool:
    """Whether a Payload is a user's, or the one that holds the input of this very child."""
    owner = payload["metadata"].get("labels", {}).get(LABEL_EXECUTION_UID)
    starter = execution.spec.parent or execution.spec.started_by
    return owner is None or (starter is not None and owner == starter.uid)
