"""A mocked Map: its items, what it tolerates, and what the inspection data tells of them."""

import pytest

from asw.asl.values import Json
from tests.unit.teststate.requests import ITEMS, a_map, answer, failing, refusal

EXCEEDED = "States.ExceedToleratedFailureThreshold"
RESULT = {"result": "[0, 0, 1]"}
READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "JSON"},
    "Parameters": {"Bucket": "b", "Key": "k"},
}


def inspection(definition: Json, **parameters: Json) -> dict[str, Json]:
    """The inspection data of a Map over three items."""
    given = {"input": ITEMS, "mock": RESULT, **parameters}
    found: dict[str, Json] = answer(definition, **given)["inspectionData"]
    return found


@pytest.mark.parametrize(
    ("bounds", "failed", "is_exceeded"),
    [
        ({}, 3, False),
        ({"ToleratedFailureCount": 1}, 1, False),
        ({"ToleratedFailureCount": 1}, 2, True),
        ({"ToleratedFailurePercentage": 50}, 1, False),
        ({"ToleratedFailurePercentage": 50}, 2, True),
        ({"ToleratedFailureCount": 3, "ToleratedFailurePercentage": 10}, 1, True),
    ],
    ids=["no bound", "count kept", "count", "percentage kept", "percentage", "the lesser"],
)
def test_threshold(bounds: dict[str, Json], failed: int, is_exceeded: bool) -> None:
    """A Map fails when more iterations failed than a bound that it names tolerates."""
    given = {"mapIterationFailureCount": failed}
    seen = answer(a_map(**bounds), input=ITEMS, mock=RESULT, stateConfiguration=given)
    assert seen["status"] == ("FAILED" if is_exceeded else "SUCCEEDED")
    assert seen.get("error") == (EXCEEDED if is_exceeded else None)


def test_mocked_error_within_bounds() -> None:
    """Within its bounds the Map fails with the error that is mocked."""
    given = {"mapIterationFailureCount": 1, "errorCausedByState": "One"}
    seen = answer(
        a_map(ToleratedFailureCount=1),
        input=ITEMS,
        mock=failing("Broken", "why"),
        stateConfiguration=given,
    )
    assert (seen["status"], seen["error"], seen["cause"]) == ("FAILED", "Broken", "why")


@pytest.mark.parametrize(
    ("mock", "failed", "message"),
    [
        (
            RESULT,
            4,
            (
                "Map iteration failure count must be less than or equal to the number of Map "
                "iterations."
            ),
        ),
        ({"result": "[1]"}, 0, "Input array does not equal the mocked result array's size."),
    ],
    ids=["failures", "results"],
)
def test_wrong_numbers(mock: Json, failed: int, message: str) -> None:
    """There are no more failures than iterations, and as many results."""
    given = {"mapIterationFailureCount": failed}
    found = refusal(a_map(), input=ITEMS, mock=mock, stateConfiguration=given)
    assert found == ("ValidationException", message)


def test_results_of_the_others() -> None:
    """The mocked result may leave out the iterations that failed."""
    given = {"mapIterationFailureCount": 2}
    seen = answer(a_map(), input=ITEMS, mock={"result": "[1]"}, stateConfiguration=given)
    assert seen["output"] == [1]


def test_items_in_the_inspection_data() -> None:
    """A Map tells its items and its bounds, but not the result of its work."""
    assert inspection(a_map(ToleratedFailurePercentage=50)) == {
        "input": ITEMS,
        "afterInputPath": ITEMS,
        "afterItemsPath": [1, 2, 3],
        "maxConcurrency": 0,
        "toleratedFailurePercentage": 50.0,
        "afterResultSelector": [0, 0, 1],
        "afterResultPath": [0, 0, 1],
    }


def test_selected_and_batched_items() -> None:
    """ItemSelector and ItemBatcher show what each iteration would get."""
    selector = {"n.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index"}
    found = inspection(
        a_map(ItemSelector=selector, ItemBatcher={"MaxItemsPerBatch": 2}),
        mock={"result": "[1, 2]"},
    )
    selected = [{"n": 1, "at": 0}, {"n": 2, "at": 1}, {"n": 3, "at": 2}]
    assert found["afterItemSelector"] == selected
    assert found["afterItemBatcher"] == [{"Items": selected[:2]}, {"Items": selected[2:]}]


