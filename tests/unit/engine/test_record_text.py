"""Records as text: exact, versioned, refused when they are something else."""

import pytest

from asw.engine.record_text import (
    UnreadableRecord,
    from_record_text,
    to_record_text,
)
from asw.engine.step import begin
from tests.support.play import header

VALUES = [
    None,
    {"a": None, "b": [None, {"c": None}]},
    1.0,
    2**80,
    "语音识别请求",
    {"$page": "no page"},
    [],
    "",
    False,
    0,
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_survive(value: object) -> None:
    """Nulls, nested nulls, 1.0, big integers and Chinese text come back as they were."""
    record = from_record_text(to_record_text(begin(header(), value)))
    assert record.input == value
    assert type(record.input) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "not JSON"),
        ("{}", "version None"),
        ('{"version": 99}', "version 99"),
        ('{"version": 2, "frames": []}', "not a record"),
    ],
)
def test_other_text_is_refused(text: str, message: str) -> None:
    """What is not a record of this version is refused with the reason."""
    with pytest.raises(UnreadableRecord, match=message):
        from_record_text(text)
