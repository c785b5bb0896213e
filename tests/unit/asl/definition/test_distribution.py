"""Tests of ``asw.asl.definition.distribution``: what only a distributed Map has."""

import pytest

from asw.asl.model import (
    Distribution,
    Expression,
    ItemBatcher,
    ItemReader,
    ReaderConfig,
    ResultWriter,
)
from tests.unit.asl.definitions import a_machine, a_map, a_pass, only_state, problems, told

FAILED = "SCHEMA_VALIDATION_FAILED"
S = "/States/S"
GET = "arn:aws:states:::s3:getObject"
LIST = "arn:aws:states:::s3:listObjectsV2"
PUT = "arn:aws:states:::s3:putObject"


def _distributed(inner="Inner", **fields):
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    return a_map(
        ItemProcessor={"ProcessorConfig": config, **a_machine(**{inner: a_pass()})}, **fields
    )


def _reading(**config):
    return _distributed(ItemReader={"Resource": GET, "ReaderConfig": config})


def test_every_field_reaches_the_model():
    """Reader, batcher and writer become values, their paths and templates as written."""
    state = _distributed(
        Label="orders",
        ItemReader={
            "Resource": GET,
            "Parameters": {"Bucket": "b", "Key.$": "$.key"},
            "ReaderConfig": {
                "InputType": "CSV",
                "CSVHeaderLocation": "GIVEN",
                "CSVHeaders": ["a", "b"],
                "CSVDelimiter": "TAB",
                "MaxItems": 10,
            },
        },
        ItemBatcher={
            "MaxItemsPerBatchPath": "$.n",
            "MaxInputBytesPerBatch": 1024,
            "BatchInput": {"x.$": "$.x"},
        },
        ResultWriter={
            "Resource": PUT,
            "Parameters": {"Bucket": "b"},
            "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"},
        },
    )
    assert only_state(state).distribution == Distribution(
        execution_type="EXPRESS",
        label="orders",
        item_reader=ItemReader(
            resource=GET,
            parameters={"Bucket": "b", "Key.$": "$.key"},
            config=ReaderConfig(
                input_type="CSV",
                csv_header_location="GIVEN",
                csv_headers=("a", "b"),
                csv_delimiter="TAB",
                max_items=10,
            ),
        ),
        item_batcher=ItemBatcher(max_items_path="$.n", max_bytes=1024, batch_input={"x.$": "$.x"}),
        result_writer=ResultWriter(
            resource=PUT, parameters={"Bucket": "b"}, transformation="FLATTEN", output_type="JSONL"
        ),
    )


def test_jsonata_has_arguments_and_expressions():
    """Numbers may be expressions there, and Arguments takes the place of Parameters."""
    state = _distributed(
        QueryLanguage="JSONata",
        Items="{% $states.input.list %}",
        ItemReader={
            "Resource": LIST,
            "Arguments": "{% $states.input.where %}",
            "ReaderConfig": {"MaxItems": "{% 5 + 5 %}"},
        },
        ItemBatcher={"MaxItemsPerBatch": "{% 2 %}", "BatchInput": "{% $states.input %}"},
        ResultWriter={"Resource": PUT, "Arguments": {"Bucket": "{% 'b' %}"}},
    )
    read = only_state(state)
    assert read.items == Expression("$states.input.list")
    assert read.distribution.item_reader == ItemReader(
        resource=LIST,
        parameters="{% $states.input.where %}",
        config=ReaderConfig(max_items=Expression("5 + 5")),
    )
    assert read.distribution.item_batcher == ItemBatcher(
        max_items=Expression("2"), batch_input="{% $states.input %}"
    )
    assert read.distribution.result_writer.parameters == {"Bucket": "{% 'b' %}"}


def test_tcsl_documents_no_distributed_map():
    """It works there too, with a warning."""
    assert [(code, path) for code, path in told(_distributed(), "TCSL") if "Mode" in path] == [
        ("BeyondDialect", f"{S}/ItemProcessor/ProcessorConfig/Mode")
    ]


def test_an_inline_map_has_no_distribution():
    """Tolerated failures are for both modes."""
    assert only_state(a_map(ToleratedFailureCount=1)).distribution is None
    assert only_state(_distributed()).distribution == Distribution(execution_type="EXPRESS")


@pytest.mark.parametrize("field", ["Label", "ItemReader", "ItemBatcher", "ResultWriter"])
def test_fields_of_a_distributed_map(field):
    """An inline Map is told which mode has them."""
    valid = {
        "Label": "x",
        "ItemReader": {"Resource": GET},
        "ItemBatcher": {"MaxItemsPerBatch": 1},
        "ResultWriter": {"Resource": PUT, "Parameters": {"Bucket": "b"}},
    }
    assert told(_distributed(**{field: valid[field]})) == []
    [problem] = problems(a_map(**{field: valid[field]}))
    assert problem.message == (
        f"Field '{field}' is not supported: "
        "only a Map whose ProcessorConfig has Mode DISTRIBUTED has it"
    )


