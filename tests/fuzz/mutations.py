"""Random changes to a real definition, and random JSON."""

import random
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.fuzz import hostile
from tests.fuzz.corpus import Corpus

Steps = tuple[str | int, ...]
"""The way from the top of a document to a place in it."""
DEEPEST_CHANGE: Final = 60
"""Levels down to which a document is changed again, however deep an earlier change made it."""


def mutate(chance: random.Random, definition: Any, corpus: Corpus) -> Any:
    """The definition with one to four changes."""
    for _ in range(chance.choice([1, 1, 2, 3, 4])):
        places = list(_places(definition, ()))
        if not places:
            break
        steps = chance.choice(places)
        definition = _changed(definition, steps, chance.choice(_CHANGES)(chance, corpus, steps))
    return definition


def random_json(chance: random.Random, depth: int) -> Any:
    """Any JSON value, so many levels deep at most."""
    if depth > 0 and chance.random() < 0.6:
        count = chance.choice([0, 1, 2, 3, 3])
        if chance.random() < 0.5:
            return [random_json(chance, depth - 1) for _ in range(count)]
        names = ["a", "b", "items", "Error", "a.$", "Type", "x.$", "语", "", "a b", "$"]
        return {chance.choice(names): random_json(chance, depth - 1) for _ in range(count)}
    plain = [None, True, False, chance.random(), chance.randint(-9, 9), "a", "2016-03-14T01:59:00Z"]
    return chance.choice([*plain, *plain, *chance.sample(hostile.ALL, 3)])


def _places(value: Any, steps: Steps) -> Iterator[Steps]:
    members: Any = ()
    if len(steps) > DEEPEST_CHANGE:
        return
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for step, member in members:
        yield (*steps, step)
        yield from _places(member, (*steps, step))


Change = Callable[[Any, str | int], Any]
"""Makes the new container from the old one and the step that is changed in it."""


def _changed(value: Any, steps: Steps, change: Change) -> Any:
    first, *rest = steps
    if not rest:
        return change(value, first)
    below = _changed(value[first], tuple(rest), change)
    return _with(value, first, below)


def _with(container: Any, step: Any, value: Any) -> Any:
    if isinstance(container, dict):
        return {**container, step: value}
    return [*container[:step], value, *container[step + 1 :]]


def _drop(_chance: random.Random, _corpus: Corpus, _steps: Steps) -> Change:
    def change(container: Any, step: Any) -> Any:
        if isinstance(container, dict):
            return {name: value for name, value in container.items() if name != step}
        return [*container[:step], *container[step + 1 :]]

    return change


def _rename(chance: random.Random, corpus: Corpus, _steps: Steps) -> Change:
    name = chance.choice(list(corpus.values))

    def change(container: Any, step: Any) -> Any:
        if isinstance(container, dict):
            return {name if it == step else it: value for it, value in container.items()}
        return [*container, container[step]]

    return change


def _replace(chance: random.Random, _corpus: Corpus, _steps: Steps) -> Change:
    """A value of any kind."""
    value = random_json(chance, 3)
    return lambda container, step: _with(container, step, value)


def _poison(chance: random.Random, _corpus: Corpus, _steps: Steps) -> Change:
    """A hostile value of the same kind."""
    pick = chance.random()

    def change(container: Any, step: Any) -> Any:
        old = container[step]
        table: tuple[Any, ...] = hostile.ALL
        if isinstance(old, str):
            table = hostile.by_likeness(old)
        elif isinstance(old, int | float) and not isinstance(old, bool):
            table = hostile.NUMBERS
        return _with(container, step, table[int(pick * len(table))])

    return change


def _borrow(chance: random.Random, corpus: Corpus, steps: Steps) -> Change:
    """What another definition has under the same name."""
    values = corpus.values.get(str(steps[-1])) or (None,)
    value = chance.choice(values)
    return lambda container, step: _with(container, step, value)


def _graft(chance: random.Random, corpus: Corpus, _steps: Steps) -> Change:
    """A field of another definition beside this one."""
    name = chance.choice(list(corpus.values))
    value = chance.choice(corpus.values[name])
    return lambda container, _step: (
        {**container, name: value} if isinstance(container, dict) else [*container, value]
    )


def _wrap(chance: random.Random, _corpus: Corpus, _steps: Steps) -> Change:
    depth = chance.choice([1, 1, 10, 180])

    def change(container: Any, step: Any) -> Any:
        value = container[step]
        for _ in range(depth):
            value = [value] if isinstance(container, list) else {"a": value}
        return _with(container, step, value)

    return change


_CHANGES: Final = (
    _drop,
    _rename,
    _replace,
    _poison,
    _poison,
    _poison,
    _borrow,
    _borrow,
    _borrow,
    _graft,
    _graft,
    _wrap,
)
