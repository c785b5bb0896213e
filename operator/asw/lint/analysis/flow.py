"""From what may enter a state to what may leave it, and by which ways.

Each function is the counterpart of one in ``engine.dataflow`` or ``engine.states``, over shapes
instead of values, and notes what goes wrong on the way. What the engine refuses for its size is
accepted here, which only adds runs.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from asw.asl.errors import QUERY_EVALUATION_ERROR, RESULT_PATH_MATCH_FAILURE, RUNTIME
from asw.asl.jsonpath import parse_path
from asw.asl.model import (
    ABSENT,
    Catcher,
    FailState,
    PassState,
    StateFields,
    SucceedState,
    TaskState,
    Template,
    WaitState,
    WorkFields,
)
from asw.asl.resources import LambdaInvokeResource, has_token
from asw.lint.analysis import calls, queries
from asw.lint.analysis.conditions import View
from asw.lint.analysis.evaluation import (
    EvaluationContext,
    FieldSteps,
    Note,
    check_bounds,
    check_instant,
    wants,
)
from asw.lint.analysis.paths import read
from asw.lint.analysis.places import put
from asw.lint.analysis.shapes import ANY, NOTHING, TEXT, Field, Shape, of_value, record, shape, text

ERROR_OUTPUT: Final = record(
    {"Error": shape(null=True, texts=TEXT.texts), "Cause": shape(null=True, texts=TEXT.texts)}
)
"""ASL: what a Catcher gets."""

Way: TypeAlias = Literal["next", "rule", "default", "catch"]


@dataclass(frozen=True, slots=True)
class World:
    """What a state may see when it is entered: its raw input, and the variables by name."""

    input: Shape
    variables: Shape


@dataclass(frozen=True, slots=True)
class Edge:
    """A way out of a state to ``target``, None for the end; ``at`` is the rule or Catcher."""

    target: str | None
    world: World
    way: Way = "next"
    at: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a Choice rule may match and may not match; neither if unreachable or always failing.

    ``might_match`` judges the rule alone, as if it were the first.
    """

    may_match: bool
    may_not_match: bool
    might_match: bool = True


@dataclass(slots=True)
class Passage:
    """What is known about a state: its ways out, its notes, the verdicts on its rules.

    It always fails with ``failure``, if set. Its work gives ``result``. A Choice without a Default
    has no rule for what is ``left_over``.
    """

    edges: list[Edge] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    failure: str | None = None
    result: Shape = NOTHING
    left_over: View | None = None


@dataclass(frozen=True, slots=True)
class StateScope:
    """What a state can read: its world, the context object, and known results of Tasks."""

    world: World
    context: Shape
    results: Mapping[str, Shape]

    def evaluation(self) -> EvaluationContext:
        """The context in which the state's expressions are evaluated."""
        return EvaluationContext(self.world.input, self.world.variables, self.context)


Work: TypeAlias = Callable[[EvaluationContext], Shape]
"""Gives the result of a Task, Parallel or Map, NOTHING if it never succeeds; notes faults."""


def worked(state: WorkFields, place: StateScope, work: Work) -> Passage:
    """A Task, Parallel or Map: its work, then what becomes of the result, or a Catcher."""
    evaluation = place.evaluation()
    result = work(evaluation)
    passage = Passage(notes=evaluation.notes, failure=evaluation.failure, result=result)
    if evaluation.failure is None and result is not NOTHING:
        left = _after_work(state, evaluation, result)
        passage.failure = evaluation.failure
        if left is not None:
            passage.edges.append(Edge(state.next, left))
    if passage.failure != RUNTIME or result is not NOTHING or evaluation.may_fail:
        passage.edges += _caught(state, place, passage)
    return passage


def task(state: TaskState, place: StateScope) -> Passage:
    """A Task: its function may return any value, unless the result is known."""

    def work(evaluation: EvaluationContext) -> Shape:
        work_input(state, evaluation)
        for name, path, given in (
            ("TimeoutSeconds", state.timeout_seconds_path, state.timeout_seconds),
            ("HeartbeatSeconds", state.heartbeat_seconds_path, state.heartbeat_seconds),
        ):
            found = _typed(state, evaluation, f"{name}Path", path, "numbers")
            check_bounds(evaluation, found, (1, math.inf), ((f"{name}Path",), path or "", RUNTIME))
            queries.number_of(given, evaluation, name, (0, math.inf))
        if evaluation.failure is not None:
            return NOTHING
        returned = place.results.get(state.name, ANY)
        if state.resource == LambdaInvokeResource():  # a callback brings what was sent
            returned = record(
                {
                    "ExecutedVersion": text("$LATEST"),
                    "Payload": returned,
                    "StatusCode": of_value(200),
                }
            )
        return returned

    if has_token(state.resource):
        place = replace(place, context=_with_token(place.context))
    return worked(state, place, work)


