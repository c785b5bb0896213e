"""What children gave: in files as AWS writes them, or in the form that WriterConfig asks for."""

import json

import pytest

from asw.asl.errors import RESULT_WRITER_FAILED, Failure, StatesError
from asw.asl.model import ResultWriter
from asw.engine.items import ChildResult, Writing, result_files, shape_results, write_results
from tests.conformance.objects import Objects

ACCOUNT = "arn:aws:states:us-east-1:123456789012"
RUN = f"{ACCOUNT}:mapRun:orders/Ship:11111111-2222"
GOOD = ChildResult(index=0, name="c0", status="SUCCEEDED", input={"n": 0}, output=[1, 2])
PLAIN = ChildResult(index=1, name="c1", status="SUCCEEDED", input={"n": 1}, output="x")
BAD = ChildResult(index=2, name="c2", status="FAILED", input={"n": 2}, error="E", cause="why")
MUTE = ChildResult(index=3, name="c3", status="FAILED", input={"n": 3})
LATER = ChildResult(index=4, name="c4", status="PENDING", input={"n": 4})

GOOD_TOLD = {
    "ExecutionArn": f"{ACCOUNT}:execution:orders/Ship:c0",
    "Input": '{"n":0}',
    "InputDetails": {"Included": True},
    "Name": "c0",
    "Output": "[1,2]",
    "OutputDetails": {"Included": True},
    "RedriveCount": 0,
    "RedriveStatus": "NOT_REDRIVABLE",
    "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
    "StateMachineArn": f"{ACCOUNT}:stateMachine:orders/Ship",
    "Status": "SUCCEEDED",
}
BAD_TOLD = {
    "Cause": "why",
    "Error": "E",
    "ExecutionArn": f"{ACCOUNT}:execution:orders/Ship:c2",
    "Input": '{"n":2}',
    "InputDetails": {"Included": True},
    "Name": "c2",
    "OutputDetails": {"Included": True},
    "RedriveCount": 0,
    "RedriveStatus": "REDRIVABLE_BY_MAP_RUN",
    "StateMachineArn": f"{ACCOUNT}:stateMachine:orders/Ship",
    "Status": "FAILED",
}


def writer(transformation=None, output_type="JSON"):
    return ResultWriter(
        resource="arn:aws:states:::s3:putObject",
        transformation=transformation,
        output_type=output_type,
    )


@pytest.fixture
def store():
    """A store with the empty bucket ``b``."""
    return Objects([{"bucket": "b", "key": "x", "body": ""}])


def write(store, *results, how=None, parameters=None):
    return write_results(
        Writing(
            writer=how or writer(),
            parameters={"Bucket": "b", "Prefix": "out"} if parameters is None else parameters,
            results=results,
            map_run_arn=RUN,
        ),
        store,
    )


def read(store, name):
    return json.loads(store.get("b", f"out/11111111-2222/{name}"))


def test_result_names_the_manifest(store):
    """The Map's result is the address of the manifest, in a folder of the Map Run's own."""
    assert write(store, GOOD) == {
        "MapRunArn": RUN,
        "ResultWriterDetails": {"Bucket": "b", "Key": "out/11111111-2222/manifest.json"},
    }


def test_manifest_names_the_files(store):
    """One file a status that occurs, each with its size in bytes; compact, as AWS writes it."""
    write(store, GOOD, BAD)
    sizes = [
        len(store.get("b", f"out/11111111-2222/{status}_0.json"))
        for status in ("FAILED", "SUCCEEDED")
    ]
    assert store.get("b", "out/11111111-2222/manifest.json").decode() == (
        f'{{"DestinationBucket":"b","MapRunArn":"{RUN}","ResultFiles":{{'
        f'"FAILED":[{{"Key":"out/11111111-2222/FAILED_0.json","Size":{sizes[0]}}}],'
        '"PENDING":[],'
        f'"SUCCEEDED":[{{"Key":"out/11111111-2222/SUCCEEDED_0.json","Size":{sizes[1]}}}]}}}}'
    )
    assert [it.key.rpartition("/")[2] for it in store.list("b", "out/")] == [
        "FAILED_0.json",
        "SUCCEEDED_0.json",
        "manifest.json",
    ]


def test_records_of_children(store):
    """NONE: all that is known of each child, payloads as JSON text, fields in alphabetic order."""
    write(store, GOOD, BAD, LATER)
    assert read(store, "SUCCEEDED_0.json") == [GOOD_TOLD]
    assert read(store, "FAILED_0.json") == [BAD_TOLD]
    assert read(store, "PENDING_0.json") == [
        {"Input": '{"n":4}', "InputDetails": {"Included": True}, "Status": "PENDING"}
    ]
    for file in ("SUCCEEDED_0.json", "FAILED_0.json", "PENDING_0.json"):
        (record,) = read(store, file)
        assert list(record) == sorted(record)


def test_failure_without_words(store):
    """A child that failed without error and cause has neither field."""
    write(store, MUTE)
    (record,) = read(store, "FAILED_0.json")
    assert record.keys() == BAD_TOLD.keys() - {"Error", "Cause"}


def test_no_children_no_files(store):
    """The manifest alone is written."""
    write(store)
    assert read(store, "manifest.json")["ResultFiles"] == {
        "FAILED": [],
        "PENDING": [],
        "SUCCEEDED": [],
    }


