"""Reads and writes of distributed Maps, as a connector is told of them and answers. Pure.

They are no calls of a Task: items come in pages, because an answer has a limit, and the files of
results are packed, because they may be larger than any event.
"""

import base64
import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, TypeAlias

from asw.asl.errors import ITEM_READER_FAILED, StatesError
from asw.asl.model import ReaderConfig
from asw.asl.values import Json, JsonObject, from_text, to_text
from asw.connector.calls import Done, NoCall
from asw.connector.wanted import Wanted
from asw.engine.items import Reading, ResultFile

S3: Final = Wanted("s3", "aws")
"""What an ItemReader or ResultWriter needs of a Connection."""
MOST_ITEM_BYTES: Final = 8 * 1024 * 1024
"""JSON text of all items that a Map reads: they become part of the Execution's record."""
PAGE_BYTES: Final = 192 * 1024
"""JSON text of the items in an answer, unless it is a single one."""
LARGEST_ITEM: Final = 255 * 1024
"""JSON text of an item: an answer has 256 KiB."""
FILE_BYTES: Final = 4 * 1024 * 1024
"""A file of results; there is a further one for what is more. A single result is smaller."""
CHANGED: Final = "Asw.ObjectsChanged"
"""The error of a page that belongs to other items than the pages before: read them all again."""
_KIND: Final = "objects"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """Read a page of the items, from 0. ``version`` is that of the pages before, empty if none."""

    reading: Reading
    page: int = 0
    version: str = ""


Work: TypeAlias = ReadPage | ResultFile
"""What a connector is told to do: a file of results is to be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The items of a reading as JSON texts of arrays; at least one. Equal ones have one version."""

    texts: tuple[str, ...]
    version: str

    @property
    def size(self) -> int:
        """Characters of all."""
        return sum(map(len, self.texts))

    def answer(self, number: int) -> Done:
        """The answer to a question for this page."""
        following = number + 1 if number + 1 < len(self.texts) else None
        items = from_text(self.texts[number])
        return Done(output={"items": items, "next": following, "version": self.version})


def is_work(event: Json) -> bool:
    """Whether the event of a task is no call but such work."""
    return isinstance(event, dict) and _KIND in event


def to_work_event(work: Work) -> JsonObject:
    """The work as the event of a connector's task."""
    if isinstance(work, ResultFile):
        packed = base64.b64encode(zlib.compress(work.body, 1)).decode()
        return {_KIND: "write", "bucket": work.bucket, "key": work.key, "body": packed}
    reading = work.reading
    config = replace(reading.config, max_items=None, max_items_path=None)  # it is evaluated
    shown = {
        "resource": reading.resource,
        "parameters": reading.parameters,
        "config": {**asdict(config), "csv_headers": list(config.csv_headers)},
        "maxItems": reading.max_items,
    }
    return {_KIND: "read", "reading": shown, "page": work.page, "version": work.version}


def from_work_event(event: JsonObject) -> Work:
    """The inverse of ``to_work_event``. Raises NoCall."""
    try:
        if event[_KIND] == "write":
            body = _unpacked(event["body"])
            return ResultFile(bucket=str(event["bucket"]), key=str(event["key"]), body=body)
        return ReadPage(
            reading=_reading(event["reading"]),
            page=int(event["page"]),
            version=str(event["version"]),
        )
    except (LookupError, TypeError, ValueError, zlib.error):
        raise NoCall("it is neither a read nor a write of objects") from None


def _reading(shown: Any) -> Reading:
    config = {**shown["config"], "csv_headers": tuple(shown["config"]["csv_headers"])}
    return Reading(
        resource=shown["resource"],
        parameters=shown["parameters"],
        config=ReaderConfig(**config),
        max_items=shown["maxItems"],
    )


def _unpacked(text: str) -> bytes:
    unpacking = zlib.decompressobj()
    body = unpacking.decompress(base64.b64decode(text, validate=True), FILE_BYTES + PAGE_BYTES)
    if not unpacking.eof:
        raise ValueError("it is longer than any file")
    return body


def pages_of(items: Iterable[Json]) -> Pages:
    """The items in pages. Raises StatesError if they are too many, or one is too large."""
    texts: list[str] = []
    page: list[str] = []
    version = hashlib.sha256()
    size = total = 0
    for number, item in enumerate(items):
        encoded = to_text(item).encode(errors="replace")
        total += len(encoded)
        if len(encoded) > LARGEST_ITEM:
            raise _too_much(f"The item number {number} has more than {LARGEST_ITEM} bytes.")
        if total > MOST_ITEM_BYTES:
            raise _too_much(
                f"The items have more than {MOST_ITEM_BYTES} bytes of JSON, the most that a Map"
                " reads on a cluster: bound them by MaxItems, or read a part in each of several"
                " executions."
            )
        if page and size + len(encoded) > PAGE_BYTES:
            texts.append(_array(page))
            page, size = [], 0
        page.append(encoded.decode())
        size += len(encoded) + 1
        version.update(encoded + b"\n")
    if page or not texts:
        texts.append(_array(page))
    return Pages(texts=tuple(texts), version=version.hexdigest())


def _array(texts: Iterable[str]) -> str:
    return f"[{','.join(texts)}]"


def _too_much(cause: str) -> StatesError:
    return StatesError(ITEM_READER_FAILED, cause)
