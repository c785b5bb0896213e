"""Reading what only a distributed Map has: ItemReader, ItemBatcher, ResultWriter, Label."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from asw.asl.definition.fields import (
    Field,
    Reader,
    Shape,
    Table,
    read_fields,
    report_conflict,
    report_lacking,
    report_missing,
    report_unsupported,
)
from asw.asl.definition.place import Place, listed, shown
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
    QueryLanguage,
    ReaderConfig,
    ResultWriter,
)
from asw.asl.problems import BEYOND_DIALECT, DUPLICATE_LABEL_NAME, INVALID_LABEL_NAME
from asw.asl.values import Json

MOST_ITEMS: Final = 100_000_000
"""AWS: the greatest MaxItems."""
LARGEST_BATCH: Final = 262_144
"""AWS: the greatest MaxInputBytesPerBatch."""
LONGEST_LABEL: Final = 40
"""AWS: characters of a Label."""

BATCH_LIMITS: Final = ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
"""What bounds a batch: an ItemBatcher needs at least one of them."""
INPUT_TYPES: Final = ("MANIFEST", "JSON", "CSV", "JSONL", "PARQUET")
_READERS: Final = ("s3:getObject", "s3:listObjectsV2")
_WRITERS: Final = ("s3:putObject",)
_NOT_IN_LABELS: Final = frozenset('?*<>{}[]:;,\\|^~$#%&`" ')
_DELIMITERS: Final = ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")


def distributed_fields(language: QueryLanguage) -> Table:
    """The fields that a Map has only in DISTRIBUTED mode."""
    return {
        "Label": Field(_read_label, "label"),
        "ItemReader": Field(_reads(_read_reader, language), "item_reader"),
        "ItemBatcher": Field(_reads(_read_batcher, language), "item_batcher"),
        "ResultWriter": Field(_reads(_read_writer, language), "result_writer"),
    }


def read_processor_config(value: Json, place: Place) -> dict[str, Any]:
    """ProcessorConfig: Mode, and in DISTRIBUTED mode the ExecutionType of the children."""
    config = read_fields(value, place, PROCESSOR_CONFIG)
    if not isinstance(value, dict):
        return config
    if value.get("Mode") == "DISTRIBUTED":
        report_missing(value, place, ["ExecutionType"])
        if place.dialect == "TCSL":
            place.at("Mode").warning(
                "Distributed Maps are not documented in TCSL",
                "they work as in ASL",
                code=BEYOND_DIALECT,
            )
    elif "ExecutionType" in value and value.get("Mode", "INLINE") == "INLINE":
        where = place.at("ExecutionType")
        report_unsupported("ExecutionType", where, "only Mode DISTRIBUTED has it", PROCESSOR_CONFIG)
    return config


def build_distribution(
    attributes: dict[str, Any], state: Mapping[str, Json], place: Place
) -> Distribution | None:
    """Move the fields of DISTRIBUTED mode out of a Map's attributes; None for an inline Map."""
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
            hint = "only a Map whose ProcessorConfig has Mode DISTRIBUTED has it"
            report_unsupported(name, place.at(name), hint, PROCESSOR_CONFIG)
    return None


def _reads(read: Callable[[Json, Place, QueryLanguage], Any], language: QueryLanguage) -> Reader:
    return lambda value, place: read(value, place, language)


def _payload(language: str) -> Table:
    """Parameters, or Arguments in JSONata: both become ``parameters``."""
    if language == "JSONata":
        return {"Arguments": Field(query_object, "parameters")}
    return {"Parameters": Field(template, "parameters")}


def _bounded(language: str, name: str, into: str, most: int, least: int = 1) -> Table:
    """A number, with its ...Path twin in JSONPath."""
    if language == "JSONata":
        return {name: Field(query_or(integer(least, most)), into)}
    return {
        name: Field(integer(least, most), into),
        f"{name}Path": Field(reference_path, f"{into}_path"),
    }


def _foreign(language: str, *bounded: str) -> tuple[str, ...]:
    """The other language's fields: its word for the payload, and a path for each number."""
    if language == "JSONata":
        return ("Parameters", *(f"{name}Path" for name in bounded))
    return ("Arguments",)


@cache
def reader_shape(language: QueryLanguage) -> Shape:
    """What an ItemReader may have."""
    table: Table = {
        "Resource": Field(_service(_READERS), "resource", required=True),
        "ReaderConfig": Field(_reads(_read_reader_config, language), "config"),
        **_payload(language),
    }
    return Shape(table, "an ItemReader", language, _foreign(language))


def _read_reader(value: Json, place: Place, language: QueryLanguage) -> ItemReader:
    return ItemReader(**read_fields(value, place, reader_shape(language)))


@cache
def reader_config_shape(language: QueryLanguage) -> Shape:
    """What a ReaderConfig may have."""
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
    return Shape(table, "a ReaderConfig", language, _foreign(language, "MaxItems"))


def _read_reader_config(value: Json, place: Place, language: QueryLanguage) -> ReaderConfig:
    shape = reader_config_shape(language)
    attributes = read_fields(value, place, shape)
    if isinstance(value, dict):
        report_conflict(value, place, ("MaxItems", "MaxItemsPath"))
        _check_csv(value, place, shape)
    return ReaderConfig(**attributes)