@pytest.mark.parametrize(
    ("transformation", "lines"),
    [
        ("NONE", [GOOD_TOLD]),
        ("COMPACT", [[1, 2]]),
        ("FLATTEN", [1, 2]),
    ],
)
def test_lines(store, transformation, lines):
    """JSONL: a result a line, the last one ended too, in files of that ending."""
    write(store, GOOD, how=writer(transformation, "JSONL"))
    text = store.get("b", "out/11111111-2222/SUCCEEDED_0.jsonl").decode()
    assert text.endswith("\n")
    assert [json.loads(line) for line in text.splitlines()] == lines


@pytest.mark.parametrize("transformation", ["COMPACT", "FLATTEN"])
def test_failures_are_told_in_full(store, transformation):
    """A failed child is told of as by NONE, whatever the transformation."""
    write(store, BAD, how=writer(transformation))
    assert read(store, "FAILED_0.json") == [BAD_TOLD]


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"Bucket": "b"}, "11111111-2222/manifest.json"),
        ({"Bucket": "b", "Prefix": ""}, "11111111-2222/manifest.json"),
        ({"Bucket": "b", "Prefix": "p/q"}, "p/q/11111111-2222/manifest.json"),
        ({"Bucket": "b", "Prefix": "p/q/"}, "p/q/11111111-2222/manifest.json"),
    ],
    ids=["no prefix", "empty prefix", "prefix", "prefix with a slash"],
)
def test_places(store, parameters, key):
    """Files lie below the prefix, with one slash between."""
    assert write(store, GOOD, parameters=parameters)["ResultWriterDetails"]["Key"] == key
    assert store.get("b", key)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"Bucket": 1}, {"Bucket": "b", "Prefix": 1}, [], None],
    ids=json.dumps,
)
def test_places_that_are_none(store, parameters):
    """Without a bucket, or with a prefix that is not a string, the Map fails."""
    writing = Writing(writer=writer(), parameters=parameters, results=(), map_run_arn=RUN)
    with pytest.raises(StatesError, match=RESULT_WRITER_FAILED):
        write_results(writing, store)


class Missing(Objects):
    """A store without buckets, also for those who write."""

    def put(self, bucket, key, body):
        """As if it had to be there."""
        self.get(bucket, key)


def test_bucket_that_is_not_there():
    """What the store says becomes the cause."""
    with pytest.raises(StatesError) as raised:
        write(Missing([]), GOOD)
    assert raised.value.failure == Failure(
        RESULT_WRITER_FAILED, "The specified bucket does not exist"
    )


def test_half_a_surrogate_pair_is_written(store):
    """JSON can spell what UTF-8 cannot hold."""
    result = ChildResult(index=0, name="c", status="SUCCEEDED", input=1, output="\ud800")
    write(store, result, how=writer("COMPACT"))
    assert read(store, "SUCCEEDED_0.json") == ["?"]


@pytest.mark.parametrize(
    ("transformation", "expected"),
    [
        ("NONE", ["SUCCEEDED", "SUCCEEDED", "FAILED"]),
        ("COMPACT", [[1, 2], "x", BAD_TOLD]),
        ("FLATTEN", [1, 2, "x", BAD_TOLD]),
    ],
)
def test_results_that_stay_in_the_state(transformation, expected):
    """WriterConfig alone writes nothing: the Map's result takes its form, in the items' order."""
    how = ResultWriter(transformation=transformation)
    shaped = shape_results(how, [GOOD, PLAIN, BAD], RUN)
    told = [it["Status"] for it in shaped] if transformation == "NONE" else shaped
    assert told == expected


@pytest.mark.parametrize("output_type", ["JSON", "JSONL"])
@pytest.mark.parametrize("transformation", [None, "FLATTEN"])
def test_a_file_is_followed_by_another_before_it_gets_too_large(output_type, transformation):
    """All results are in the files that the manifest names, in their order, with their sizes."""
    results = tuple(
        ChildResult(index=n, name=f"c{n}", status="SUCCEEDED", input=n, output=["é" * 20, n])
        for n in range(50)
    )
    asked = Writing(
        writer=writer(transformation, output_type),
        parameters={"Bucket": "b", "Prefix": "p"},
        results=results,
        map_run_arn=RUN,
    )
    ((whole, _),) = [(it.body, it.key) for it in result_files(asked) if "SUCCEEDED" in it.key]
    *files, manifest = result_files(asked, 1000)
    assert len(files) > 2
    assert max(len(it.body) for it in files) <= 1000
    named = json.loads(manifest.body)["ResultFiles"]["SUCCEEDED"]
    assert named == [{"Key": it.key, "Size": len(it.body)} for it in files]
    assert [it.key[-8:].split("_")[-1].split(".")[0] for it in files][:3] == ["0", "1", "2"]
    if output_type == "JSONL":
        assert b"".join(it.body for it in files) == whole
    else:
        assert [one for it in files for one in json.loads(it.body)] == json.loads(whole)


def test_a_result_that_is_larger_than_a_file_has_one_to_itself():
    """Nothing is cut, and no file is empty."""
    large = ChildResult(index=0, name="c", status="SUCCEEDED", input=0, output="x" * 500)
    asked = Writing(
        writer=writer("COMPACT"),
        parameters={"Bucket": "b"},
        results=(large, GOOD, large),
        map_run_arn=RUN,
    )
    *files, _ = result_files(asked, 100)
    assert [json.loads(it.body) for it in files] == [["x" * 500], [[1, 2]], ["x" * 500]]
