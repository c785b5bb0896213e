"""From objects to items and batches of a distributed Map (AWS: ItemReader, ItemBatcher).

Any fault of an object is States.ItemReaderFailed, with a cause that names the object.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from asw.asl.errors import ITEM_READER_FAILED, RUNTIME, StatesError
from asw.asl.model import ReaderConfig
from asw.asl.values import ABSENT, Absent, Json, from_text, quote, to_text
from asw.engine.items.store import Listed, NoSuchObject, ObjectStore

MOST_ITEMS: Final = 100_000_000
"""AWS: the most items that a Map reads."""
LONGEST_FIELD: Final = 10 * 1024 * 1024
"""The most characters of a CSV field."""
LONGEST_HEADERS: Final = 10 * 1024
"""AWS: the most bytes of all CSV headers together."""

_DELIMITERS: Final[Mapping[str, str]] = {
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "SPACE": " ",
    "TAB": "\t",
}
_GZIP: Final = b"\x1f\x8b"
_INDEX: Final = re.compile("0|[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an ItemReader reads: Resource, evaluated Parameters and ReaderConfig.

    ``max_items`` is the evaluated MaxItems, None for all.
    """

    resource: str
    parameters: Json
    config: ReaderConfig
    max_items: int | None = None


def read_items(reading: Reading, store: ObjectStore) -> list[Json]:
    """The items, at most MaxItems of them. Raises StatesError (States.ItemReaderFailed)."""
    return list(iterate_items(reading, store))


def iterate_items(reading: Reading, store: ObjectStore) -> Iterator[Json]:
    """The same one by one: no more is read than is asked for."""
    most = min(reading.max_items or MOST_ITEMS, MOST_ITEMS)
    try:
        yield from islice(_items(reading, store), most)
    except NoSuchObject as error:
        raise _failed(str(error)) from None


def _items(reading: Reading, store: ObjectStore) -> Iterator[Json]:
    bucket = _parameter(reading.parameters, "Bucket")
    config = reading.config
    if reading.resource.endswith(":listObjectsV2"):
        prefix = _parameter(reading.parameters, "Prefix", default="")
        listed = store.list(bucket, prefix)
        if config.transformation == "LOAD_AND_FLATTEN":
            for one in listed:
                # Consoles mark a folder by an empty object of its name.
                if not one.key.endswith("/"):
                    yield from _read(store.get(bucket, one.key), one.key, config, store)
        else:
            yield from map(_shown, listed)
        return
    key = _parameter(reading.parameters, "Key")
    yield from _read(store.get(bucket, key), key, config, store)


def _parameter(parameters: Json, name: str, default: str | None = None) -> str:
    value = parameters.get(name, default) if isinstance(parameters, dict) else default
    if not isinstance(value, str):
        raise _failed(f"The ItemReader's parameter '{name}' must be a string.")
    return value


def _shown(listed: Listed) -> Json:
    return {
        "Etag": listed.etag,
        "Key": listed.key,
        "LastModified": listed.last_modified,
        "Size": listed.size,
        "StorageClass": listed.storage_class,
    }


def _read(body: bytes, key: str, config: ReaderConfig, store: ObjectStore) -> Iterator[Json]:
    text = _text(body, key, store.most_bytes)
    if config.manifest_type == "ATHENA_DATA":
        return _read_athena(text, key, config, store)
    if config.input_type == "MANIFEST" or config.manifest_type == "S3_INVENTORY":
        return _read_inventory(text, key, store)
    return _read_data(text, key, config)


def _read_data(text: str, key: str, config: ReaderConfig) -> Iterator[Json]:
    kind = config.input_type or _kind_of(key)
    reader = _READERS.get(kind)
    if reader is None:
        raise _failed(
            f"The object '{key}' cannot be read as {kind}, only as CSV, JSON, JSONL or MANIFEST."
        )
    return reader(text, key, config)


def _kind_of(key: str) -> str:
    """AWS assumes JSON if InputType is missing; the ending of the name is a better guess."""
    ending = key.removesuffix(".gz").rpartition(".")[2].upper()
    return ending if ending in (*_READERS, "PARQUET") else "JSON"


def _text(body: bytes, key: str, most_bytes: int) -> str:
    try:
        if body.startswith(_GZIP):
            with gzip.open(io.BytesIO(body)) as packed:
                body = packed.read(most_bytes + 1)
        if len(body) > most_bytes:
            raise _failed(f"The object '{key}' has more than {most_bytes} bytes of text.")
        return body.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        raise _failed(f"The object '{key}' is neither text in UTF-8 nor gzip of it.") from None