@pytest.mark.parametrize(
    ("path", "told"),
    [("$.items[0]", "$.items[0]"), ("$$.State", "$.State")],
    ids=["input", "context object"],
)
def test_no_array(path: str, told: str) -> None:
    """A Map over what is no array fails, and tells the stages before."""
    seen = answer(a_map(mode="INLINE", ItemsPath=path), input=ITEMS, mock=RESULT)
    assert (seen["status"], seen["error"]) == ("FAILED", "States.Runtime")
    assert seen["cause"] == f'Reference path "{told}" must point to array.'
    assert set(seen["inspectionData"]) == {"input", "afterInputPath"}


def test_missing_items() -> None:
    """A Map whose items are not there fails."""
    seen = answer(a_map(ItemsPath="$.nothing"), input=ITEMS, mock=RESULT)
    assert (seen["status"], seen["error"]) == ("FAILED", "States.Runtime")


def test_jsonata_bounds() -> None:
    """JSONata's bounds are told as what they are worth."""
    definition = a_map(
        QueryLanguage="JSONata",
        Items="{% $states.input.items %}",
        MaxConcurrency="{% 1 + 1 %}",
        ToleratedFailureCount="{% 1 %}",
    )
    del definition["ItemsPath"]
    assert inspection(definition) == {
        "input": ITEMS,
        "maxConcurrency": 2,
        "toleratedFailureCount": 1,
    }


@pytest.mark.parametrize(
    ("config", "data", "stage"),
    [
        ({"InputType": "JSON"}, "[1, 2, 3]", "afterItemsPath"),
        ({"InputType": "JSON", "ItemsPointer": "/all"}, '{"all": [1, 2, 3]}', "afterItemsPointer"),
        ({"InputType": "JSONL"}, "1\n2\n3\n", "afterItemsPath"),
    ],
    ids=["JSON", "pointer", "lines"],
)
def test_reader_data(config: Json, data: str, stage: str) -> None:
    """The items of an ItemReader are in the data that the test gives in its stead."""
    definition = a_map(ItemReader={**READER, "ReaderConfig": config})
    found = inspection(definition, stateConfiguration={"mapItemReaderData": data})
    assert found[stage] == [1, 2, 3]


LIST = "arn:aws:states:::s3:listObjectsV2"


@pytest.mark.parametrize(
    ("reader", "data", "items"),
    [
        ({"Resource": LIST}, '[{"Key": "a"}, {"Key": "b"}, {"Key": "c"}]', ["a", "b", "c"]),
        (
            {
                "Resource": LIST,
                "ReaderConfig": {"InputType": "CSV", "Transformation": "LOAD_AND_FLATTEN"},
            },
            "Key\na\nb\nc\n",
            ["a", "b", "c"],
        ),
        (
            {**READER, "ReaderConfig": {"InputType": "JSON", "MaxItems": 3}},
            [{"Key": name} for name in "abcd"],
            ["a", "b", "c"],
        ),
    ],
    ids=["listed objects", "loaded objects", "MaxItems"],
)
def test_kinds_of_reader_data(reader: dict[str, Json], data: Json, items: list[str]) -> None:
    """The data is what the reader finds at its source: a listing, or the objects' content."""
    definition = a_map(ItemReader={"Parameters": READER["Parameters"], **reader})
    found = inspection(definition, stateConfiguration={"mapItemReaderData": data})
    assert [item["Key"] for item in found["afterItemsPath"]] == items


def test_wrong_reader_data() -> None:
    """Data that the reader cannot read fails the Map as it does in an execution."""
    given = {"mapItemReaderData": "1"}
    seen = answer(a_map(ItemReader=READER), mock=RESULT, stateConfiguration=given)
    assert (seen["status"], seen["error"]) == ("FAILED", "States.ItemReaderFailed")


def test_no_reader_data() -> None:
    """An ItemReader without data is refused."""
    found = refusal(a_map(ItemReader=READER), input=ITEMS, mock=RESULT)
    message = (
        "ItemReader data must be specified when testing a Map state with ItemReader specified."
    )
    assert found == ("ValidationException", message)
