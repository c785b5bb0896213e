"""Formats, tables and words for objects, as kubectl's users know them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from asw.cli.objects.asking import Asked, read_objects, read_query
from asw.cli.objects.connections import Reach
from asw.cli.objects.formats import formatted, listed, read_format
from asw.cli.objects.listing import read_sort_by
from asw.cli.objects.tables import Look, age_text, aligned, objects_table, runs_table
from asw.cli.options import QueryWords, span_seconds
from asw.executions.run import Run
from asw.exits import BAD_INPUT
from asw.failures import Failure

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
NO_WORDS = {
    "all_namespaces": False,
    "selector": None,
    "phases": (),
    "workflow": None,
    "since": None,
    "with_children": False,
}


def an_execution(name="a", spec=None, **status):
    metadata = {
        "name": name,
        "namespace": "shop",
        "uid": f"uid-{name}",
        "creationTimestamp": "2026-01-01T11:55:00Z",
        "managedFields": [{"manager": "kubectl"}],
    }
    spec = {"workflowRef": {"name": "flow"}, **(spec or {})}
    head = {"apiVersion": "asw.dev/v1alpha1", "kind": "Execution"}
    return {**head, "metadata": metadata, "spec": spec, "status": status}


def lines(head, rows, look):
    return ["".join(cell.text for cell in line).rstrip() for line in aligned(head, rows, look)]


def test_a_table_has_a_line_an_execution():
    """Chinese names take two cells a sign; what is long is cut, but in a wide table."""
    runs = [
        Run(an_execution("甲", phase="Running", states="Pay", startTime="2026-01-01T11:58:00Z")),
        Run(an_execution("b", phase="Running", states="S" * 50, spec={"suspend": True})),
    ]
    look = Look()
    table = lines(*runs_table(runs, look, NOW), look)
    assert table[0] == f"NAME   WORKFLOW   PHASE       STATES{' ' * 37}AGE   DURATION"
    assert table[1] == f"甲     flow       Running     Pay{' ' * 40}5m    2 min"
    assert table[2] == f"b      flow       Suspended   {'S' * 39}…   5m"
    wide = Look(is_wide=True, has_namespace=True, has_head=False)
    done = Run(an_execution(phase="Succeeded", output={"a": 1}, redriveCount=2))
    (line,) = lines(*runs_table([done], wide, NOW), wide)
    assert line.split() == ["shop", "a", "flow", "Succeeded", "5m", "2", '{"a":1}']


def test_tables_of_workflows_and_functions():
    """Ready is True, or the reason why not."""
    workflow = an_execution("w") | {"kind": "Workflow"}
    bad = {"type": "Ready", "status": "False", "reason": "InvalidDefinition"}
    workflow["status"] = {"conditions": [bad], "functions": ["f", "g"], "revision": "r"}
    head, rows = objects_table("Workflow", [workflow], Look(), NOW)
    assert lines(head, rows, Look())[1].split() == ["w", "InvalidDefinition", "f,", "g", "r", "5m"]
    function = an_execution("f") | {"kind": "Function", "spec": {"runtime": "shell"}, "status": {}}
    head, rows = objects_table("Function", [function], Look(), NOW)
    assert lines(head, rows, Look())[1].split() == ["f", "shell", "5m"]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "0s"),
        (119, "119s"),
        (120, "2m"),
        (185, "3m5s"),
        (700, "11m"),
        (4 * 3600 + 60, "4h1m"),
        (30 * 3600, "30h"),
        (50 * 3600, "2d2h"),
        (100 * 86400, "100d"),
        (800 * 86400, "2y70d"),
        (10 * 365 * 86400, "10y"),
    ],
)
def test_ages_read_as_kubectls(seconds, expected):
    """One unit, or two while the first is small."""
    assert age_text(timedelta(seconds=seconds)) == expected


def test_formats_for_programs():
    """JSON, YAML and names are kubectl's; nobody wants managedFields."""
    item = an_execution(phase="Succeeded", output={"文": "a\nb", "n": None, "t": "2026-01-01"})
    one = json.loads(formatted(item, [item], read_format("json")))
    assert "managedFields" not in one["metadata"]
    assert one["status"]["output"] == item["status"]["output"]
    text = formatted(listed([item]), [item], read_format("yaml"))
    assert yaml.safe_load(text)["items"][0]["status"] == item["status"]
    assert "文: |-" in text
    assert formatted(listed([item]), [item], read_format("name")) == "execution.asw.dev/a\n"


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("yml", "yaml"),
        ("jsonpath={.status.phase}", "-o json into jq"),
        ("custom-columns=NAME:.metadata.name", "kubectl get"),
        ("json=x", "json"),
        ("x", "wide"),
    ],
)
def test_a_format_that_there_is_not_has_a_remedy(text, near):
    """The nearest, or all."""
    with pytest.raises(Failure) as caught:
        read_format(text)
    assert near in caught.value.remedy
    assert caught.value.code == BAD_INPUT


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], [Asked("Execution")]),
        (["a", "b"], [Asked("Execution", ("a", "b"))]),
        (["wf"], [Asked("Workflow")]),
        (["Workflows", "a"], [Asked("Workflow", ("a",))]),
        (["exe/wf", "fn/f", "b"], [Asked("Execution", ("wf", "b")), Asked("Function", ("f",))]),
        (["execution.asw.dev/a"], [Asked("Execution", ("a",))]),
    ],
)
def test_words_for_objects(words, expected):
    """What -o name prints can be handed back."""
    assert read_objects(words) == expected


