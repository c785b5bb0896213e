"""What an ItemReader makes of objects, and an ItemBatcher of items."""

import gzip
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.errors import ITEM_READER_FAILED, Failure, StatesError
from asw.asl.model import ReaderConfig
from asw.asl.values import ABSENT, to_text
from asw.engine.items import Reading, batch_items, read_items
from asw.engine.items.reading import LONGEST_FIELD
from tests.conformance.objects import Objects

GET, LIST = "arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2"
CSV = ReaderConfig(input_type="CSV", csv_header_location="FIRST_ROW")
JSON = ReaderConfig(input_type="JSON")
JSONL = ReaderConfig(input_type="JSONL")
INVENTORY = ReaderConfig(input_type="MANIFEST", manifest_type="S3_INVENTORY")
KEY = "data"


def objects(**bodies):
    """A store with the bucket ``b``; double underscores stand for the slashes of keys."""
    store = Objects([])
    for key, body in bodies.items():
        store.put("b", key.replace("__", "/"), body if isinstance(body, bytes) else body.encode())
    return store


def read(store, config, *, resource=GET, max_items=None, **parameters):
    parameters = {"Bucket": "b", **(parameters or {"Key": KEY})}
    reading = Reading(resource=resource, parameters=parameters, config=config, max_items=max_items)
    return read_items(reading, store)


def read_one(body, config, **more):
    return read(objects(**{KEY: body}), config, **more)


def failure(call, *args, **more):
    with pytest.raises(StatesError) as raised:
        call(*args, **more)
    return raised.value.failure


def ends_well(body, config):
    """Whether the body has items that are JSON, or fails as an ItemReader fails."""
    try:
        return bool(json.dumps(read_one(body, config), allow_nan=False))
    except StatesError as error:
        return error.failure.error == ITEM_READER_FAILED


def delimited(name):
    return ReaderConfig(input_type="CSV", csv_header_location="FIRST_ROW", csv_delimiter=name)


@pytest.mark.parametrize(
    ("body", "items"),
    [
        ("", []),
        ("a,b\n", []),
        ("a,b\n1,2\n", [{"a": "1", "b": "2"}]),
        ("a,b\n1,2", [{"a": "1", "b": "2"}]),
        ("a,b\r\n1,2\r\n", [{"a": "1", "b": "2"}]),
        ("a,b\n1\n", [{"a": "1", "b": ""}]),
        ("a,b\n1,2,3\n", [{"a": "1", "b": "2"}]),
        ("a,b\n,\n", [{"a": "", "b": ""}]),
        ("a,b\n  \n", [{"a": "  ", "b": ""}]),
        ("a,b\n\n1,2\n", [{"a": "1", "b": "2"}]),
        ('a,b\n"x, y","say ""hi"""\n', [{"a": "x, y", "b": 'say "hi"'}]),
        ('a,b\n"one\ntwo",2\n', [{"a": "one\ntwo", "b": "2"}]),
        ("名,b\n值,2\n", [{"名": "值", "b": "2"}]),
        ("\ufeffa,b\n1,2\n", [{"a": "1", "b": "2"}]),
    ],
    ids=[
        "nothing",
        "headers alone",
        "a row",
        "no last line feed",
        "carriage returns",
        "short row",
        "long row",
        "empty fields",
        "blanks",
        "empty line",
        "quotes",
        "line feed in quotes",
        "Chinese",
        "byte order mark",
    ],
)
def test_rows_of_csv(body, items):
    """Every row is an object of strings by the headers; what a row lacks is empty."""
    assert read_one(body, CSV) == items


@pytest.mark.parametrize(
    ("name", "character"),
    [("COMMA", ","), ("PIPE", "|"), ("SEMICOLON", ";"), ("SPACE", " "), ("TAB", "\t")],
)
def test_csv_delimiters(name, character):
    """AWS's five delimiters; another one is a character like any."""
    body = f"a{character}b\n1.5:x{character}2\n"
    assert read_one(body, delimited(name)) == [{"a": "1.5:x", "b": "2"}]


