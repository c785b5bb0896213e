"""Names and slots that are fixed forever."""

import re

import pytest

from asw.api.names import _fnv_1a, slot_of, started_names


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", 0xCBF29CE484222325),
        ("a", 0xAF63DC4C8601EC8C),
        ("foobar", 0x85944171F73967E8),
    ],
)
def test_hash_is_fnv_1a(text: str, value: int) -> None:
    """The published vectors of FNV-1a with 64 bits hold."""
    assert _fnv_1a(text) == value


@pytest.mark.parametrize(
    ("namespace", "workflow", "slot"),
    [("shop", "orders", "8b"), ("shop", "other", "e8"), ("", "", "af")],
)
def test_slot_is_the_top_byte(namespace: str, workflow: str, slot: str) -> None:
    """Two hex digits, from what whoever reads an Execution sees of it."""
    assert slot_of(namespace, workflow) == slot


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("bill-1", ("bill-1", "bill-1-33c4991b2bdf")),
        ("Bill_1", ("bill-1-96efaf804126", "bill-1-96efaf804126")),
        ("账单", ("34cb5ae1e99d", "34cb5ae1e99d")),
        ("a..b", ("a-b-23098a880b1b", "a-b-23098a880b1b")),
        ("-", ("b224af545a04", "b224af545a04")),
        (
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-b9aae936f1e8",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-b9aae936f1e8",
            ),
        ),
    ],
    ids=repr,
)
def test_names_of_what_tasks_start(name: str, names: tuple[str, str]) -> None:
    """The name itself where objects may have it, and one with a digest that nobody else gets."""
    assert started_names("bill", name) == names
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", it) for it in names)
    assert started_names("other", name)[1] != names[1]