def _read_json(text: str, key: str, config: ReaderConfig) -> Iterator[Json]:
    """The items of an array, or the pairs of an object, but only if an ItemsPointer leads to it.

    AWS was seen to refuse a document that is an object, but to accept an object inside it.
    """
    pointer = config.items_pointer or ""
    value = _pointed(_json(text, key), pointer)
    if pointer and isinstance(value, dict):
        return ({"Key": name, "Value": member} for name, member in value.items())
    if not isinstance(value, list):
        raise _failed("Attempting to map over non-iterable node.")
    return iter(value)


def _pointed(value: Json, pointer: str) -> Json:
    """RFC 6901: the value that the JSON Pointer leads to."""
    start, *steps = pointer.split("/")
    if start:
        raise _no_such_path()
    for escaped in steps:
        step = escaped.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and _INDEX.fullmatch(step) and int(step) < len(value):
            value = value[int(step)]
        else:
            raise _no_such_path()
    return value


def _no_such_path() -> StatesError:
    return _failed(
        "The provided ReaderConfig.ItemsPointer does not match any valid path "
        "in the JSON structure."
    )


def _json(text: str, key: str) -> Json:
    try:
        return from_text(text)
    except ValueError as error:
        raise _failed(f"The object '{key}' is not JSON: {error}") from None


def _read_jsonl(text: str, key: str, _config: ReaderConfig) -> Iterator[Json]:
    for line in text.split("\n"):  # str.splitlines would also split inside JSON strings
        if line.strip():
            yield _json(line, key)


def _read_csv(text: str, key: str, config: ReaderConfig) -> Iterator[Json]:
    rows = _rows(text, key, _DELIMITERS[config.csv_delimiter])
    if config.csv_header_location == "GIVEN":
        headers: list[str] = list(config.csv_headers)
    else:
        headers = next(rows, [])
    _check_headers(headers)
    for row in rows:
        row.extend([""] * (len(headers) - len(row)))
        yield dict(zip(headers, row, strict=False))


def _check_headers(headers: list[str]) -> None:
    if len(set(headers)) < len(headers):
        raise _failed("CSV headers cannot contain duplicates.")
    if len(",".join(headers).encode()) > LONGEST_HEADERS:
        raise _failed(f"CSV headers cannot be longer than {LONGEST_HEADERS} bytes.")


def _rows(text: str, key: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if row:
                yield row
    except csv.Error as error:
        raise _failed(f"The object '{key}' is not CSV: {error}") from None


def _read_inventory(text: str, key: str, store: ObjectStore) -> Iterator[Json]:
    """AWS: an S3 Inventory manifest lists CSV files of one schema, and these list objects."""
    manifest = _json(text, key)
    try:
        bucket = manifest["destinationBucket"].rpartition(":")[2]
        headers = [name.strip() for name in manifest["fileSchema"].split(",")]
        files = [file["key"] for file in manifest["files"]]
    except (KeyError, TypeError, AttributeError):
        raise _failed(
            f"The object '{key}' is not a manifest of S3 Inventory, which has destinationBucket, "
            "fileSchema and files."
        ) from None
    if manifest.get("fileFormat", "CSV") != "CSV":
        raise _failed(
            f"The inventory '{key}' is not in the format CSV, the only one that can be read."
        )
    for name in files:
        text = _text(store.get(bucket, name), name, store.most_bytes)
        for row in _rows(text, name, ","):
            yield dict(zip(headers, row, strict=False))


def _read_athena(text: str, key: str, config: ReaderConfig, store: ObjectStore) -> Iterator[Json]:
    """AWS: an Athena UNLOAD manifest has the address of one data file per line."""
    for line in filter(None, map(str.strip, text.split("\n"))):
        scheme, _, path = line.strip('"').partition("://")
        bucket, _, name = path.partition("/")
        if scheme != "s3" or not name:
            raise _failed(f"The manifest '{key}' has a line that is not an address:  {quote(line)}")
        data = _text(store.get(bucket, name), name, store.most_bytes)
        yield from _read_data(data, name, config)


_READERS: Final[Mapping[str, Callable[[str, str, ReaderConfig], Iterator[Json]]]] = {
    "CSV": _read_csv,
    "JSON": _read_json,
    "JSONL": _read_jsonl,
}


def _failed(cause: str) -> StatesError:
    return StatesError(ITEM_READER_FAILED, cause)


def batch_items(
    items: Sequence[Json],
    *,
    max_items: int | None,
    max_bytes: int | None,
    batch_input: Json | Absent,
) -> list[Json]:
    """The batches (AWS: ItemBatcher), each the input of one child: ``{"Items": [...]}``.

    ``BatchInput`` is included if there is one; ``max_bytes`` bounds the JSON text of a batch.
    Raises StatesError if a single item exceeds it.
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
