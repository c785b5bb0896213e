"""Reading what only a distributed Map has: ItemReader, ItemBatcher, ResultWriter, Label."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from asw.asl.definition.fields import Field, Reader, Table, read_fields, tell_conflict
from asw.asl.definition.place import Place, listed
from asw.asl.definition.queries import query_object, query_or, query_template
from asw.asl.definition.readers import (
    anything,
    array_of,
    integer,
    one_of,
    reference_path,
    template,
    text,
)
from asw.asl.model import (
    Distribution,
    ItemBatcher,
    ItemReader,
    ReaderConfig,
    ResultWriter,
)
from asw.asl.values import Json

MOST_ITEMS: Final = 100_000_000
"""AWS: the greatest MaxItems."""
LARGEST_BATCH: Final = 262_144
"""AWS: the greatest MaxInputBytesPerBatch."""
LONGEST_LABEL: Final = 40
"""AWS: characters of a Label."""

_READERS: Final = ("s3:getObject", "s3:listObjectsV2")
_WRITERS: Final = ("s3:putObject",)
_NOT_IN_LABELS: Final = frozenset('?*<>{}[]:;,\\|^~$#%&`" ')
_DELIMITERS: Final = ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")


def distributed_fields(language: str) -> Table:
    """The fields that a Map has in DISTRIBUTED mode only."""
    return {
        "Label": Field(_read_label, "label"),
        "ItemReader": Field(_reads(_read_reader, language), "item_reader"),
        "ItemBatcher": Field(_reads(_read_batcher, language), "item_batcher"),
        "ResultWriter": Field(_reads(_read_writer, language), "result_writer"),
    }


def read_processor_config(value: Json, place: Place) -> dict[str, Any]:
    """ProcessorConfig: Mode and ExecutionType."""
    return read_fields(value, place, _PROCESSOR_CONFIG, "a ProcessorConfig")


def build_distribution(
    attributes: dict[str, Any], state: Mapping[str, Json], place: Place
) -> Distribution | None:
    """Take the fields of DISTRIBUTED mode out of a Map's attributes; None for an inline Map."""
    own = {
        into: attributes.pop(into)
        for into in ("label", "item_reader", "item_batcher", "result_writer")
        if into in attributes
    }
    config = attributes.pop("processor_config", None) or {}
    if config.get("mode") == "DISTRIBUTED":
        return Distribution(execution_type=config.get("execution_type", "STANDARD"), **own)
    for name in ("Label", "ItemReader", "ItemBatcher", "ResultWriter"):
        if name in state:
            place.at(name).error(
                f"The field '{name}' is not one of an inline Map",
                "ProcessorConfig with Mode DISTRIBUTED has it",
            )
    return None


def _reads(read: Callable[[Json, Place, str], Any], language: str) -> Reader:
    return lambda value, place: read(value, place, language)


def _payload(language: str) -> Table:
    """Parameters, in JSONata Arguments: both become ``parameters``."""
    if language == "JSONata":
        return {"Arguments": Field(query_object, "parameters")}
    return {"Parameters": Field(template, "parameters")}


def _bounded(language: str, name: str, into: str, most: int, least: int = 1) -> Table:
    """A number, with its ...Path twin where the language is JSONPath."""
    if language == "JSONata":
        return {name: Field(query_or(integer(least, most)), into)}
    return {
        name: Field(integer(least, most), into),
        f"{name}Path": Field(reference_path, f"{into}_path"),
    }


def _read_reader(value: Json, place: Place, language: str) -> ItemReader:
    table: Table = {
        "Resource": Field(_service(_READERS), "resource", required=True),
        "ReaderConfig": Field(_reads(_read_reader_config, language), "config"),
        **_payload(language),
    }
    attributes = read_fields(value, place, table, "an ItemReader")
    return ItemReader(**attributes)


