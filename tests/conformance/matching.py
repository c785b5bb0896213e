"""Compare an answer of ours with a recorded one, by the rules that the recorded cases come with.

The folder of recorded cases has a ``match.py`` of its own, which is taken where it is at hand; this
module keeps the same rules for the cases of our own. Its functions have the same names and meaning:

* a placeholder ``<name>`` or ``<name:N>`` in an expected text stands for any text there; alone it
  accepts any JSON value, save ``<date>``, which wants an instant;
* expected ARNs are not compared, nor what stands under a volatile key;
* numbers are compared by value, texts that both spell an object or array as JSON; an expected
  object or array also fits a text that spells it.
"""

import json
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

VOLATILE_KEYS = frozenset(
    {"SdkHttpMetadata", "SdkResponseMetadata", "stackTrace", "requestId", "RoleArn", "roleArn"}
)
"""Keys whose values no implementation elsewhere can have."""
EVENT_FIELDS = ("name", "input", "output", "assigned", "error", "cause", "index", "length")
"""What of a history event is compared, beside its type."""

PLACEHOLDER = re.compile(r"<([A-Za-z_][\w.\-]*)(?::\d+)?>", re.ASCII)
_INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d(?::?\d\d)?:?)?"
_INSTANTS = frozenset({"date", "datetime", "timestamp"})
_ARN = re.compile(r"arn:(?:<partition>|aws[\w-]*):")
_SHOWN = 200


@dataclass(slots=True)
class Match:
    """True where all fits; ``mismatches`` says what does not."""

    mismatches: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return not self.mismatches


def match(
    expected: Any, actual: Any, *, path: str = "$", ignore_keys: Collection[str] = VOLATILE_KEYS
) -> Match:
    """Compare two JSON values."""
    return Match(list(_differences(expected, actual, path, ignore_keys)))


def match_outcome(
    expect: Mapping[str, Any],
    actual: Mapping[str, Any],
    *,
    ignore_keys: Collection[str] = VOLATILE_KEYS,
) -> Match:
    """Compare how an execution ended: status, then output, or else error and cause."""
    found = Match()
    if expect["status"] != actual.get("status"):
        found.mismatches.append(f"status: {_told(expect['status'], actual.get('status'))}")
    parts = ("output",) if expect["status"] == "SUCCEEDED" else ("error", "cause")
    for part in parts:
        seen = match(expect.get(part), actual.get(part), path=part, ignore_keys=ignore_keys)
        found.mismatches += seen.mismatches
    return found


def match_history(
    expected: Sequence[Mapping[str, Any]],
    actual: Sequence[Mapping[str, Any]],
    *,
    unordered: bool = False,
    lossy: bool = False,
    ignore_keys: Collection[str] = VOLATILE_KEYS,
) -> Match:
    """Compare events in order; ``unordered`` as bags; ``lossy``: ours may hold further ones."""
    wanted, seen = [*map(_event, expected)], [*map(_event, actual)]
    if unordered or lossy:
        return Match(list(_bag_differences(wanted, seen, ignore_keys, is_lossy=lossy)))
    found = Match()
    for number, (one, other) in enumerate(zip(wanted, seen, strict=False)):
        path = f"event[{number}] {one['type']}"
        found.mismatches += _differences(one, other, path, ignore_keys)
    if len(wanted) != len(seen):
        types = [event["type"] for event in wanted], [event["type"] for event in seen]
        found.mismatches.append(f"events: {_told(*types)}")
    return found


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: event[name] for name in EVENT_FIELDS if name in event}
    return {"type": event.get("type"), **told}


def _bag_differences(
    wanted: Iterable[Any], seen: Sequence[Any], ignore_keys: Collection[str], *, is_lossy: bool
) -> Iterator[str]:
    left = list(seen)
    for event in wanted:
        place = next(
            (at for at, one in enumerate(left) if match(event, one, ignore_keys=ignore_keys)), None
        )
        if place is None:
            yield f"no such event: {_shown(event)}"
        else:
            del left[place]
    if not is_lossy:
        yield from (f"one event too many: {_shown(event)}" for event in left)


def _differences(
    expected: Any, actual: Any, path: str, ignore_keys: Collection[str]
) -> Iterator[str]:
    match expected:
        case str():
            yield from _text_differences(expected, actual, path, ignore_keys)
        case dict() | list():
            yield from _part_differences(
                expected, _spelt(actual, type(expected)), path, ignore_keys
            )
        case bool() | None:
            if expected is not actual:
                yield f"{path}: {_told(expected, actual)}"
        case _:
            is_number = isinstance(actual, int | float) and not isinstance(actual, bool)
            if not is_number or not _is_equal(expected, actual):
                yield f"{path}: {_told(expected, actual)}"


def _is_equal(expected: float, actual: float) -> bool:
    return expected == actual or math.isclose(expected, actual, rel_tol=1e-12)


def _part_differences(
    expected: Any, actual: Any, path: str, ignore_keys: Collection[str]
) -> Iterator[str]:
    if type(expected) is not type(actual):
        yield f"{path}: {_told(expected, actual)}"
    elif isinstance(expected, list):
        if len(expected) != len(actual):
            yield f"{path}: {len(expected)} items expected, {len(actual)} seen"
            return
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]", ignore_keys)
    else:
        for key in {**expected, **actual}:
            here = f"{path}.{key}"
            if key in ignore_keys:
                continue
            if key not in actual:
                yield f"{here}: missing, expected {_shown(expected[key])}"
            elif key not in expected:
                yield f"{here}: not expected, it is {_shown(actual[key])}"
            else:
                yield from _differences(expected[key], actual[key], here, ignore_keys)


def _text_differences(
    expected: str, actual: Any, path: str, ignore_keys: Collection[str]
) -> Iterator[str]:
    if expected == actual or _stands_for(expected, actual):
        return
    spelt = _spelt(expected, dict, list)
    if isinstance(spelt, dict | list):
        ours = _spelt(actual, dict, list)
        if type(spelt) is type(ours):
            yield from _differences(spelt, ours, path, ignore_keys)
            return
    yield f"{path}: {_told(expected, actual)}"


def _stands_for(expected: str, actual: Any) -> bool:
    """Whether the expected text's placeholders, or its being an ARN, let this pass."""
    alone = PLACEHOLDER.fullmatch(expected)
    if alone is not None:
        is_instant = alone[1] != "date" or not isinstance(actual, str)
        return is_instant or re.fullmatch(f"{_INSTANT}|<?date>?", actual) is not None
    if not isinstance(actual, str):
        return False
    if _ARN.match(expected):
        return actual != ""
    return re.fullmatch(_pattern(expected), actual, re.DOTALL) is not None


def _pattern(expected: str) -> str:
    parts, at = [], 0
    for token in PLACEHOLDER.finditer(expected):
        parts.append(re.escape(expected[at : token.start()]))
        literal = f"{_INSTANT}|{token[1]}|{re.escape(token[0])}"
        parts.append(f"(?:{literal})" if token[1] in _INSTANTS else ".+?")
        at = token.end()
    return "".join(parts) + re.escape(expected[at:])


def _spelt(value: Any, *kinds: type) -> Any:
    """The object or array of these kinds that a text spells; else the value itself."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            spelt = json.loads(value)
        except ValueError:
            return value
        return spelt if isinstance(spelt, kinds) else value
    return value


def _told(expected: Any, actual: Any) -> str:
    return f"expected {_shown(expected)}, got {_shown(actual)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
