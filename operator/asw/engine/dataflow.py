"""A state's data flow in both query languages: from its raw input to its output and variables.

JSONPath: InputPath, Parameters, (the work), ResultSelector, ResultPath, OutputPath (ASL "Input and
Output Processing"). JSONata: Arguments, (the work), Output. Assign is evaluated beside the output,
with the variables as they were when the state was entered. Each function is one section of that
line; all raise ``StatesError`` and change nothing. ``value`` is always the state's raw input.
"""

from typing import Final, NamedTuple

from asw.asl.errors import DATA_LIMIT_EXCEEDED, StatesError
from asw.asl.model import (
    ABSENT,
    Catcher,
    ChoiceRule,
    ChoiceState,
    PassState,
    StateFields,
    Template,
    WorkFields,
)
from asw.asl.paths import apply_result_path, evaluate_path
from asw.asl.queries import Query
from asw.asl.scope import Scope
from asw.asl.templates import expand
from asw.asl.values import Json, JsonObject, is_longer, is_surely_short, is_too_deep, to_text
from asw.engine.limits import PAYLOAD_LIMIT

NO_RULE: Final = -1
"""The rule number that stands for a Choice's Default."""
NO_NEXT: Final = "Failed to transition out of the state. The state does not point to a next state."
"""AWS's cause when no rule of a Choice holds and there is no Default."""
_NOTHING: Final[JsonObject] = {}
"""No variables: one object shared by all states that assign none."""


class Result(NamedTuple):
    """A state's result: its output, and the variables that it assigns.

    ``rule`` is the number of the Choice rule that held, NO_RULE for the Default.
    """

    output: Json
    assigned: JsonObject
    rule: int | None = None


def effective_input(state: StateFields, value: Json, scope: Scope) -> Json:
    """JSONPath: the raw input after InputPath. JSONata: the raw input."""
    if state.input_path == "$":
        return value
    return evaluate_path(state.input_path, value, scope, field="InputPath")


def work_input(state: PassState | WorkFields, value: Json, scope: Scope) -> Json:
    """The work's input: the effective input after Parameters, or JSONata's Arguments."""
    if state.language == "JSONata":
        arguments = state.arguments if isinstance(state, WorkFields) else ABSENT
        if arguments is ABSENT:
            return value
        return checked_input(state, value, Query(scope, value).expand(arguments, "Arguments"))
    found = effective_input(state, value, scope)
    if state.parameters is not ABSENT:
        found = expand(state.parameters, found, scope, field="Parameters")
    return checked_input(state, value, found)


def worked(state: WorkFields, value: Json, result: Json, scope: Scope) -> Result:
    """The result of a Task, Parallel or Map whose work returned ``result``, of known size."""
    if state.language == "JSONata":
        query = Query(scope, value, result=result)
        return _left(state, value, _queried(query, state.output, result, state.assign), result)
    return _left(state, value, _made(state, value, result, scope), result)


def passed(state: PassState, value: Json, scope: Scope) -> Result:
    """The result of a Pass: its Result field, or its input after Parameters."""
    if state.language == "JSONata":
        return _through(state, state, value, scope)
    result = work_input(state, value, scope)
    if state.result is not ABSENT:
        result = state.result
    return _left(state, value, _made(state, value, result, scope))


def went_through(state: StateFields, value: Json, scope: Scope) -> Result:
    """The result of a state without work: Wait and Succeed."""
    return _through(state, state, value, scope)


def chosen(state: ChoiceState, rule: ChoiceRule | None, value: Json, scope: Scope) -> Result:
    """The result of a Choice that takes this rule, or its Default if None.

    ASL: the state's own Assign, and JSONata's Output, apply if no rule matches.
    """
    return _through(state, state if rule is None else rule, value, scope)


def caught(
    state: WorkFields, catcher: Catcher, value: Json, error_output: Json, scope: Scope
) -> Result:
    """The result of a state whose failure the Catcher takes."""
    if state.language == "JSONata":
        query = Query(scope, value, error_output=error_output)
        within = f"Catch[{state.catch.index(catcher)}]/"
        result = _queried(query, catcher.output, error_output, catcher.assign, within)
        return _left(state, value, result)
    assigned = _assigned(catcher.assign, error_output, scope)
    # OutputPath filters the work's result; an error output stays whole.
    output = apply_result_path(catcher.result_path, value, error_output)
    return _left(state, value, Result(output, assigned))


