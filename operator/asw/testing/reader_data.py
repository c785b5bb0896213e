"""The items in the data that a test gives for an ItemReader (AWS: mapItemReaderData)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from asw.asl.model import ItemReader
from asw.asl.values import ABSENT, Json, to_text
from asw.engine.items import Listed, Reading, read_items
from asw.testing.refusals import invalid_request

_PLACE: Final[Json] = {"Bucket": "test", "Key": "data", "Prefix": ""}


def items_in(data: Json, reader: ItemReader) -> list[Json]:
    """What the ItemReader makes of the data, which is the text of its source or a JSON value.

    Raises StatesError (States.ItemReaderFailed), TestStateRefused where there is no data.
    """
    if data is ABSENT:
        raise invalid_request(
            "ItemReader data must be specified when testing a Map state with ItemReader specified."
        )
    text = data if isinstance(data, str) else to_text(data)
    reading = Reading(resource=reader.resource, parameters=_PLACE, config=reader.config)
    return read_items(reading, _OneObject(text.encode()))


@dataclass(frozen=True, slots=True)
class _OneObject:
    """A store in which every object is the given data."""

    body: bytes

    def get(self, bucket: str, key: str) -> bytes:
        """The data, whatever the name."""
        assert bucket
        assert key
        return self.body

    def list(self, bucket: str, prefix: str) -> Sequence[Listed]:
        """Nothing: what is listed is given as a listing."""
        assert bucket is not None
        assert prefix is not None
        return ()

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """A test writes nothing."""
        raise AssertionError(f"{bucket}/{key}: {len(body)} bytes")