def test_given_headers_leave_the_first_row_an_item():
    """CSVHeaderLocation GIVEN: the definition has the headers, all rows are items."""
    given_headers = ReaderConfig(
        input_type="CSV", csv_header_location="GIVEN", csv_headers=("H1", "H2")
    )
    assert read_one("1,2\n", given_headers) == [{"H1": "1", "H2": "2"}]


@pytest.mark.parametrize(
    ("body", "config", "items"),
    [
        ("[1, [2], null]", JSON, [1, [2], None]),
        ("[]", JSON, []),
        ('{"a": {"b": [1]}}', ReaderConfig(input_type="JSON", items_pointer="/a/b"), [1]),
        ("[[1], [2]]", ReaderConfig(input_type="JSON", items_pointer="/1"), [2]),
        ('{"a/b": {"~": [1]}}', ReaderConfig(input_type="JSON", items_pointer="/a~1b/~0"), [1]),
        ('{"": [1]}', ReaderConfig(input_type="JSON", items_pointer="/"), [1]),
        ("[1]", ReaderConfig(input_type="JSON", items_pointer=""), [1]),
        (
            '{"a": {"x": 1, "y": 2}}',
            ReaderConfig(input_type="JSON", items_pointer="/a"),
            [{"Key": "x", "Value": 1}, {"Key": "y", "Value": 2}],
        ),
        ('{"a": 1}\n\n[2]\r\n3\n', JSONL, [{"a": 1}, [2], 3]),
        ('"a\u2028b"\n"c\x85d"\n', JSONL, ["a\u2028b", "c\x85d"]),
        ("", JSONL, []),
    ],
    ids=[
        "array",
        "empty array",
        "pointer",
        "pointer to an index",
        "escapes",
        "empty name",
        "empty pointer",
        "pairs of an object",
        "lines",
        "separators within strings",
        "no line",
    ],
)
def test_items_of_json(body, config, items):
    """An array's elements, an object's pairs where a pointer leads to it, or one value a line."""
    assert read_one(body, config) == items


@pytest.mark.parametrize(
    ("body", "config", "cause"),
    [
        ("a,a\n", CSV, "CSV headers cannot contain duplicates."),
        ("a,,\n", CSV, "CSV headers cannot contain duplicates."),
        ("a" * 11_000, CSV, "CSV headers cannot be longer than 10240 bytes."),
        ('{"a": 1}', JSON, "Attempting to map over non-iterable node."),
        ("7", JSON, "Attempting to map over non-iterable node."),
        (
            '{"a": 1}',
            ReaderConfig(input_type="JSON", items_pointer="/a"),
            "Attempting to map over non-iterable node.",
        ),
        ("[1", JSON, "The object 'data' is not JSON: "),
        ("[NaN]", JSON, "The object 'data' is not JSON: "),
        ('{"a": 1}\n{', JSONL, "The object 'data' is not JSON: "),
        ("a\n" + "x" * (LONGEST_FIELD + 1), CSV, "The object 'data' is not CSV: "),
        (b"\xff\xfe", CSV, "The object 'data' is neither text in UTF-8 nor gzip of it."),
        (b"\x1f\x8b damaged", CSV, "The object 'data' is neither text in UTF-8 nor gzip of it."),
        (
            b"PAR1",
            ReaderConfig(input_type="PARQUET"),
            "The object 'data' cannot be read as PARQUET",
        ),
        ("[]", INVENTORY, "The object 'data' is not a manifest of S3 Inventory"),
        (
            "s3://b/a",
            ReaderConfig(input_type="CSV", manifest_type="ATHENA_DATA"),
            "The specified key does not exist.",
        ),
        (
            "b/a",
            ReaderConfig(input_type="CSV", manifest_type="ATHENA_DATA"),
            "The manifest 'data' has a line that is not an address",
        ),
    ],
    ids=[
        "the same header twice",
        "two empty headers",
        "long headers",
        "object",
        "number",
        "pointer to a number",
        "half of JSON",
        "not a number",
        "a line of half of JSON",
        "a field without end",
        "no text",
        "no gzip",
        "Parquet",
        "no inventory",
        "missing data file",
        "no address",
    ],
)
def test_what_cannot_be_read(body, config, cause):
    """The Map fails with States.ItemReaderFailed and a cause that names what is wrong."""
    failed = failure(read_one, body, config)
    assert failed.error == ITEM_READER_FAILED
    assert failed.cause.startswith(cause)


