"""The models of AWS's APIs from the package ``botocore``: what an operation takes and returns.

Only its data files are read, when first needed; none of its code runs. The package is optional:
without it, only mocked results cannot be checked.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final, Literal

from asw.asl.values import Json

Shape = Mapping[str, Json]
"""A type of the model: ``type`` and, by type, members, required, enum, min, max ..."""

_SERVICE_ID = re.compile(r'"serviceId"\s*:\s*"([^"]+)"')
_HEAD_CHARACTERS: Final = 4000
"""The id is in the metadata at the start of the file."""


class ModelsMissingError(Exception):
    """``botocore`` is not installed, so that a mocked result cannot be checked."""

    def __init__(self) -> None:
        super().__init__(
            "Checking a mocked result needs AWS's API models: install asw[testing], or set "
            "mock.fieldValidationMode to NONE."
        )


@dataclass(frozen=True, slots=True)
class Message:
    """The type of an operation's request or answer, by name among the types of its service."""

    shapes: Mapping[str, Shape]
    name: str

    def shape(self, name: str) -> Shape:
        """The type of that name."""
        return self.shapes[name]


def answer_of(service: str, operation: str) -> Message | None:
    """What the operation returns; None if it returns nothing, or is unknown.

    ``service`` is the service's id without spaces, as in the SDK for Java. Raises
    ModelsMissingError.
    """
    return _message(service, operation, "output")


def request_of(service: str, operation: str) -> Message | None:
    """What the operation takes; None if it takes nothing, or is unknown.

    ``service`` as for ``answer_of``. Raises ModelsMissingError.
    """
    return _message(service, operation, "input")


def has_operation(service: str, operation: str) -> bool:
    """Whether the service has it; ``service`` as for ``answer_of``. Raises ModelsMissingError."""
    return operation in _model(service).get("operations", {})


def _message(service: str, operation: str, way: Literal["input", "output"]) -> Message | None:
    model = _model(service)
    found = model.get("operations", {}).get(operation, {}).get(way)
    return None if found is None else Message(model["shapes"], found["shape"])


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
            versions = sorted(service.iterdir(), key=lambda it: it.name)  # names are dates
            models = [version / "service-2.json.gz" for version in versions]
            yield from [model for model in models if model.is_file()][-1:]


def _service_id(path: Traversable) -> str:
    """AWS: names in ``aws-sdk:`` Resources are service ids in lower case, without spaces."""
    with path.open("rb") as compressed, gzip.open(compressed, "rt", encoding="utf-8") as text:
        found = _SERVICE_ID.search(text.read(_HEAD_CHARACTERS))
    return found[1].replace(" ", "").lower() if found else ""