@pytest.mark.parametrize(
    ("state", "path", "summary"),
    [
        (
            _distributed(ItemReader={"Resource": PUT}),
            "/ItemReader/Resource",
            (
                "The field 'Resource' does not match any of the allowed values. Examples: "
                f"[{GET}, {LIST}]"
            ),
        ),
        (_distributed(ItemReader={}), "/ItemReader", "These fields are required: [Resource]"),
        (
            _distributed(ItemReader={"Resource": GET, "Arguments": {}}),
            "/ItemReader/Arguments",
            (
                "The QueryLanguage is set to 'JSONPath', but field 'Arguments' is only supported "
                "for the 'JSONata' QueryLanguage"
            ),
        ),
        (
            _reading(InputType="XML"),
            "/ItemReader/ReaderConfig/InputType",
            (
                "The field 'InputType' should have one of these values: "
                "[MANIFEST, JSON, CSV, JSONL, PARQUET]"
            ),
        ),
        (
            _reading(InputType="CSV"),
            "/ItemReader/ReaderConfig",
            "The field 'CSVHeaderLocation' is required but was missing",
        ),
        (
            _reading(InputType="CSV", CSVHeaderLocation="GIVEN"),
            "/ItemReader/ReaderConfig",
            "These fields are required: [CSVHeaders]",
        ),
        (
            _reading(InputType="JSON", CSVDelimiter="TAB"),
            "/ItemReader/ReaderConfig/CSVDelimiter",
            "Field 'CSVDelimiter' is not supported",
        ),
        (
            _reading(MaxItems=100_000_001),
            "/ItemReader/ReaderConfig/MaxItems",
            "Maximum value is 100000000",
        ),
        (_reading(MaxItems=-1), "/ItemReader/ReaderConfig/MaxItems", "Minimum value is 0"),
        (
            _reading(MaxItems=1, MaxItemsPath="$.n"),
            "/ItemReader/ReaderConfig",
            "There should only be one of the following fields: [MaxItems, MaxItemsPath]",
        ),
        (
            _reading(ItemsPointer="data"),
            "/ItemReader/ReaderConfig/ItemsPointer",
            "'data' is not a JSON Pointer",
        ),
        (
            _distributed(ItemBatcher={"BatchInput": {}}),
            "/ItemBatcher",
            (
                "This object should have at least one of the following fields: "
                "[MaxItemsPerBatch, MaxInputBytesPerBatch]"
            ),
        ),
        (
            _distributed(ItemBatcher={"MaxInputBytesPerBatch": 262_145}),
            "/ItemBatcher/MaxInputBytesPerBatch",
            "Maximum value is 262144",
        ),
        (
            _distributed(ResultWriter={}),
            "/ResultWriter",
            (
                "This object should have at least one of the following fields: "
                "[Resource, WriterConfig]"
            ),
        ),
        (
            _distributed(ResultWriter={"Resource": 5, "Parameters": {}}),
            "/ResultWriter/Resource",
            f"The field 'Resource' does not match any of the allowed values. Examples: [{PUT}]",
        ),
        (
            _distributed(ResultWriter={"Resource": PUT}),
            "/ResultWriter",
            "These fields are required: [Parameters]",
        ),
        (
            _distributed(ResultWriter={"Parameters": {"Bucket": "b"}, "WriterConfig": {}}),
            "/ResultWriter",
            "These fields are required: [Resource]",
        ),
        (
            _distributed(QueryLanguage="JSONata", ResultWriter={"Resource": PUT}),
            "/ResultWriter",
            "These fields are required: [Arguments]",
        ),
        (
            _distributed(ResultWriter={"WriterConfig": {"OutputType": "XML"}}),
            "/ResultWriter/WriterConfig/OutputType",
            "Value should be one of the following: [JSON, JSONL]",
        ),
        (
            _distributed(QueryLanguage="JSONata", ItemBatcher={"MaxItemsPerBatchPath": "$.n"}),
            "/ItemBatcher/MaxItemsPerBatchPath",
            (
                "The QueryLanguage is set to 'JSONata', but field 'MaxItemsPerBatchPath' is only "
                "supported for the 'JSONPath' QueryLanguage"
            ),
        ),
    ],
)
def test_parts_are_checked(state, path, summary):
    """Each part has its fields, its ranges and what goes together, in AWS's words."""
    [problem] = problems(state)
    assert (problem.code, problem.path, problem.summary) == (FAILED, f"{S}{path}", summary)


def test_parquet_is_missing():
    """AWS reads it; here it is told as not there yet."""
    assert told(_reading(InputType="PARQUET")) == [
        ("NotSupported", f"{S}/ItemReader/ReaderConfig/InputType")
    ]


def test_listed_objects_may_have_headers_of_their_own():
    """LOAD_AND_FLATTEN reads many objects, each with its first row."""
    assert told(_reading(InputType="CSV", Transformation="LOAD_AND_FLATTEN")) == []


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("x" * 40, []),
        ("x" * 41, ["INVALID_LABEL_NAME"]),
        ("a b", ["INVALID_LABEL_NAME"]),
        ("a*", ["INVALID_LABEL_NAME"]),
        ("", ["INVALID_LABEL_NAME"]),
        (5, [FAILED]),
    ],
)
def test_labels_are_names(label, code):
    """At most 40 characters, none of those that names of executions cannot have."""
    assert [it for it, _ in told(_distributed(Label=label))] == code


def test_labels_are_unique():
    """Two Maps of a machine have two Labels, since runs are named after them."""
    first = _distributed("One", Label="x", Next="B")
    del first["End"]
    [problem] = problems(a_machine(A=first, B=_distributed("Two", Label="x")))
    assert (problem.code, problem.summary) == ("DUPLICATE_LABEL_NAME", "Duplicate Label name: x")
    assert (problem.path, problem.hint) == ("/States/B/Label", "/States/A/Label has it")