def placed(
    state: StateFields, value: Json, result: Json, scope: Scope, *, result_path: str | None
) -> Json:
    """The result placed into the raw input by ResultPath, then filtered by OutputPath."""
    if result_path == "$" == state.output_path:
        return result
    return filtered(state, apply_result_path(result_path, value, result), scope)


def filtered(state: StateFields, value: Json, scope: Scope) -> Json:
    """The value after OutputPath."""
    if state.output_path == "$":
        return value
    return evaluate_path(state.output_path, value, scope, field="OutputPath")


def check_size(name: str, value: Json) -> None:
    """AWS: a result over 262,144 bytes is States.DataLimitExceeded; ``name`` is the state's.

    So is one nested too deep to be written as text. Its length is checked first: a template with
    many ``"$"`` shares its parts, but its text may not fit into memory.
    """
    if _is_too_large(value):
        raise StatesError(
            DATA_LIMIT_EXCEEDED,
            f"The state/task '{name}' returned a result with a size exceeding "
            "the maximum number of bytes service limit.",
        )


def checked_input(state: StateFields, value: Json, found: Json) -> Json:
    """The work's input, made from the raw input ``value``, within the same limit.

    AWS: States.DataLimitExceeded also if Parameters make a state's input too large.
    """
    is_worked = isinstance(state, WorkFields)  # a Pass only passes it on as its output
    if is_worked and found is not value and _is_too_large(found):
        raise StatesError(
            DATA_LIMIT_EXCEEDED,
            f"The state/task '{state.name}' was given an input with a size exceeding "
            "the maximum number of bytes service limit.",
        )
    return found


def _made(state: PassState | WorkFields, value: Json, result: Json, scope: Scope) -> Result:
    """JSONPath: a result after Assign, ResultSelector, ResultPath and OutputPath."""
    assigned = _assigned(state.assign, result, scope)
    if state.result_selector is not ABSENT:
        result = expand(state.result_selector, result, scope, field="ResultSelector")
    return Result(placed(state, value, result, scope, result_path=state.result_path), assigned)


def _through(
    state: StateFields, giver: StateFields | ChoiceRule, value: Json, scope: Scope
) -> Result:
    """The result of a state without a result of its own; Output and Assign are the giver's."""
    if state.language == "JSONata":
        query = Query(scope, value)
        return _left(state, value, _queried(query, giver.output, value, giver.assign))
    found = effective_input(state, value, scope)
    result = Result(filtered(state, found, scope), _assigned(giver.assign, found, scope))
    return _left(state, value, result)


def _left(state: StateFields, value: Json, left: Result, result: Json = ABSENT) -> Result:
    """The state's result, within the limit.

    Its raw input ``value`` and its work's ``result`` have been checked and are not checked again.
    """
    if left.output is not value and left.output is not result:
        check_size(state.name, left.output)
    return left


def _queried(
    query: Query, output: Template, default: Json, assign: Template, within: str = ""
) -> Result:
    """JSONata: Output and Assign see the same variables."""
    assigned = _NOTHING
    if assign is not ABSENT:
        assigned = query.expand(assign, f"{within}Assign")
    if output is not ABSENT:
        default = query.expand(output, f"{within}Output")
    return Result(default, assigned)


def _assigned(assign: Template, document: Json, scope: Scope) -> JsonObject:
    """JSONPath: the variables that Assign sets; ``$`` is the result before ResultSelector."""
    if assign is ABSENT:
        return _NOTHING
    variables: JsonObject = expand(assign, document, scope, field="Assign")
    return variables


def _is_too_large(value: Json) -> bool:
    if is_surely_short(value, PAYLOAD_LIMIT):
        return False
    if is_longer(value, PAYLOAD_LIMIT):
        return True
    try:
        text = to_text(value)
    except ValueError:
        return True
    return len(text.encode("utf-8", "surrogatepass")) > PAYLOAD_LIMIT or is_too_deep(value, text)