def _read_reader_config(value: Json, place: Place, language: str) -> ReaderConfig:
    table: Table = {
        "InputType": Field(_read_input_type, "input_type"),
        "CSVHeaderLocation": Field(one_of("FIRST_ROW", "GIVEN"), "csv_header_location"),
        "CSVHeaders": Field(array_of(text, is_filled=True), "csv_headers"),
        "CSVDelimiter": Field(one_of(*_DELIMITERS), "csv_delimiter"),
        "ItemsPointer": Field(_read_pointer, "items_pointer"),
        "ManifestType": Field(one_of("ATHENA_DATA", "S3_INVENTORY"), "manifest_type"),
        "Transformation": Field(one_of("NONE", "LOAD_AND_FLATTEN"), "transformation"),
        **_bounded(language, "MaxItems", "max_items", MOST_ITEMS, 0),
    }
    attributes = read_fields(value, place, table, "a ReaderConfig")
    if isinstance(value, dict):
        tell_conflict(value, place, ("MaxItems", "MaxItemsPath"))
        if value.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in value:
            place.error("The field 'CSVHeaders' is required but was missing")
    return ReaderConfig(**attributes)


def _read_input_type(value: Json, place: Place) -> Json:
    if value == "PARQUET":
        place.not_supported("InputType PARQUET", "CSV, JSON, JSONL and MANIFEST are")
        return value
    return one_of("CSV", "JSON", "JSONL", "MANIFEST")(value, place)


def _read_pointer(value: Json, place: Place) -> Json:
    if not isinstance(value, str) or (value and not value.startswith("/")):
        place.wrong(value, "a JSON Pointer, as in /data/items")
    return value


def _read_batcher(value: Json, place: Place, language: str) -> ItemBatcher:
    batch_input = query_template if language == "JSONata" else template
    table: Table = {
        "BatchInput": Field(batch_input, "batch_input"),
        **_bounded(language, "MaxItemsPerBatch", "max_items", MOST_ITEMS),
        **_bounded(language, "MaxInputBytesPerBatch", "max_bytes", LARGEST_BATCH),
    }
    attributes = read_fields(value, place, table, "an ItemBatcher")
    if isinstance(value, dict):
        names = ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
        for name in names:
            tell_conflict(value, place, (name, f"{name}Path"))
        if not any(field.removesuffix("Path") in names for field in value):
            place.error(f"At least one of these fields is required: [{listed(names)}]")
    return ItemBatcher(**attributes)


def _read_writer(value: Json, place: Place, language: str) -> ResultWriter:
    table: Table = {
        "Resource": Field(_service(_WRITERS), "resource"),
        "WriterConfig": Field(_read_writer_config, "config"),
        **_payload(language),
    }
    attributes = read_fields(value, place, table, "a ResultWriter")
    config = attributes.pop("config", {})
    if isinstance(value, dict) and not {"Resource", "WriterConfig"} & value.keys():
        place.error("At least one of these fields is required: [Resource, WriterConfig]")
    return ResultWriter(**attributes, **config)


def _read_writer_config(value: Json, place: Place) -> dict[str, Any]:
    return read_fields(value, place, _WRITER_CONFIG, "a WriterConfig")


def _read_label(value: Json, place: Place) -> Json:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_LABEL:
        place.wrong(value, f"a string of 1 to {LONGEST_LABEL} characters")
    elif not _NOT_IN_LABELS.isdisjoint(value):
        place.wrong(value, "a string without spaces, wildcards, brackets and special characters")
    return value


def _service(actions: tuple[str, ...]) -> Reader:
    """The ARN of one of these actions."""

    def read(value: Json, place: Place) -> Json:
        parts = value.split(":", 5) if isinstance(value, str) else []
        if len(parts) != 6 or parts[2] != "states" or parts[5] not in actions:
            wanted = listed(f"arn:aws:states:::{action}" for action in actions)
            place.wrong(value, f"one of {wanted}")
        return value

    return read


_WRITER_CONFIG: Final[Table] = {
    "Transformation": Field(one_of("NONE", "COMPACT", "FLATTEN"), "transformation"),
    "OutputType": Field(one_of("JSON", "JSONL"), "output_type"),
}
_PROCESSOR_CONFIG: Final[Table] = {
    "Mode": Field(one_of("INLINE", "DISTRIBUTED"), "mode"),
    "ExecutionType": Field(one_of("STANDARD", "EXPRESS"), "execution_type"),
    "Comment": Field(anything),
}
