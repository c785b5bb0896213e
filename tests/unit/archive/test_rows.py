"""What the archive finds runs by is bounded and storable, whatever tenants send."""

import pytest

from asw.archive import rows
from asw.archive.rows import fields_of, row_of
from asw.executions.run import Run

ENDED = "1970-01-01T00:00:02.500Z"


def a_run(**status):
    return Run(
        {
            "metadata": {"name": "a", "namespace": "team", "uid": "u1", "labels": {"app": "x"}},
            "spec": {"workflowRef": {"name": "etl"}},
            "status": {"phase": "Failed", "completionTime": ENDED, **status},
        }
    )


def test_a_row_says_what_a_list_shows():
    """A row has names, outcome, error, instants, labels and fields of the input."""
    run = a_run(error="States.Timeout", startTime="1970-01-01T00:00:01.000Z")
    row = row_of(run, {"id": 7})
    assert (row.uid, row.namespace, row.name, row.workflow) == ("u1", "team", "a", "etl")
    assert (row.phase, row.error, row.started_at, row.ended_at) == (
        "Failed",
        "States.Timeout",
        1000,
        2500,
    )
    assert (row.labels, row.fields, row.epoch) == ({"app": "x"}, {"id": "7"}, 0)


def test_a_run_at_work_has_no_row():
    """What is not over is not archived."""
    with pytest.raises(ValueError, match="team/a is not over"):
        row_of(a_run(phase="Running"), None)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": {"b": "x"}, "n": None, "l": [1]}, {"a.b": "x"}),
        ({"yes": True, "one": 1, "same": 1.0, "half": 0.5},
         {"yes": "true", "one": "1", "same": "1", "half": "0.5"}),
        ({"k\0": "a\0b", "s": "\ud800"}, {"k\ufffd": "a\ufffdb", "s": "\ufffd"}),
        ({"long": "x" * 257, "x" * 257: 1, "big": 10**5000, "ok": 1}, {"ok": "1"}),
        ({"a": {"b": {"c": {"d": 1, "e": {"f": 2}}}}}, {"a.b.c.d": "1"}),
        ([1], {}),
    ],
    ids=["paths", "scalars", "refused signs", "too long", "too deep", "no object"],
)  # fmt: skip
def test_fields_are_scalars_by_path(value, found):
    """Scalars in objects are found by; what is long, deep or unstorable does no harm."""
    assert fields_of(value) == found


def test_fields_are_few():
    """An input of many fields fills no index: the first ones count."""
    assert len(fields_of({str(n): n for n in range(10_000)})) == rows.MOST_FIELDS


def test_labels_are_few_and_ours_stay():
    """A run with thousands of labels has a small row, which still says whose child it is."""
    many = {**{f"a{n}": "x" for n in range(10_000)}, "asw.dev/parent-uid": "u0"}
    found = rows.labels_of(many)
    assert len(found) == rows.MOST_LABELS
    assert found["asw.dev/parent-uid"] == "u0"


def test_a_private_run_is_found_by_no_value():
    """Whoever may not read its values must not learn them by trying."""
    row = row_of(a_run(payloads="Private"), {"id": 7})
    assert (row.is_private, row.fields) == (True, {})
    assert not row_of(a_run(payloads="Visible"), {}).is_private