@pytest.mark.parametrize(
    "pointer", ["/b", "/a/0", "a", "/l/2", "/l/01", "/l/-", "/l/" + "9" * 5000]
)
def test_pointer_that_leads_nowhere(pointer):
    """AWS's sentence; an index has no leading zeros (RFC 6901)."""
    config = ReaderConfig(input_type="JSON", items_pointer=pointer)
    failed = failure(read_one, '{"a": 1, "l": [1, 2]}', config)
    assert failed == Failure(
        ITEM_READER_FAILED,
        "The provided ReaderConfig.ItemsPointer does not match any valid path "
        "in the JSON structure.",
    )


@pytest.mark.parametrize(
    ("parameters", "cause"),
    [
        ({"Bucket": "none", "Key": KEY}, "The specified bucket does not exist"),
        ({"Key": "none"}, "The specified key does not exist."),
        ({"Key": 7}, "The ItemReader's parameter 'Key' must be a string."),
        ({"Bucket": None, "Key": KEY}, "The ItemReader's parameter 'Bucket' must be a string."),
    ],
    ids=["no bucket", "no object", "key", "bucket"],
)
def test_objects_that_are_not_there(parameters, cause):
    """What the store says becomes the cause."""
    failed = failure(read, objects(data="[]"), JSON, **parameters)
    assert failed == Failure(ITEM_READER_FAILED, cause)


def test_parameters_that_are_no_object():
    """Evaluated parameters may be anything."""
    reading = Reading(resource=GET, parameters=[], config=JSON)
    assert failure(read_items, reading, objects()).error == ITEM_READER_FAILED


@pytest.mark.parametrize(
    ("key", "body"),
    [("data.csv", "a\n1\n"), ("data.JSONL.gz", '{"a": "1"}\n'), ("data.json", '[{"a": "1"}]')],
)
def test_without_an_input_type_the_name_tells(key, body):
    """The ending of the key says how to read the object."""
    store = Objects([])
    store.put("b", key, body.encode())
    assert read(store, ReaderConfig(), Key=key) == [{"a": "1"}]


def test_parquet_is_known_by_its_name():
    """What cannot be read is called what it is."""
    failed = failure(read, objects(**{"a.parquet": b"PAR1"}), ReaderConfig(), Key="a.parquet")
    assert "PARQUET" in failed.cause


def test_gzip_is_unpacked():
    """A body in gzip is read as what it holds."""
    assert read_one(gzip.compress(b"a\n1\n"), CSV) == [{"a": "1"}]


@pytest.mark.parametrize(("most", "count"), [(None, 5), (0, 5), (2, 2), (100_000_000, 5)])
@pytest.mark.parametrize(
    ("body", "config"),
    [("h\n1\n2\n3\n4\n5\n", CSV), ("[1, 2, 3, 4, 5]", JSON), ("1\n2\n3\n4\n5\n", JSONL)],
    ids=["CSV", "JSON", "JSONL"],
)
def test_max_items(body, config, most, count):
    """MaxItems bounds the items; 0 and none mean all."""
    assert len(read_one(body, config, max_items=most)) == count