@pytest.mark.parametrize("word", ["pod/a", "wf/"])
def test_other_kinds_are_refused(word):
    """Pods are kubectl's."""
    with pytest.raises(Failure):
        read_objects([word])


def test_queries_are_understood():
    """Phases in any case and as lists; spans count back from now."""
    words = NO_WORDS | {"phases": ("failed,timedout", "Aborted"), "since": 60.0}
    query = read_query(QueryWords(**words), NOW)
    assert query.phases == ("Failed", "TimedOut", "Aborted")
    assert read_query(QueryWords(**NO_WORDS | {"phases": ("suspended",)}), NOW).phases == (
        "Suspended",
    )
    assert query.since == NOW - timedelta(minutes=1)
    with pytest.raises(Failure, match="fialed") as caught:
        read_query(QueryWords(**NO_WORDS | {"phases": ("fialed",)}), NOW)
    assert "Failed" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("2d", 172800),
        ("1w", 604800),
        ("90", 90),
        ("0.5h", 1800),
        ("250ms", 0.25),
        ("", None),
        ("2x", None),
        ("h", None),
        ("-5m", None),
        ("1h30", None),
        ("5 m", None),
    ],
)
def test_spans_of_time(text, seconds):
    """Units as Go has them, and days and weeks; a bare number is seconds."""
    assert span_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (".status.startTime", ["status", "startTime"]),
        ("{.metadata.name}", ["metadata", "name"]),
        ("kind", ["kind"]),
        ("metadata.labels.asw\\.dev/slot", ["metadata", "labels", "asw.dev/slot"]),
    ],
)
def test_a_path_to_sort_by_is_written_as_for_kubectl(text, names):
    """With or without braces; a dot of a name has a backslash."""
    assert read_sort_by(text) == names


@pytest.mark.parametrize("text", ["", "{.a}{.b}", ".a[0]", ".a..b", "{range .items[*]}"])
def test_a_path_to_sort_by_has_names_only(text):
    """Whoever wants more gets a remedy."""
    with pytest.raises(Failure) as caught:
        read_sort_by(text)
    assert "--sort-by .status.startTime" in caught.value.remedy


def test_a_connection_is_shown_with_what_it_lacks():
    """The reason in each table; Secret and key in a wide one."""
    condition = {"type": "Ready", "status": "False", "reason": "NoCredentials"}
    condition["message"] = "Connection lab: Secret keys has no key A: add it"
    item = {
        "kind": "Connection",
        "metadata": {"name": "lab", "creationTimestamp": "2026-01-01T11:55:00Z"},
        "spec": {"kind": "aws", "region": "eu-central-1", "workflows": ["a", "b"]},
        "status": {"conditions": [condition]},
    }
    head, rows = objects_table("Connection", [item], Look(), NOW)
    assert [head, [cell.text for cell in rows[0]]] == [
        ["NAME", "KIND", "ENDPOINT", "READY", "AGE"],
        ["lab", "aws", "", "NoCredentials", "5m"],
    ]
    head, (row,) = objects_table("Connection", [item], Look(is_wide=True), NOW, Reach())
    assert head[5:] == ["REGION", "WORKFLOWS", "MESSAGE"]
    assert [cell.text for cell in row[5:]] == ["eu-central-1", "a, b", condition["message"]]


@pytest.mark.parametrize("word", ["connections", "Connection", "conn", "connections.asw.dev"])
def test_connections_are_a_kind(word):
    """By all names that kubectl takes."""
    assert read_objects([word]) == [Asked("Connection")]
    assert read_objects([f"{word}/lab"]) == [Asked("Connection", ("lab",))]
