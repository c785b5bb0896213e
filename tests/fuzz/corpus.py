"""Real definitions to begin from: our own cases, the examples, the recorded cases where there are.

Everything that follows from a seed follows from the corpus too: ``Corpus.size`` tells whether two
machines have the same one.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from asw.asl.model import Dialect
from tests.conformance.case_files import case_files, recorded_folder

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A definition that somebody wrote, with an input of it and the objects it reads."""

    definition: Mapping[str, Any]
    dialect: Dialect = "ASL"
    input: Any = None
    objects: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The originals, and every value that stands under a field's name in any of them."""

    originals: tuple[Original, ...]
    values: Mapping[str, tuple[Any, ...]]

    @property
    def size(self) -> int:
        """How many originals there are."""
        return len(self.originals)


@cache
def load(*, recorded: bool) -> Corpus:
    """The corpus, without the recorded cases where they are not asked for."""
    originals = tuple(_originals(recorded_folder() if recorded else None))
    values: dict[str, dict[str, Any]] = defaultdict(dict)
    for it in originals:
        for name, value in _fields(it.definition):
            values[name].setdefault(json.dumps(value), value)
    return Corpus(
        originals=originals, values={name: tuple(found.values()) for name, found in values.items()}
    )


def _originals(folder: Path | None) -> Iterator[Original]:
    for file in case_files(folder):
        case = file.case
        if isinstance(case.get("definition"), dict):
            yield Original(
                definition=_machine(case["definition"]),
                dialect=case.get("dialect", "ASL"),
                input=case.get("input"),
                objects=tuple(case.get("s3_objects") or ()),
            )
    for path in sorted(EXAMPLES.glob("*/workflow.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            spec = document["spec"]
            yield Original(definition=spec["definition"], dialect=spec.get("dialect", "ASL"))


def _machine(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """A state alone, as TestState takes it, in a machine of its own."""
    if "States" in definition or "Type" not in definition:
        return definition
    return {"StartAt": "It", "States": {"It": definition}}


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield name, member
            yield from _fields(member)
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item)