def _with_token(context: Shape) -> Shape:
    """The context object of a Task whose end is reported by its token."""
    objects = context.objects
    if objects is None:
        return context
    fields = {**objects.fields, "Task": Field(record({"Token": TEXT}))}
    return replace(context, objects=replace(objects, fields=fields))


def passed(state: PassState, place: StateScope) -> Passage:
    """A Pass: its Result, or its input after Parameters."""
    if state.language == "JSONata":
        return through(state, place)
    evaluation = place.evaluation()
    result = work_input(state, evaluation)
    if state.result is not ABSENT:
        result = of_value(state.result)
    left = None if evaluation.failure else _made(state, evaluation, result)
    edges = [] if left is None else [Edge(state.next, left)]
    return Passage(edges=edges, notes=evaluation.notes, failure=evaluation.failure, result=result)


def waited(state: WaitState, place: StateScope) -> Passage:
    """A Wait: the time that it waits for must exist."""
    evaluation = place.evaluation()
    path = state.seconds_path
    found = _typed(state, evaluation, "SecondsPath", path, "numbers")
    check_bounds(evaluation, found, (0, math.inf), (("SecondsPath",), path or "", RUNTIME))
    path = state.timestamp_path
    found = _typed(state, evaluation, "TimestampPath", path, "texts")
    check_instant(evaluation, found, (("TimestampPath",), path or "", RUNTIME))
    queries.number_of(state.seconds, evaluation, "Seconds", (0, math.inf))
    queries.instant_of(state.timestamp, evaluation, "Timestamp")
    return _through(state, evaluation)


def through(state: StateFields, place: StateScope) -> Passage:
    """A state that only passes its input on."""
    return _through(state, place.evaluation())


def failed(state: FailState, place: StateScope) -> Passage:
    """A Fail: no way leads out of it."""
    evaluation = place.evaluation()
    queries.field_of(state.error, evaluation, "Error", "texts")
    queries.field_of(state.cause, evaluation, "Cause", "texts")
    for name, path in (("ErrorPath", state.error_path), ("CausePath", state.cause_path)):
        if path is not None:
            calls.evaluate(path, evaluation.raw, evaluation, (name,), raw=True)
    return Passage(notes=evaluation.notes, failure=evaluation.failure)


def effective_input(state: StateFields, evaluation: EvaluationContext) -> Shape:
    """JSONPath: the raw input after InputPath. JSONata: the raw input."""
    return _path(state.input_path, evaluation.raw, evaluation, "InputPath", is_raw=True)


def work_input(state: PassState | WorkFields, evaluation: EvaluationContext) -> Shape:
    """The input of the work."""
    if state.language == "JSONata":
        arguments = state.arguments if isinstance(state, WorkFields) else ABSENT
        return (
            evaluation.raw
            if arguments is ABSENT
            else queries.expand(arguments, evaluation, ("Arguments",))
        )
    found = effective_input(state, evaluation)
    if state.parameters is ABSENT or evaluation.failure is not None:
        return found
    is_raw = state.input_path == "$"
    found = calls.expand(state.parameters, found, evaluation, ("Parameters",), raw=is_raw)
    evaluation.may_fail |= evaluation.failure is None  # it may be too large
    return found


def existing(
    state: StateFields, evaluation: EvaluationContext, name: str, path: str | None
) -> Shape | None:
    """What the path of a field finds in the effective input; None if the field is not set."""
    if path is None or evaluation.failure is not None:
        return None
    document = effective_input(
        state, EvaluationContext(evaluation.raw, evaluation.variables, evaluation.context)
    )
    return read(parse_path(path), document, evaluation, (name,), is_raw=state.input_path == "$")


def _typed(
    state: StateFields, evaluation: EvaluationContext, name: str, path: str | None, kind: str
) -> Shape | None:
    found = existing(state, evaluation, name, path)
    if found is not None:
        wants(evaluation, found, kind, ((name,), path or "", RUNTIME))
    return found


def _path(
    path: str | None, value: Shape, evaluation: EvaluationContext, name: str, *, is_raw: bool
) -> Shape:
    if path == "$":
        return value
    if path is None:
        return record({})
    return read(parse_path(path), value, evaluation, (name,), is_raw=is_raw)


def _after_work(state: WorkFields, evaluation: EvaluationContext, result: Shape) -> World | None:
    if state.language == "JSONata":
        evaluation.has_states = {"result": result}
        return queried(evaluation, state.output, result, state.assign)
    return _made(state, evaluation, result)


