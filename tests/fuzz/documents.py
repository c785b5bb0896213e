"""Random documents: a definition as text, and an input, all of it from a seed and a number."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asw.asl.model import Dialect
from asw.asl.parse import parse
from asw.asl.problems import InvalidDefinition
from tests.fuzz import hostile, machines
from tests.fuzz.corpus import Corpus, Original
from tests.fuzz.mutations import mutate, random_json

DEEPEST_INPUT: Final = 390
MOST_TRIES: Final = 12
"""Definitions that are made in search of one that is not refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is run: ``kind`` says how it was made, ``input_text`` need not be JSON."""

    seed: str
    kind: str
    text: str
    dialect: Dialect
    input_text: str
    objects: Sequence[Mapping[str, str]] = ()


def make(seed: str, number: int, corpus: Corpus) -> Document:
    """The document of this number."""
    chance = random.Random(f"{seed}/{number}")
    original = chance.choice(corpus.originals)
    kind = chance.choices(list(_KINDS), weights=[weight for weight, _ in _KINDS.values()])[0]
    dialect = original.dialect if chance.random() < 0.9 else chance.choice(["ASL", "TCSL"])
    return Document(
        seed=f"{seed}/{number}",
        kind=kind,
        text=_KINDS[kind][1](chance, original, corpus),
        dialect=dialect,
        input_text=_input(chance, original),
        objects=original.objects,
    )


def _mutated(chance: random.Random, original: Original, corpus: Corpus) -> str:
    return _accepted(chance, lambda: mutate(chance, original.definition, corpus))


def _assembled(chance: random.Random, _original: Original, _corpus: Corpus) -> str:
    return _accepted(chance, lambda: machines.assemble(chance))


def _accepted(chance: random.Random, maker: Callable[[], Any]) -> str:
    """A definition that is let through, within a few tries; now and then whichever comes first.

    One that breaks the parser is kept: it is what we look for.
    """
    tries = chance.choice([1, MOST_TRIES, MOST_TRIES, MOST_TRIES])
    for at in range(tries):
        text = json.dumps(maker())
        try:
            parse(text)
        except InvalidDefinition:
            if at + 1 < tries:
                continue
        except Exception:  # noqa: BLE001 - the finding is made where it can be told
            return text
        return text
    raise AssertionError("the last try returns")


def _spliced(chance: random.Random, original: Original, _corpus: Corpus) -> str:
    """A true definition whose text is damaged at one to three places."""
    text = json.dumps(original.definition, ensure_ascii=chance.random() < 0.5)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text))
        until = min(len(text), at + chance.choice([0, 0, 1, 1, 20, 200]))
        text = text[:at] + chance.choice(_SPLICES)(chance, text) + text[until:]
    return text


def _repeated(chance: random.Random, original: Original, _corpus: Corpus) -> str:
    """A true definition that has one of its fields twice."""
    text = json.dumps(original.definition)
    names = [at for at, char in enumerate(text) if char == "{" and text[at + 1] == '"']
    at = chance.choice(names) + 1 if names else 0
    value = json.dumps(random_json(chance, 2))
    return (
        text[:at] + json.dumps(chance.choice(["Type", "StartAt", "a"])) + f":{value}," + text[at:]
    )


def _random(chance: random.Random, _original: Original, _corpus: Corpus) -> str:
    """JSON that has the outline of a machine, or not even that."""
    if chance.random() < 0.3:
        return json.dumps(random_json(chance, 5))
    states = {chance.choice("abc语"): random_json(chance, 3) for _ in range(3)}
    return json.dumps({"StartAt": "a", "States": states, "TimeoutSeconds": random_json(chance, 0)})


def _raw(chance: random.Random, _original: Original, _corpus: Corpus) -> str:
    return chance.choice(hostile.RAW)


def _deep(chance: random.Random, _original: Original, _corpus: Corpus) -> str:
    return json.dumps(machines.nest(chance, chance.choice([2, 5, 20, 60, 120])))


def _growing(chance: random.Random, _original: Original, _corpus: Corpus) -> str:
    return json.dumps(machines.grow(chance))


_SPLICES: Final[tuple[Callable[[random.Random, str], str], ...]] = (
    lambda _chance, _text: "",
    lambda chance, _text: chance.choice('{}[]",:\\ \x00\n\ud800é'),
    lambda chance, _text: chance.choice(hostile.RAW[5:]),
    lambda chance, text: text[chance.randrange(len(text)) :][:50],
)
_KINDS: Final[Mapping[str, tuple[int, Callable[[random.Random, Original, Corpus], str]]]] = {
    "mutated": (56, _mutated),
    "assembled": (25, _assembled),
    "spliced": (8, _spliced),
    "repeated": (3, _repeated),
    "random": (4, _random),
    "raw": (1, _raw),
    "deep": (3, _deep),
    "growing": (4, _growing),
}


def _input(chance: random.Random, original: Original) -> str:
    match chance.randrange(8):
        case 0 | 1 | 2:
            return json.dumps(original.input)
        case 3:
            return chance.choice(hostile.RAW)
        case 4:
            depth = chance.randrange(DEEPEST_INPUT)
            return '{"a":[' * (depth // 2) + "1" + "]}" * (depth // 2)
        case 5:
            return json.dumps(chance.choice(hostile.ALL))
        case 6:
            return json.dumps([random_json(chance, 2) for _ in range(chance.choice([1, 5, 60]))])
        case _:
            return json.dumps(random_json(chance, 5))
