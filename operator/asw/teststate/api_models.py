"""The models of AWS's APIs, as the package ``botocore`` ships them: what an operation answers.

Only its data files are read, when first needed; none of its code runs. It is an optional package:
without it nothing but the checking of mocked results is missing.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from asw.asl.values import Json

Shape = Mapping[str, Json]
"""A type of the model: ``type`` and, by type, members, required, enum, min, max ..."""

_SERVICE_ID = re.compile(r'"serviceId"\s*:\s*"([^"]+)"')
_HEAD_CHARACTERS: Final = 4000
"""The id is among the metadata, with which the file begins."""


class ModelsMissingError(Exception):
    """``botocore`` is not installed, so that a mocked result cannot be checked."""

    def __init__(self) -> None:
        super().__init__(
            "Checking a mocked result needs AWS's API models: install asw[testing], or set "
            "mock.fieldValidationMode to NONE."
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers: the name of its type among the types of its service."""

    shapes: Mapping[str, Shape]
    name: str

    def shape(self, name: str) -> Shape:
        """The type of that name."""
        return self.shapes[name]


def answer_of(service: str, operation: str) -> Answer | None:
    """What the operation answers; None where it answers nothing, or nobody knows it.

    ``service`` is the service's id without spaces, as the SDK for Java has it. Raises
    ModelsMissingError.
    """
    model = _model(service)
    found = model.get("operations", {}).get(operation, {}).get("output")
    return None if found is None else Answer(model["shapes"], found["shape"])


@cache
def _model(service: str) -> Mapping[str, Json]:
    path = _paths().get(service)
    if path is None:
        return {}
    with path.open("rb") as compressed:
        model: Mapping[str, Json] = json.loads(gzip.decompress(compressed.read()))
    return model


@cache
def _paths() -> Mapping[str, Traversable]:
    """The newest model of each service."""
    try:
        data = resources.files("botocore") / "data"
    except ModuleNotFoundError:
        raise ModelsMissingError from None
    return {_service_id(path): path for path in _newest(data)}


def _newest(data: Traversable) -> Iterator[Traversable]:
    for service in sorted(data.iterdir(), key=lambda it: it.name):
        if service.is_dir():
            models = [version / "service-2.json.gz" for version in _by_date(service)]
            yield from [model for model in models if model.is_file()][-1:]


def _by_date(service: Traversable) -> list[Traversable]:
    return sorted(service.iterdir(), key=lambda it: it.name)


def _service_id(path: Traversable) -> str:
    """AWS: names in ``aws-sdk:`` Resources are the service ids in small letters, unspaced."""
    with path.open("rb") as compressed, gzip.open(compressed, "rt", encoding="utf-8") as text:
        found = _SERVICE_ID.search(text.read(_HEAD_CHARACTERS))
    return found[1].replace(" ", "").lower() if found else ""
