"""The differences of two state machines, in terms of the language. Pure.

States are matched by name, wherever they are. A removed state and an equal new one are one renamed
state, and transitions to it count as unchanged. Text, key order and explicit defaults do not count.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from asw.asl.comparing import (
    Around,
    Placed,
    comparable_fields,
    is_default,
    kind_of,
    placed_states,
)
from asw.asl.model import State, StateMachine
from asw.asl.values import ABSENT, Json, to_text
from asw.planning.values import Difference, canonical, compare, is_same

_RULES = ("Choices", "Retry", "Catch")
"""Fields whose items are tried in order: equal items are matched."""
_MOST_TWINS = 50
"""Among more equal states the right one cannot be found."""
_TARGETS = ("Next", "Default", "ItemProcessor.StartAt")
Names = Mapping[str, str]
"""New names of renamed states, by their old names."""


def compare_machines(old: StateMachine, new: StateMachine) -> tuple[Difference, ...]:
    """All differences: of the machine, of its states in the new order, of removed states."""
    before, after = placed_states(old), placed_states(new)
    renamed = _renamed(before, after)
    differences = [*_of_machine(old, new, renamed)]
    old_names = {new_name: old_name for old_name, new_name in renamed.items()}
    for name, placed in after.items():
        known = before.get(old_names.get(name, name))
        if known is None:
            differences.append(_new_state(placed))
        else:
            differences += _of_state(known, placed, renamed)
    differences += [
        Difference(
            change="removed",
            name=name,
            kind=kind_of(placed.state),
            before=_with_place(_summary(placed.state), placed.around),
        )
        for name, placed in before.items()
        if name not in after and name not in renamed
    ]
    return tuple(differences)


def _of_machine(old: StateMachine, new: StateMachine, renamed: Names) -> Iterator[Difference]:
    yield from compare("StartAt", _target(old.block.start_at, renamed), new.block.start_at)
    for name, before, after in (
        ("dialect", old.dialect, new.dialect),
        ("TimeoutSeconds", old.timeout_seconds, new.timeout_seconds),
        ("Version", old.version, new.version),
        ("Comment", old.comment, new.comment),
    ):
        given = [ABSENT if value is None else value for value in (before, after)]
        yield from compare(name, *given)


# Renamed states


def _renamed(before: Mapping[str, Placed], after: Mapping[str, Placed]) -> Names:
    """The new name of each removed state that equals a new one, targets aside.

    Of several candidates the one that shares most neighbours is taken, in the order of the
    definition.
    """
    neighbours, new_neighbours = _neighbours(before), _neighbours(after)
    twins: dict[str, list[str]] = {}
    for name, placed in after.items():
        if name not in before:
            twins.setdefault(_content(placed), []).append(name)
    renamed: dict[str, str] = {}
    for name, placed in before.items():
        candidates = [] if name in after else twins.get(_content(placed), [])
        if candidates:
            near = {_target(each, renamed) for each in neighbours[name]}
            renamed[name] = max(
                candidates[:_MOST_TWINS], key=lambda twin: len(near & new_neighbours[twin])
            )
            candidates.remove(renamed[name])
    return renamed


def _content(placed: Placed) -> str:
    """The state without its targets, as text that is the same for equal states."""
    state = placed.state
    face = comparable_fields(state)
    rules = {
        name: [{**rule, "Next": None} for rule in face[name]] for name in _RULES if name in face
    }
    starts = {name: None for name in face if name.endswith("StartAt")}
    said = {**face, **rules, **starts, "Next": None, "Default": None}
    return to_text([kind_of(state), len(placed.around), canonical(said)])


def _neighbours(states: Mapping[str, Placed]) -> Mapping[str, set[str]]:
    """The states to which each leads, and those that lead to it."""
    found: dict[str, set[str]] = {name: set() for name in states}
    for name, placed in states.items():
        for target in _targets(placed.state):
            found[name].add(target)
            found[target].add(name)
    return found


def _targets(state: State) -> set[str]:
    face = comparable_fields(state)
    rules = [rule for name in _RULES for rule in face.get(name, ())]
    return {
        target
        for target in (*(face.get(name) for name in _TARGETS), *(it.get("Next") for it in rules))
        if target is not None
    }


def _target(name: str, renamed: Names) -> str:
    return renamed.get(name, name)


# One state


def _of_state(old: Placed, new: Placed, renamed: Names) -> Iterator[Difference]:
    parts = tuple(_parts(old, new, renamed))
    name, was = new.state.name, old.state.name
    if name != was:
        yield Difference(
            change="renamed", name=name, kind=kind_of(new.state), before=was, parts=parts
        )
    elif parts:
        yield Difference(change="changed", name=name, kind=kind_of(new.state), parts=parts)


def _parts(old: Placed, new: Placed, renamed: Names) -> Iterator[Difference]:
    around = tuple((_target(name, renamed), index) for name, index in old.around)
    yield from compare("Place", place_text(around), place_text(new.around))
    yield from compare("Type", kind_of(old.state), kind_of(new.state))
    before, after = _renaming(comparable_fields(old.state), renamed), comparable_fields(new.state)
    for name in (*after, *(name for name in before if name not in after)):
        if name in _RULES:
            yield from _of_rules(name, before.get(name, ()), after.get(name, ()))
            continue
        one, other = before.get(name, ABSENT), after.get(name, ABSENT)
        is_mere_default = is_default(new.state, name, other) or is_default(old.state, name, one)
        if (name in before and name in after) or not is_mere_default:
            yield from compare(name, one, other)


def _renaming(face: Mapping[str, Json], renamed: Names) -> Mapping[str, Json]:
    """The fields with targets under their new names."""

    def renaming(name: str, value: Json) -> Json:
        if name in _RULES:
            return [
                {**rule, "Next": _target(rule["Next"], renamed)} if "Next" in rule else rule
                for rule in value
            ]
        is_target = name in _TARGETS or name.endswith(".StartAt")
        return _target(value, renamed) if is_target else value

    return {name: renaming(name, value) for name, value in face.items()}


def _of_rules(field: str, before: Sequence[Json], after: Sequence[Json]) -> Iterator[Difference]:
    """Rules that are tried in order: which were added, removed or changed, and a new order."""
    pairs = _paired(before, after)
    for index, rule in enumerate(after):
        name = f"{field}[{index}]"
        if index not in pairs:
            yield Difference(change="added", name=name, after=_terse(field, rule))
        else:
            yield from compare(name, before[pairs[index]], rule)
    for index, rule in enumerate(before):
        if index not in pairs.values():
            yield Difference(change="removed", name=f"{field}[{index}]", before=_terse(field, rule))
    kept = [pairs[index] for index in sorted(pairs)]
    if kept != sorted(kept):
        yield Difference(
            change="changed",
            name=f"{field}.order",
            before=[_label(before[index]) for index in sorted(kept)],
            after=[_label(before[index]) for index in kept],
        )


def _paired(before: Sequence[Json], after: Sequence[Json]) -> dict[int, int]:
    """The old index of each new rule: an equal one, one with the same test, or one at its index."""
    pairs: dict[int, int] = {}
    for likeness in (lambda rule: rule, _label):
        for index, rule in enumerate(after):
            free = (at for at in range(len(before)) if at not in pairs.values())
            if index not in pairs:
                twin = next(
                    (at for at in free if is_same(likeness(before[at]), likeness(rule))), None
                )
                if twin is not None:
                    pairs[index] = twin
    for index in range(min(len(before), len(after))):
        if index not in pairs and index not in pairs.values():
            pairs[index] = index
    return pairs


def _label(rule: Mapping[str, Json]) -> str:
    """What the rule tests: errors, or a condition."""
    if "ErrorEquals" in rule:
        return ", ".join(rule["ErrorEquals"])
    test = {key: value for key, value in rule.items() if key not in ("Next", "Output", "Assign")}
    return to_text(test.get("Condition", test))


_RULE_DEFAULTS: Mapping[str, Json] = {
    "IntervalSeconds": 1,
    "MaxAttempts": 3,
    "BackoffRate": 2.0,
    "JitterStrategy": "NONE",
    "ResultPath": "$",
}


def _terse(field: str, rule: Mapping[str, Json]) -> Json:
    """The rule as an author writes it, without defaults."""
    if field == "Choices":
        return rule
    return {name: value for name, value in rule.items() if _RULE_DEFAULTS.get(name) != value}


# New and removed states


def _new_state(placed: Placed) -> Difference:
    after = _with_place(_summary(placed.state), placed.around)
    return Difference(
        change="added", name=placed.state.name, kind=kind_of(placed.state), after=after
    )


def _summary(state: State) -> dict[str, Json]:
    """What readers look for first: its Resource, where it leads, how it fails."""
    face = comparable_fields(state)
    names: Iterable[str] = ("Resource", *_RULES, "Next", "Default", "Error")
    summary: dict[str, Json] = {}
    for name in names:
        if name in _RULES and name in face:
            summary[name] = [_terse(name, rule) for rule in face[name]]
        elif face.get(name) is not None:
            summary[name] = face[name]
    return summary


def _with_place(summary: dict[str, Json], around: Around) -> Json:
    return {"Place": place_text(around), **summary} if around else summary


def place_text(around: Around) -> str:
    """Where a state is, such as ``Fan[1]/Each[0]``; ``/`` at the top."""
    return "/".join(f"{name}[{index}]" for name, index in around) or "/"