def _check_csv(config: Mapping[str, Json], place: Place, shape: Shape) -> None:
    kind = config.get("InputType")
    is_listed = config.get("Transformation") == "LOAD_AND_FLATTEN"
    if kind == "CSV" and "CSVHeaderLocation" not in config and not is_listed:
        report_lacking("CSVHeaderLocation", place, "FIRST_ROW or GIVEN")
    if config.get("CSVHeaderLocation") == "GIVEN":
        report_missing(config, place, ["CSVHeaders"])
    if kind in ("JSON", "JSONL"):
        for name in config:
            if name.startswith("CSV"):
                hint = f"an input read as {kind} has none"
                report_unsupported(name, place.at(name), hint, shape)


def _read_input_type(value: Json, place: Place) -> Json:
    if value == "PARQUET":
        place.not_supported("InputType PARQUET", "CSV, JSON, JSONL and MANIFEST are")
    elif value not in INPUT_TYPES:
        summary = f"The field 'InputType' should have one of these values: [{listed(INPUT_TYPES)}]"
        place.error(summary, f"it is {shown(value)}")
    return value


def _read_pointer(value: Json, place: Place) -> Json:
    if isinstance(value, str) and value and not value.startswith("/"):
        place.error(f"'{value}' is not a JSON Pointer", "it must begin with /, as in /data/items")
    return text(value, place)


@cache
def batcher_shape(language: QueryLanguage) -> Shape:
    """What an ItemBatcher may have."""
    batch_input = query_template if language == "JSONata" else template
    table: Table = {
        "BatchInput": Field(batch_input, "batch_input"),
        **_bounded(language, "MaxItemsPerBatch", "max_items", MOST_ITEMS),
        **_bounded(language, "MaxInputBytesPerBatch", "max_bytes", LARGEST_BATCH),
    }
    return Shape(table, "an ItemBatcher", language, _foreign(language, *BATCH_LIMITS))


def _read_batcher(value: Json, place: Place, language: QueryLanguage) -> ItemBatcher:
    attributes = read_fields(value, place, batcher_shape(language))
    if isinstance(value, dict):
        for name in BATCH_LIMITS:
            report_conflict(value, place, (name, f"{name}Path"))
        if not any(field.removesuffix("Path") in BATCH_LIMITS for field in value):
            place.error(
                "This object should have at least one of the following fields: "
                f"[{listed(BATCH_LIMITS)}]"
            )
    return ItemBatcher(**attributes)


@cache
def writer_shape(language: QueryLanguage) -> Shape:
    """What a ResultWriter may have."""
    table: Table = {
        "Resource": Field(_service(_WRITERS), "resource"),
        "WriterConfig": Field(_read_writer_config, "config"),
        **_payload(language),
    }
    return Shape(table, "a ResultWriter", language, _foreign(language))


def _read_writer(value: Json, place: Place, language: QueryLanguage) -> ResultWriter:
    attributes = read_fields(value, place, writer_shape(language))
    config = attributes.pop("config", {})
    if isinstance(value, dict):
        _check_writer(value, place, "Arguments" if language == "JSONata" else "Parameters")
    return ResultWriter(**attributes, **config)


def _check_writer(value: Mapping[str, Json], place: Place, payload: str) -> None:
    """AWS: a writer exports to what its payload names, transforms the results, or does both."""
    names = ("Resource", "WriterConfig")
    if "Resource" in value:
        report_missing(value, place, [payload])
    elif payload in value:
        report_missing(value, place, ["Resource"])
    elif "WriterConfig" not in value:
        place.error(
            f"This object should have at least one of the following fields: [{listed(names)}]"
        )


def _read_writer_config(value: Json, place: Place) -> dict[str, Any]:
    return read_fields(value, place, WRITER_CONFIG)


def _read_label(value: Json, place: Place) -> Json:
    if not isinstance(value, str):
        place.wrong(value, "[STRING]")
    elif len(value) > LONGEST_LABEL:
        place.error(
            f"The label name '{value}' exceeds the {LONGEST_LABEL}-character limit allowed by the "
            "service",
            f"it has {len(value)}",
            code=INVALID_LABEL_NAME,
        )
    elif not value or not _NOT_IN_LABELS.isdisjoint(value):
        place.error(
            f"The label name '{value}' is invalid",
            "it must not contain spaces, wildcards, brackets or special characters",
            code=INVALID_LABEL_NAME,
        )
    elif place.report.labels.setdefault(value, place.pointer) != place.pointer:
        place.error(
            f"Duplicate Label name: {value}",
            f"{place.report.labels[value]} has it",
            code=DUPLICATE_LABEL_NAME,
        )
    return value


def _service(actions: tuple[str, ...]) -> Reader:
    """Reads the ARN of one of these actions."""

    def read(value: Json, place: Place) -> Json:
        parts = value.split(":", 5) if isinstance(value, str) else []
        if len(parts) != 6 or parts[2] != "states" or parts[5] not in actions:
            examples = listed(f"arn:aws:states:::{action}" for action in actions)
            place.error(
                "The field 'Resource' does not match any of the allowed values. "
                f"Examples: [{examples}]",
                f"it is {shown(value)}",
            )
        return value

    return read


WRITER_CONFIG: Final = Shape(
    {
        "Transformation": Field(one_of("NONE", "COMPACT", "FLATTEN"), "transformation"),
        "OutputType": Field(one_of("JSON", "JSONL"), "output_type"),
    },
    "a WriterConfig",
)
PROCESSOR_CONFIG: Final = Shape(
    {
        "Mode": Field(one_of("INLINE", "DISTRIBUTED"), "mode"),
        "ExecutionType": Field(one_of("STANDARD", "EXPRESS"), "execution_type"),
        "Comment": Field(anything),
    },
    "a ProcessorConfig",
)
