"""Names and slots that are fixed forever."""

import pytest

from asw.api.names import _fnv_1a, slot_of


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
