"""The differences of two JSON values, with their paths. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from asw.asl.values import ABSENT, Absent, Json

Change: TypeAlias = Literal["added", "removed", "changed", "renamed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs: a field, or a state with its own differences as ``parts``.

    ``name`` is the path of a field in the definition or manifest, or the name of a state: the new
    one if it was renamed from ``before``. ``kind`` is the type of the state, None for a field. An
    added field has ``before`` ABSENT, a removed one ``after``.
    """

    change: Change
    name: str
    kind: str | None = None
    before: Json | Absent = ABSENT
    after: Json | Absent = ABSENT
    parts: tuple["Difference", ...] = ()

    def to_plain(self) -> Json:
        """For programs: without absent values, but with nulls."""
        plain: dict[str, Json] = {"change": self.change}
        plain["field" if self.kind is None else "state"] = self.name
        if self.kind is not None:
            plain["type"] = self.kind
        plain |= {
            key: value
            for key, value in (("before", self.before), ("after", self.after))
            if not isinstance(value, Absent)
        }
        if self.parts:
            plain["parts"] = [part.to_plain() for part in self.parts]
        return plain


def compare(path: str, before: Json | Absent, after: Json | Absent) -> Iterator[Difference]:
    """All differences below the path; lists are compared by item if equally long."""
    if isinstance(before, Absent) or isinstance(after, Absent):
        if not isinstance(before, Absent):
            yield Difference(change="removed", name=path, before=before)
        elif not isinstance(after, Absent):
            yield Difference(change="added", name=path, after=after)
    elif isinstance(before, Mapping) and isinstance(after, Mapping) and before and after:
        yield from compare_objects(path, before, after)
    elif _are_lists(before, after) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from compare(f"{path}[{index}]", one, other)
    elif not is_same(before, after):
        yield Difference(change="changed", name=path, before=before, after=after)


def compare_objects(
    path: str, before: Mapping[str, Json], after: Mapping[str, Json]
) -> Iterator[Difference]:
    """The differences by key, in the order of ``after``, removed keys last."""
    prefix = f"{path}." if path else ""
    for key in (*after, *(key for key in before if key not in after)):
        yield from compare(f"{prefix}{key}", before.get(key, ABSENT), after.get(key, ABSENT))


def is_same(before: Json, after: Json) -> bool:
    """Whether two JSON values are equal: key order does not count, true is not 1."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(
            is_same(value, after[key]) for key, value in before.items()
        )
    if _are_lists(before, after):
        return len(before) == len(after) and all(map(is_same, before, after))
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    return bool(before == after)


def canonical(value: Json) -> Json:
    """The value in a canonical form: keys in order, 1.0 as 1."""
    if isinstance(value, Mapping):
        return {key: canonical(value[key]) for key in sorted(value)}
    if _are_lists(value, value):
        return [canonical(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def without_nulls(value: Json) -> Json:
    """The value without null fields, as a merge patch leaves it."""
    if isinstance(value, Mapping):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if _are_lists(value, value) else value


def _are_lists(before: Json, after: Json) -> bool:
    return all(
        isinstance(value, Sequence) and not isinstance(value, str) for value in (before, after)
    )