def test_what_is_beyond_max_items_is_not_read():
    """A fault behind the last item that is wanted does no harm."""
    assert read_one("1\n2\nno JSON\n", JSONL, max_items=2) == [1, 2]


def test_listing():
    """Items are what ListObjectsV2 tells of the objects under the prefix, by key."""
    store = objects(p__b="12", p__a="1", q="")
    items = read(store, ReaderConfig(), resource=LIST, Prefix="p/")
    assert [list(item) for item in items] == [
        ["Etag", "Key", "LastModified", "Size", "StorageClass"]
    ] * 2
    assert [(it["Key"], it["Size"], it["StorageClass"]) for it in items] == [
        ("p/a", 1, "STANDARD"),
        ("p/b", 2, "STANDARD"),
    ]
    assert all(isinstance(it["LastModified"], int) for it in items)
    assert items[0]["Etag"] == '"c4ca4238a0b923820dcc509a6f75849b"'


def test_listing_without_a_prefix():
    """The whole bucket, MaxItems of it."""
    store = objects(a="", b="", c="")
    items = read(store, ReaderConfig(), resource=LIST, Bucket="b", max_items=2)
    assert [item["Key"] for item in items] == ["a", "b"]


def test_listing_that_is_loaded():
    """LOAD_AND_FLATTEN reads one object after the other; markers of folders are none."""
    config = ReaderConfig(input_type="JSONL", transformation="LOAD_AND_FLATTEN")
    store = objects(**{"p/": "", "p/a": "1\n2\n", "p/b": "3\n", "q": "no JSON"})
    assert read(store, config, resource=LIST, Prefix="p/") == [1, 2, 3]


def manifest(**changes):
    return json.dumps(
        {
            "destinationBucket": "arn:aws:s3:::b",
            "fileFormat": "CSV",
            "fileSchema": "Bucket, Key, Size",
            "files": [{"key": "1.csv.gz", "size": 1}, {"key": "2.csv", "size": 1}],
            **changes,
        }
    )


def test_inventory():
    """The manifest of an S3 inventory names files without headers, and their schema."""
    files = {"1.csv.gz": gzip.compress(b'"x","k, 1","3"\n'), "2.csv": '"x","k2","4"\n'}
    assert read(objects(data=manifest(), **files), INVENTORY) == [
        {"Bucket": "x", "Key": "k, 1", "Size": "3"},
        {"Bucket": "x", "Key": "k2", "Size": "4"},
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"fileFormat": "ORC"},
        {"fileSchema": 1},
        {"files": None},
        {"files": [1]},
        {"destinationBucket": None},
        {"files": [{"key": "none"}]},
    ],
    ids=json.dumps,
)
def test_inventory_that_cannot_be_read(changes):
    """Another format, a manifest of another form and a missing file are told."""
    assert failure(read_one, manifest(**changes), INVENTORY).error == ITEM_READER_FAILED


@pytest.mark.parametrize("quotes", ["", '"'], ids=["plain", "quoted"])
def test_athena_manifest(quotes):
    """Each line is the address of a data file, which is read as the InputType says."""
    addresses = "\n".join(f"{quotes}s3://b/{key}{quotes}" for key in ("x/one two", "x/3"))
    store = objects(data=addresses + "\n", **{"x/one two": gzip.compress(b"1\n2\n"), "x/3": "3\n"})
    config = ReaderConfig(input_type="JSONL", manifest_type="ATHENA_DATA")
    assert read(store, config) == [1, 2, 3]