def _made(
    state: PassState | WorkFields, evaluation: EvaluationContext, result: Shape
) -> World | None:
    """JSONPath: what becomes of a result."""
    evaluation.settle()
    assigned = _assigned(evaluation, state.assign, result, ())
    if state.result_selector is not ABSENT:
        where: FieldSteps = ("ResultSelector",)
        result = calls.expand(state.result_selector, result, evaluation, where, raw=False)
    if evaluation.failure is not None:
        return None
    output = _placed(state.result_path, evaluation, result, ("ResultPath",))
    if evaluation.failure is None:
        output = _path(
            state.output_path, output, evaluation, "OutputPath", is_raw=state.result_path is None
        )
    return _world(evaluation, output, assigned)


def _placed(
    path: str | None, evaluation: EvaluationContext, result: Shape, where: FieldSteps
) -> Shape:
    if path is None:
        return evaluation.raw
    output = put(evaluation.raw, parse_path(path).steps or (), result)
    if output is NOTHING:
        evaluation.note_failure(where, path, RESULT_PATH_MATCH_FAILURE, why="place")
    return output


def _caught(state: WorkFields, place: StateScope, passage: Passage) -> list[Edge]:
    edges = []
    for at, catcher in enumerate(state.catch):
        evaluation = place.evaluation()
        left = _catch(state, catcher, evaluation, ("Catch", at))
        passage.notes += evaluation.notes
        if left is not None:
            edges.append(Edge(catcher.next, left, "catch", at))
    return edges


def _catch(
    state: WorkFields, catcher: Catcher, evaluation: EvaluationContext, where: FieldSteps
) -> World | None:
    if state.language == "JSONata":
        evaluation.has_states = {"errorOutput": ERROR_OUTPUT}
        return queried(evaluation, catcher.output, ERROR_OUTPUT, catcher.assign, where)
    assigned = _assigned(evaluation, catcher.assign, ERROR_OUTPUT, where)
    output = _placed(catcher.result_path, evaluation, ERROR_OUTPUT, (*where, "ResultPath"))
    return _world(evaluation, output, assigned)


def _through(state: StateFields, evaluation: EvaluationContext) -> Passage:
    passage = Passage(notes=evaluation.notes)
    left = None
    if evaluation.failure is None and state.language == "JSONata":
        left = queried(evaluation, state.output, evaluation.raw, state.assign)
    elif evaluation.failure is None:
        found = effective_input(state, evaluation)
        if evaluation.failure is None:
            if state.input_path == "$":
                evaluation.settle()
                found = evaluation.raw
            left = filtered(state, evaluation, found, state.assign, ())
    passage.failure = evaluation.failure
    if left is not None:
        ends = isinstance(state, SucceedState)
        passage.edges.append(Edge(None if ends else state.next, left))
    return passage


def filtered(
    state: StateFields,
    evaluation: EvaluationContext,
    found: Shape,
    assign: Template,
    where: FieldSteps,
) -> World | None:
    """JSONPath: what OutputPath and Assign make of a state's input; None if they fail."""
    is_raw = state.input_path == "$"
    assigned = _assigned(evaluation, assign, found, where, is_raw=is_raw)
    output = _path(state.output_path, found, evaluation, "OutputPath", is_raw=is_raw)
    return _world(evaluation, output, assigned)


def queried(
    evaluation: EvaluationContext,
    output: Template,
    default: Shape,
    assign: Template,
    where: FieldSteps = (),
) -> World | None:
    """JSONata: what Output and Assign give, ``default`` without an Output; None if they fail."""
    assigned = record({})
    if assign is not ABSENT:
        assigned = queries.expand(assign, evaluation, (*where, "Assign"))
    if output is not ABSENT:
        default = queries.expand(output, evaluation, (*where, "Output"))
    return _world(evaluation, default, assigned)


def _assigned(
    evaluation: EvaluationContext,
    assign: Template,
    document: Shape,
    where: FieldSteps,
    *,
    is_raw: bool = False,
) -> Shape:
    if assign is ABSENT:
        return record({})
    return calls.expand(assign, document, evaluation, (*where, "Assign"), raw=is_raw)


def _world(evaluation: EvaluationContext, output: Shape, assigned: Shape) -> World | None:
    """What the next state sees; None if this state fails."""
    if evaluation.failure is not None or output is NOTHING or assigned is NOTHING:
        return None
    evaluation.settle()
    return World(output, calls.merge((evaluation.variables, assigned)))


def item_error(language: str) -> str:
    """The error of a Map whose items are not an array."""
    return QUERY_EVALUATION_ERROR if language == "JSONata" else RUNTIME
