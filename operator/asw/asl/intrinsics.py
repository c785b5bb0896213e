"""Intrinsic functions: parsing a call such as ``States.Format('{}', $.name)``, and evaluating it.

The functions themselves are in ``functions``. Must not know where a call stands.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias

from asw.asl.budget import FULL, Budget, OverBudgetError
from asw.asl.elsewhere import Chance, End, settle
from asw.asl.errors import INTRINSIC_FAILURE, RUNTIME, StatesError, StatesErrorCodec
from asw.asl.functions import FUNCTIONS, LONGEST_RESULT, BadArgumentsError
from asw.asl.jsonpath import Path, Root, Scanner, find, parse_path
from asw.asl.paths import start_of
from asw.asl.problems import did_you_mean
from asw.asl.scope import Scope
from asw.asl.values import ABSENT, Json, JsonObject, is_longer, quote

DEEPEST_CALL: Final = 10
"""AWS: intrinsic functions may be nested ten deep."""

_NAME = re.compile(r"[A-Za-z][\w.]*", re.ASCII)
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PATH_PIECE = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|.""", re.DOTALL)
_ESCAPABLE = "'{}\\"


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, true, false or null; ``raw`` is the string with its escapes."""

    value: Json
    raw: Json


@dataclass(frozen=True, slots=True)
class Call:
    """One call; ``text`` is the whole call as written.

    One that ``is_cheap`` takes the same time for all values.
    """

    text: str
    name: str
    arguments: tuple["Argument", ...]
    is_cheap: bool


Argument: TypeAlias = Literal | Path | Call


def parse_call(text: str) -> Call:
    """The call in the text. Raises PathSyntaxError."""
    scanner = Scanner(text)
    call = _read_call(scanner)
    if not scanner.at_end():
        scanner.fail("unexpected text after the call")
    return call


def evaluate_call(call: Call, document: Json, scope: Scope) -> Json:
    """What the call returns. Raises StatesError; the cause quotes the whole call, as at AWS."""
    if call.is_cheap:
        return _evaluate_within(call, document, scope, _ENOUGH)
    made = settle(
        partial(_attempt, call, document, scope),
        lambda: _question(call, document, scope),
        chance=scope.chance,
        is_costly=lambda: any(path.is_matching for path in _paths(call)),
    )
    if not scope.has_room(made):
        raise StatesError(INTRINSIC_FAILURE, _cause(call, "all results are too large together"))
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuestion(StatesErrorCodec):
    """An intrinsic call, as a question that another process can answer."""

    text: str
    document: Json
    context: JsonObject
    variables: Mapping[str, Json]
    chance: Chance | None
    now: datetime | None

    def evaluate(self, chance: Chance | None) -> Json:
        """What the call returns, within the full budget."""
        assert chance is not None, "calls may draw numbers"
        scope = Scope(context=self.context, chance=chance, variables=self.variables, now=self.now)
        return _attempt(parse_call(self.text), self.document, scope, FULL, chance)

    def exhausted(self, by: End) -> Exception:
        """The call took too much time or memory."""
        cause = f"The function '{self.text}' had the following error: it took too much {by}"
        return StatesError(INTRINSIC_FAILURE, cause)


def _question(call: Call, document: Json, scope: Scope) -> CallQuestion:
    """The call as a question that carries only what the call reads."""
    paths = list(_paths(call))
    roots = {path.root for path in paths}
    names = {path.variable for path in paths}
    return CallQuestion(
        text=call.text,
        document=document if Root.DOCUMENT in roots else None,
        context=scope.context if Root.CONTEXT in roots else {},
        variables={name: it for name, it in scope.variables.items() if name in names},
        chance=scope.chance,
        now=scope.now,
    )


def _paths(call: Call) -> Iterator[Path]:
    for argument in call.arguments:
        if isinstance(argument, Path):
            yield argument
        elif isinstance(argument, Call):
            yield from _paths(argument)


class _ArgumentsTooLargeError(OverBudgetError):
    """The arguments of a function are larger than the budget allows."""


def _attempt(call: Call, document: Json, scope: Scope, units: int, chance: Chance | None) -> Json:
    """What the call returns. Raises OverBudgetError if more units than these might help."""
    assert chance is not None, "calls may draw numbers"
    try:
        return _evaluate_within(call, document, scope.drawing(chance), Budget(units))
    except OverBudgetError as error:
        if units < FULL:
            raise
        if isinstance(error, _ArgumentsTooLargeError):
            raise StatesError(INTRINSIC_FAILURE, _cause(call, str(error))) from None
        raise StatesError(RUNTIME, _cause(call, "a path looks at too many values")) from None


def _evaluate_within(call: Call, document: Json, scope: Scope, budget: Budget) -> Json:
    """What the call returns. Raises StatesError and OverBudgetError."""
    try:
        made = _evaluate(call, document, scope, budget)
        return made if call.is_cheap else _in_length(made, budget)
    except _NothingFoundError as missing:
        raise StatesError(RUNTIME, _cause(call, str(missing))) from None
    except BadArgumentsError as problem:
        raise StatesError(INTRINSIC_FAILURE, _cause(call, str(problem))) from None
    except RecursionError:
        raise StatesError(INTRINSIC_FAILURE, _cause(call, "a value is nested too deep")) from None


_ENOUGH: Final = Budget()
"""For calls that spend nothing."""


class _NothingFoundError(Exception):
    """A path in the arguments finds nothing."""


def _in_length(value: Json, budget: Budget) -> Json:
    """The value, if its text is not too long: it may repeat shared parts many times."""
    if isinstance(value, list | dict):
        _weigh([value], budget)
        if is_longer(value, LONGEST_RESULT):
            raise BadArgumentsError(f"the result would have more than {LONGEST_RESULT} characters")
    return value


def _weigh(values: list[Json], budget: Budget) -> None:
    try:
        budget.weigh(values)
    except OverBudgetError:
        raise _ArgumentsTooLargeError("the values are too large") from None


def _evaluate(call: Call, document: Json, scope: Scope, budget: Budget) -> Json:
    function = FUNCTIONS[call.name]
    values = [_value(argument, document, scope, budget) for argument in call.arguments]
    if function.reads:
        _weigh(values, budget)
    if function.wants_template and isinstance(call.arguments[0], Literal):
        values[0] = call.arguments[0].raw
    return function.apply(scope.chance, *values)


def _value(argument: Argument, document: Json, scope: Scope, budget: Budget) -> Json:
    if isinstance(argument, Literal):
        return argument.value
    if isinstance(argument, Call):
        return _evaluate(argument, document, scope, budget)
    start = start_of(argument, document, scope)
    found = find(argument, start, budget)
    if found is ABSENT:
        raise _NothingFoundError(
            f"The JsonPath argument for the field '{argument.text}' "
            f"could not be found in the input '{quote(start)}'"
        )
    return found


def _cause(call: Call, reason: str) -> str:
    return f"The function '{call.text}' had the following error: {reason}"


def _read_call(scanner: Scanner) -> Call:
    start = scanner.position
    name = scanner.match(_NAME)
    if name is None:
        scanner.fail("expected a path such as $.name or a call such as States.UUID()")
    if name[0] not in FUNCTIONS:
        hint = did_you_mean(name[0], FUNCTIONS)
        scanner.fail(f"'{name[0]}' is not an intrinsic function{hint and ': '}{hint}")
    scanner.expect("(")
    with scanner.deeper(DEEPEST_CALL):
        arguments = _read_arguments(scanner)
    function = FUNCTIONS[name[0]]
    if not function.takes(len(arguments)):
        scanner.fail(f"{name[0]} takes {function.arity}, not {len(arguments)}")
    is_cheap = not function.grows and all(map(_is_cheap, arguments))
    return Call(scanner.text[start : scanner.position], name[0], tuple(arguments), is_cheap)


def _is_cheap(argument: Argument) -> bool:
    match argument:
        case Path():
            return argument.steps is not None
        case Call():
            return argument.is_cheap
        case Literal():
            return True


def _read_arguments(scanner: Scanner) -> list[Argument]:
    arguments: list[Argument] = []
    scanner.skip_space()
    while not scanner.take(")"):
        if arguments:
            scanner.expect(",")
            scanner.skip_space()
        arguments.append(_read_argument(scanner))
        scanner.skip_space()
    return arguments


def _read_argument(scanner: Scanner) -> Argument:
    if scanner.looks_at("$"):
        return _read_path(scanner)
    if scanner.looks_at("'"):
        return _read_string(scanner)
    value = scanner.literal()
    return _read_call(scanner) if value is ABSENT else Literal(value, value)


def _read_path(scanner: Scanner) -> Path:
    start, depth = scanner.position, 0
    while not scanner.at_end():
        if depth == 0 and scanner.text[scanner.position] in ",) \t\r\n":
            break
        piece = scanner.match(_PATH_PIECE)
        assert piece is not None, "a dot matches whatever is left"
        depth += (piece[0] in "([") - (piece[0] in ")]")
    return parse_path(scanner.text[start : scanner.position])


def _read_string(scanner: Scanner) -> Literal:
    found = scanner.match(_STRING)
    if found is None:
        scanner.fail("the string that starts here has no end")
    for escaped in _ESCAPE.findall(found[1]):
        if escaped not in _ESCAPABLE:
            scanner.fail(rf"'\{escaped}' is not an escape (\' \{{ \}} \\ are)")
    return Literal(_ESCAPE.sub(r"\1", found[1]), found[1])
