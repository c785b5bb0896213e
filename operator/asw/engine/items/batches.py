"""Items in batches (AWS: ItemBatcher): each batch is the input of one child."""

from collections.abc import Sequence

from asw.asl.errors import RUNTIME, StatesError
from asw.asl.values import ABSENT, Absent, Json, to_text


def batch_items(
    items: Sequence[Json],
    *,
    max_items: int | None,
    max_bytes: int | None,
    batch_input: Json | Absent,
) -> list[Json]:
    """The batches, as ``{"Items": [...]}``, with ``BatchInput`` where there is one.

    ``max_bytes`` bounds the JSON text of a batch. Raises StatesError where one item alone is over
    it.
    """
    frame = {"Items": []} if batch_input is ABSENT else {"BatchInput": batch_input, "Items": []}
    around = _bytes(frame)
    batches: list[list[Json]] = []
    size = 0
    for item in items:
        length = 0 if max_bytes is None else _bytes(item) + 1
        if max_bytes is not None and around + length - 1 > max_bytes:
            raise StatesError(
                RUNTIME,
                f"An item of {length - 1} bytes does not fit into a batch of {max_bytes} bytes "
                "(MaxInputBytesPerBatch).",
            )
        is_full = not batches or len(batches[-1]) == max_items
        if is_full or (max_bytes is not None and around + size + length - 1 > max_bytes):
            batches.append([])
            size = 0
        batches[-1].append(item)
        size += length
    return [{**frame, "Items": batch} for batch in batches]


def _bytes(value: Json) -> int:
    return len(to_text(value).encode(errors="replace"))
