"""Boxes of text keep their shape, whatever is put into them."""

import pytest

from asw.draw.boxes import above, beside, box, shorten, width_of


def test_lines_of_a_box_are_equally_wide_with_chinese_text():
    """Chinese characters take two cells, and frames stay straight."""
    block = box("语音识别", ("Task",))
    assert {width_of((line,)) for line in block} == {12}


def test_framed_box_has_its_title_in_the_frame():
    """A composite's name stands in its frame, with boxes inside."""
    assert box("Each", ("inner",), is_framed=True) == (
        "╭─ Each ─╮",
        "│ inner  │",
        "╰────────╯",
    )


def test_framed_box_is_as_wide_as_its_title():
    """A long name over a narrow content does not break the frame."""
    block = box("A long name", ("x",), is_framed=True)
    assert {width_of((line,)) for line in block} == {width_of((block[0],))}


@pytest.mark.parametrize(
    ("limit", "lines"),
    [
        pytest.param(10, ("aa  b", "aa   "), id="side by side where it fits"),
        pytest.param(4, ("aa", "aa", "b "), id="stacked where it does not"),
    ],
)
def test_beside_goes_by_the_room(limit, lines):
    """Blocks stand beside one another only where the terminal is wide enough."""
    assert beside((("aa", "aa"), ("b",)), limit) == lines


def test_above_centres():
    """A narrow block stands in the middle over a wide one."""
    assert above((("x",), ("abc",))) == (" x ", "abc")


@pytest.mark.parametrize(
    ("text", "short"), [("abc", "abc"), ("abcdef", "ab…"), ("语音识别", "语…")]
)
def test_shorten_marks_the_cut(text, short):
    """A cut text ends in an ellipsis and fits its cells."""
    assert shorten(text, 3) == short
