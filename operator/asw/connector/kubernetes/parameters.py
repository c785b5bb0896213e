"""Reads the Parameters of a call: fields of the right kind, or a sentence that says which. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from asw.asl.request_fields import FIELDS
from asw.asl.values import Json, JsonObject, from_text
from asw.connector.calls import Call

LONGEST_WAIT_SECONDS: Final = 7 * 24 * 3600


class BadRequest(Exception):
    """The parameters do not fit; the message names the field and what it takes."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The fields of one call; those that are null count as missing."""

    fields: JsonObject

    @classmethod
    def of(cls, call: Call) -> "Parameters":
        """Those of the call: data may have brought other fields than the definition shows."""
        given = call.parameters
        if not isinstance(given, dict):
            raise BadRequest("the parameters must be an object")
        known = FIELDS[f"{call.service}:{call.action}"]
        for name in given:
            if name not in known.known:
                raise BadRequest(f'The field "{name}" is not supported by Step Functions')
        for name in known.required:
            if given.get(name) is None:
                raise BadRequest(f"The field {name} is required but was missing")
        return cls.unchecked(call)

    @classmethod
    def unchecked(cls, call: Call) -> "Parameters":
        """The same, of a request whose fields are another service's. Raises BadRequest."""
        if not isinstance(call.parameters, dict):
            raise BadRequest("the parameters must be an object")
        return cls({name: it for name, it in call.parameters.items() if it is not None})

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self.fields.get(name)
        if not isinstance(value, str) or not value:
            raise BadRequest(f"{name} must be a text")
        return value

    def text_or(self, name: str, default: str) -> str:
        """The same, which may be missing."""
        return self.text(name) if name in self.fields else default

    def name(self, name: str, default: str | None = None) -> str:
        """A name of an object, which is one segment of a path."""
        value = self.text(name) if default is None else self.text_or(name, default)
        return segment(name, value)

    def one_of(self, name: str, known: Sequence[str], default: str | None = None) -> str:
        """One of these texts."""
        value = self.text(name) if default is None else self.text_or(name, default)
        if value not in known:
            raise BadRequest(f"{name} must be one of {', '.join(known)}")
        return value

    def flag(self, name: str) -> bool:
        """True or false, which is the default."""
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            raise BadRequest(f"{name} must be true or false")
        return value

    def whole(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 on."""
        value = self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise BadRequest(f"{name} must be a whole number from 1 to {most}")
        return value

    def seconds(self, default: int) -> int:
        """How long to wait."""
        return self.whole("TimeoutSeconds", default, LONGEST_WAIT_SECONDS)

    def object(self, name: str) -> dict[str, Any]:
        """An object, or a text that spells one in JSON."""
        value = self.fields.get(name)
        if isinstance(value, str):
            try:
                value = from_text(value)
            except ValueError:
                value = None
        if not isinstance(value, dict):
            raise BadRequest(f"{name} must be an object, or a text with one in JSON")
        return value

    def part(self, name: str) -> "Parameters":
        """The fields of an object, which may be missing."""
        value = self.fields.get(name, {})
        if not isinstance(value, dict):
            raise BadRequest(f"{name} must be an object")
        return Parameters({key: it for key, it in value.items() if it is not None})

    def lists(self, name: str) -> tuple[tuple[str, str], ...]:
        """A map of lists of texts, as pairs."""
        value = self.fields.get(name, {})
        if not isinstance(value, dict) or not all(isinstance(it, list) for it in value.values()):
            raise BadRequest(f"{name} must have a list of texts for each name")
        pairs = tuple((key, it) for key, listed in value.items() for it in listed)
        if not all(isinstance(it, str) for _, it in pairs):
            raise BadRequest(f"{name} must have a list of texts for each name")
        return pairs


def segment(name: str, value: str) -> str:
    """The value as one segment of a path. Raises BadRequest."""
    if value in (".", "..") or any(not 32 < ord(it) < 127 or it in "/%?#\\" for it in value):
        raise BadRequest(f"{name} must be a name of Kubernetes")
    return value


def body_of(value: Json) -> bytes:
    """The value as the body of a request: JSON, or a text as it is."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
