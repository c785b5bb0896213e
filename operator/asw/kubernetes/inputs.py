"""The input of an Execution: from its spec, an object that it names, or its Workflow's default.

What is wrong with it is a sentence with the remedy, not an exception: the execution fails by it.
"""

from dataclasses import dataclass

from asw.api.execution import Execution
from asw.api.names import PAYLOAD_LIMIT_BYTES
from asw.api.workflow import Workflow
from asw.asl.values import DEEPEST_PAYLOAD, Json, from_text, is_too_deep, to_text
from asw.kubernetes.client import KubeClient
from asw.kubernetes.errors import NotFound
from asw.kubernetes.resources import CONFIG_MAPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The value and its text, or what is wrong.

    ``is_kept`` says that the spec holds it and cannot change, so that nobody else need keep it.
    """

    value: Json = None
    text: str | None = None
    problem: str | None = None
    is_kept: bool = False


async def read_input(client: KubeClient, execution: Execution, workflow: Workflow | None) -> Input:
    """The input of the execution. Raises what the client raises, but for NotFound."""
    spec = execution.spec
    if spec.input_text is not None:
        return parsed_input(spec.input_text, "spec.inputText", is_kept=True)
    if spec.input_from is not None:
        return await _from_config_map(client, execution)
    if spec.has_input:
        return given_input(spec.input, is_kept="input" not in execution.completed)
    if workflow is not None and workflow.spec.has_default_input:
        return given_input(workflow.spec.default_input, is_kept=False)
    return given_input({}, is_kept=False)


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


async def _from_config_map(client: KubeClient, execution: Execution) -> Input:
    source = execution.spec.input_from
    assert source is not None
    reference = source.config_map_ref
    where = f"ConfigMap {reference.name!r}"
    try:
        found = await client.get(CONFIG_MAPS, execution.metadata.namespace, reference.name)
    except NotFound:
        return Input(problem=f"{where}, named by spec.inputFrom, does not exist: create it first")
    if not found.get("immutable"):
        return Input(problem=f"{where} can change: set immutable: true in it")
    text = (found.get("data") or {}).get(reference.key)
    if text is None:
        return Input(problem=f"{where} has no key {reference.key!r} in its data")
    return parsed_input(text, f"key {reference.key!r} of {where}", is_kept=False)