@given(body=st.binary() | st.text().map(str.encode), config=st.sampled_from([CSV, JSON, JSONL]))
def test_bytes_of_any_kind(body, config):
    """Whatever an object holds, there are items or States.ItemReaderFailed."""
    assert ends_well(body, config)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["files", "key", "fileSchema", "destinationBucket", "fileFormat"]),
                inner,
            )
        ),
    ),
    st.sampled_from([INVENTORY, ReaderConfig(input_type="CSV", manifest_type="ATHENA_DATA")]),
)
def test_manifests_of_any_kind(value, config):
    """A manifest may be any JSON."""
    assert ends_well(json.dumps(value), config)


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2))
)
def test_csv_survives_quoting(rows):
    """Rows whose fields are all quoted are read as they were written (RFC 4180)."""
    lines = (",".join('"' + it.replace('"', '""') + '"' for it in row) for row in rows)
    body = "h1,h2\r\n" + "".join(f"{line}\r\n" for line in lines)
    assert read_one(body, CSV) == [{"h1": one, "h2": other} for one, other in rows]


def batches(items, *, most=None, largest=None, shared=ABSENT):
    return batch_items(items, max_items=most, max_bytes=largest, batch_input=shared)


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (1, [[1], [2], [3]]),
        (2, [[1, 2], [3]]),
        (3, [[1, 2, 3]]),
        (9, [[1, 2, 3]]),
        (None, [[1, 2, 3]]),
    ],
)
def test_batches_by_items(most, expected):
    """MaxItemsPerBatch bounds each batch; the last may have fewer."""
    assert batches([1, 2, 3], most=most) == [{"Items": batch} for batch in expected]


def test_no_items_no_batches():
    """Without items there is nothing to run."""
    assert batches([], most=2) == []


@pytest.mark.parametrize("shared", [None, {"a": 1}, []], ids=["null", "object", "array"])
def test_batch_input_is_in_every_batch(shared):
    """BatchInput stands beside the items, before them as AWS writes it."""
    found = batches([1, 2], most=1, shared=shared)
    assert [list(batch) for batch in found] == [["BatchInput", "Items"]] * 2
    assert [batch["BatchInput"] for batch in found] == [shared, shared]


@pytest.mark.parametrize(
    ("largest", "sizes"),
    [
        (len('{"Items":["aa","bb"]}'), [2, 1]),
        (len('{"Items":["aa","bb"]}') - 1, [1, 1, 1]),
        (len('{"Items":["aa","bb","cc"]}'), [3]),
    ],
    ids=["two fit", "two are a byte too many", "all fit"],
)
def test_batches_by_bytes(largest, sizes):
    """MaxInputBytesPerBatch bounds the JSON text of the whole batch, to the byte."""
    assert [len(it["Items"]) for it in batches(["aa", "bb", "cc"], largest=largest)] == sizes


def test_bytes_are_those_of_utf8():
    """A Chinese character counts for three."""
    assert len(batches(["求", "求"], largest=len('{"Items":["xxx","xx"]}'))) == 2


def test_batch_input_counts():
    """What all batches share takes its part of the bound."""
    assert len(batches([1, 2], largest=len('{"Items":[1,2]}'), shared=ABSENT)) == 1
    assert len(batches([1, 2], largest=len('{"BatchInput":7,"Items":[1]}'), shared=7)) == 2


def test_item_that_fits_nowhere():
    """An item alone over the bound fails the Map, naming both sizes."""
    with pytest.raises(StatesError, match=r"An item of 12 bytes .* batch of 20 bytes"):
        batches(["a" * 10], largest=20)


JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(st.lists(JSON), st.none() | st.integers(1, 5), st.integers(200, 400), JSON)
def test_batches_hold_all_items_in_order(items, most, largest, shared):
    """Together the batches are the items; each is within its bounds, and no two fit into one."""
    try:
        found = batches(items, most=most, largest=largest, shared=shared)
    except StatesError:
        return
    assert [item for batch in found for item in batch["Items"]] == items
    assert all(batch["Items"] for batch in found)
    assert all(len(to_text(batch).encode(errors="replace")) <= largest for batch in found)
    for one, other in pairwise(found):
        longer = {**one, "Items": [*one["Items"], other["Items"][0]]}
        is_full = most is not None and len(one["Items"]) == most
        assert is_full or len(to_text(longer).encode(errors="replace")) > largest
