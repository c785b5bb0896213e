"""The iterations of a mocked Map: how many there are, what each gets, and how many may fail.

None of them runs. If the test's failed iterations exceed a threshold, the Map fails as in an
execution; as recorded at AWS, this holds only for a threshold that the state sets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from asw.asl.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD, RUNTIME, StatesError
from asw.asl.model import ABSENT, ItemReader, MapState
from asw.asl.scope import Scope
from asw.asl.values import Json, to_text
from asw.engine.items import Listed, Reading, read_items
from asw.engine.map_items import (
    THRESHOLD_EXCEEDED,
    map_items,
    max_concurrency,
    selected,
    tolerance_of,
)
from asw.engine.map_run import child_inputs, max_items
from asw.engine.record import Tolerance
from asw.teststate.refusals import invalid_request
from asw.teststate.request import Configuration

_GET: Final = "arn:aws:states:::s3:getObject"
_PLACE: Final[Json] = {"Bucket": "test", "Key": "data"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterations:
    """The iterations of one Map, from its raw input and the test's configuration."""

    state: MapState
    input: Json
    scope: Scope
    given: Configuration

    def stages(self) -> Iterator[tuple[str, Json]]:
        """The stages of the inspection data that only a Map has. Raises StatesError."""
        items, reader = self._items(), self._reader()
        if reader is not None and reader.config.items_pointer is not None:
            yield "afterItemsPointer", items
        elif self.state.language == "JSONPath":
            yield "afterItemsPath", items
        if self.state.item_selector is not ABSENT:
            yield "afterItemSelector", list(selected(self.state, self.input, items, self.scope))
        if self._is_batched():
            yield "afterItemBatcher", self._inputs(items)
        yield "maxConcurrency", max_concurrency(self.state, self.input, self.scope)
        tolerance = self._tolerance() or Tolerance()
        if tolerance.count is not None:
            yield "toleratedFailureCount", tolerance.count
        if tolerance.percentage is not None:
            yield "toleratedFailurePercentage", float(tolerance.percentage)

    def check(self, result: Json) -> None:
        """Raise StatesError if the Map fails before its mock is used.

        Raises TestStateRefused if the numbers do not fit the Map's items; ``result`` is the mocked
        one, ABSENT if an error is mocked.
        """
        inputs = self._inputs(self._items())
        failed = self.given.failed_iterations or 0
        if failed > len(inputs):
            raise invalid_request(
                "Map iteration failure count must be less than or equal to the number of Map "
                "iterations."
            )
        max_concurrency(self.state, self.input, self.scope)
        tolerance = self._tolerance()
        if tolerance is not None and tolerance.is_exceeded(failed, len(inputs)):
            raise StatesError(EXCEED_TOLERATED_FAILURE_THRESHOLD, THRESHOLD_EXCEEDED.cause)
        if isinstance(result, list) and len(result) not in (len(inputs), len(inputs) - failed):
            raise invalid_request("Input array does not equal the mocked result array's size.")

    def _tolerance(self) -> Tolerance | None:
        return tolerance_of(self.state, self.input, self.scope)

    def _items(self) -> list[Json]:
        reader = self._reader()
        if reader is not None:
            most = max_items(self.state, reader, self.input, self.scope)
            return _items_in(self.given.reader_data, reader, most)
        try:
            return map_items(self.state, self.input, self.scope)
        except StatesError as error:
            raise self._as_tested(error) from None

    def _as_tested(self, error: StatesError) -> StatesError:
        """The error in TestState's words, which are shorter than an execution's."""
        failure = error.failure
        sentence, found, _ = (failure.cause or "").partition(" must point to array")
        if failure.error != RUNTIME or not found:
            return error
        return StatesError(RUNTIME, f"{sentence.replace('$$', '$')}{found}.")

    def _reader(self) -> ItemReader | None:
        distribution = self.state.distribution
        return distribution.item_reader if distribution is not None else None

    def _is_batched(self) -> bool:
        distribution = self.state.distribution
        return distribution is not None and distribution.item_batcher is not None

    def _inputs(self, items: list[Json]) -> list[Json]:
        if self.state.distribution is None:
            return list(selected(self.state, self.input, items, self.scope))
        return child_inputs(self.state, self.input, items, self.scope)


def _items_in(data: Json, reader: ItemReader, max_items: int | None) -> list[Json]:
    """The items that the ItemReader finds in the data (AWS: mapItemReaderData).

    The data is text or a JSON value: the object that it reads, or the array of listed objects if it
    lists them without loading. Raises StatesError (States.ItemReaderFailed), and TestStateRefused
    if there is no data.
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
    """A store in which every object is the given data; nothing can be listed or written."""

    body: bytes

    @property
    def most_bytes(self) -> int:
        """All of it."""
        return len(self.body)

    def get(self, bucket: str, key: str) -> bytes:
        """The data, under any name."""
        assert bucket, key
        return self.body

    def list(self, bucket: str, prefix: str) -> Sequence[Listed]:
        """A test reads one object."""
        raise AssertionError(f"{bucket}/{prefix}")

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """A test writes nothing."""
        raise AssertionError(f"{bucket}/{key}: {len(body)} bytes")
