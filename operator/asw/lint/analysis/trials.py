"""Calls of intrinsic functions that fail whatever the paths among their arguments find.

The function itself is tried: on arguments of which only one value may come, with harmless ones in
the place of those that it does not mind.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from asw.asl.functions import FUNCTIONS, BadArgumentsError
from asw.asl.intrinsics import Argument, Call, Literal
from asw.asl.values import ABSENT, Absent, Json, is_number
from asw.lint.analysis.constants import sole_value
from asw.lint.analysis.shapes import Shape

_Given: TypeAlias = Json | Absent

_TRIALS: Final[Mapping[str, Sequence[Sequence[_Given]]]] = {
    "States.StringToJson": ((ABSENT,),),
    "States.ArrayPartition": (([], ABSENT),),
    "States.ArrayRange": ((ABSENT, ABSENT, ABSENT), (0, 0, ABSENT)),
    "States.Base64Encode": ((ABSENT,),),
    "States.Base64Decode": ((ABSENT,),),
    "States.Hash": ((ABSENT, ABSENT), ("", ABSENT)),
    "States.JsonMerge": (({}, {}, ABSENT),),
    "States.MathRandom": ((ABSENT, ABSENT),),
}
"""What is tried in the place of each argument; ABSENT is the argument, which must be known then."""


def refusal(call: Call, values: Sequence[Shape]) -> str:
    """Why the call always fails, in the function's words; empty where it may succeed."""
    known = [
        _known(argument, value) for argument, value in zip(call.arguments, values, strict=True)
    ]
    if call.name == "States.ArrayGetItem":
        return _no_item(values[0], known[1])
    for tried in _trials(call, known):
        if ABSENT not in tried:
            try:
                FUNCTIONS[call.name].apply(lambda: 0.0, *tried)
            except BadArgumentsError as problem:
                return str(problem)
    return ""


def _trials(call: Call, known: Sequence[_Given]) -> Iterator[list[_Given]]:
    if call.name == "States.Format":
        first = call.arguments[0]
        yield [first.raw if isinstance(first, Literal) else known[0], *[""] * (len(known) - 1)]
    for others in _TRIALS.get(call.name, ()):
        yield [
            given if other is ABSENT else other for given, other in zip(known, others, strict=False)
        ]


def _known(argument: Argument, value: Shape) -> _Given:
    """The value of an argument, where only one may come."""
    return argument.value if isinstance(argument, Literal) else sole_value(value)


def _no_item(items: Shape, index: _Given) -> str:
    """Why there is no such item. Between two integers an index is rounded, which is not told."""
    most = None if items.arrays is None else items.arrays.most
    if index is ABSENT or not is_number(index):
        return ""
    if index <= -1:
        return f"there is no item {index}: the first one is item 0"
    if most is not None and index >= most:
        return f"there is no item {index}: the array has {most} items at most, from item 0 on"
    return ""
