"""The inspection data: the result of each stage of the state's data flow, until one fails.

AWS "Using inspection levels in TestState API". Stages are computed by the functions that the
engine's states use. Which of them AWS shows depends on the state's type and query language, and on
whether its work is mocked.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from asw.asl.errors import StatesError
from asw.asl.model import ABSENT, MapState, ParallelState, PassState, State, TaskState, WorkFields
from asw.asl.paths import apply_result_path
from asw.asl.scope import Scope
from asw.asl.templates import expand
from asw.asl.values import Json
from asw.engine.dataflow import effective_input, work_input
from asw.teststate.iterations import Iterations

Stage: TypeAlias = tuple[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What the stages depend on; ``result`` is that of the state's work, ABSENT if it failed.

    ``iterations`` are those of a Map.
    """

    state: State
    input: Json
    scope: Scope
    result: Json = ABSENT
    iterations: Iterations | None = None


def inspected(flow: Flow) -> dict[str, Json]:
    """The results of the stages, by their names in AWS's answer."""
    found: dict[str, Json] = {"input": flow.input}
    with suppress(StatesError):
        for stage in _stages(flow):
            found.update((stage,))
    return found


def _stages(flow: Flow) -> Iterator[Stage]:
    match flow.state:
        case PassState() as state:
            return _pass_stages(state, flow)
        case TaskState() as state:
            return _task_stages(state, flow)
        case MapState() as state:
            return _map_stages(state, flow)
        case ParallelState() as state:
            return _after_work(state, flow)
        case _:
            return _input_stages(flow)


def _input_stages(flow: Flow) -> Iterator[Stage]:
    if flow.state.language == "JSONPath":
        yield "afterInputPath", effective_input(flow.state, flow.input, flow.scope)


def _pass_stages(state: PassState, flow: Flow) -> Iterator[Stage]:
    if state.language == "JSONata":
        return
    result = state.result
    if result is ABSENT:
        yield from _input_stages(flow)
        result = work_input(state, flow.input, flow.scope)
        yield "afterParameters", result
    else:
        yield "result", result
    yield "afterResultSelector", result
    yield "afterResultPath", apply_result_path(state.result_path, flow.input, result)


def _task_stages(state: TaskState, flow: Flow) -> Iterator[Stage]:
    yield from _input_stages(flow)
    name = "afterArguments" if state.language == "JSONata" else "afterParameters"
    yield name, work_input(state, flow.input, flow.scope)
    if flow.result is not ABSENT:
        yield "result", flow.result
    yield from _after_work(state, flow)


def _map_stages(state: MapState, flow: Flow) -> Iterator[Stage]:
    assert flow.iterations is not None, "a Map has iterations"
    yield from _input_stages(flow)
    yield from flow.iterations.stages()
    yield from _after_work(state, flow)


def _after_work(state: WorkFields, flow: Flow) -> Iterator[Stage]:
    if state.language == "JSONata" or flow.result is ABSENT:
        return
    result = flow.result
    if state.result_selector is not ABSENT:
        result = expand(state.result_selector, result, flow.scope, field="ResultSelector")
    yield "afterResultSelector", result
    yield "afterResultPath", apply_result_path(state.result_path, flow.input, result)
