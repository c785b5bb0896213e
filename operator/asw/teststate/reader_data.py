"""The items in the data that a test gives for an ItemReader (AWS: mapItemReaderData)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from asw.asl.model import ItemReader
from asw.asl.values import ABSENT, Json, to_text
from asw.engine.items import Listed, Reading, read_items
from asw.teststate.refusals import invalid_request

_GET: Final = "arn:aws:states:::s3:getObject"
_PLACE: Final[Json] = {"Bucket": "test", "Key": "data"}


def items_in(data: Json, reader: ItemReader, max_items: int | None) -> list[Json]:
    """What the ItemReader makes of the data, which is the text of its source or a JSON value.

    The source is the object that it reads; where it lists objects, and does not load them, it is
    the array of what is listed. Raises StatesError (States.ItemReaderFailed), TestStateRefused
    where there is no data.
    """
    if data is ABSENT:
        raise invalid_request(
            "ItemReader data must be specified when testing a Map state with ItemReader specified."
        )
    text = data if isinstance(data, str) else to_text(data)
    is_listing = reader.resource.endswith(":listObjectsV2")
    config = reader.config
    if is_listing and config.transformation == "NONE":
        config = replace(config, input_type="JSON", items_pointer=None)
    reading = Reading(resource=_GET, parameters=_PLACE, config=config, max_items=max_items)
    return read_items(reading, _OneObject(text.encode()))


@dataclass(frozen=True, slots=True)
class _OneObject:
    """A store in which every object is the given data; nothing is listed or written."""

    body: bytes

    def get(self, bucket: str, key: str) -> bytes:
        """The data, whatever the name."""
        assert bucket, key
        return self.body

    def list(self, bucket: str, prefix: str) -> Sequence[Listed]:
        """A test reads one object."""
        raise AssertionError(f"{bucket}/{prefix}")

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """A test writes nothing."""
        raise AssertionError(f"{bucket}/{key}: {len(body)} bytes")
