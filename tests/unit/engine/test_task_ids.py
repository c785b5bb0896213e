"""Task ids as text."""

import pytest

from asw.engine.task_ids import TaskId


def test_text_round_trip() -> None:
    """An id that was written is read back, dashes of the uid included."""
    id_ = TaskId("0d5f9d3e-7a2b-4a55-9d0a-3f4f1b6c7e01", 12)
    assert TaskId.parse(str(id_)) == id_


@pytest.mark.parametrize("text", ["", "abc", "-3", "uid-", "uid-x", "uid-1.5", "uid-\u0663"])
def test_other_text_is_refused(text: str) -> None:
    """What no id was written as is refused."""
    with pytest.raises(ValueError, match="not a task id"):
        TaskId.parse(text)
