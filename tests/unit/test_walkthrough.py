"""What tests of pages rely on: commands are found, outputs compared loosely but honestly."""

from pathlib import Path

import pytest

from tests.support.walkthrough import Step, Walker, matches, steps_of

PAGE = """
```bash
not run
```
```console
$ one
first
$ two <<'END'
> a
>
> b
> END
$ three
```
"""


def test_commands_with_their_outputs():
    """Blocks of other kinds are left alone; lines that go on belong to the command."""
    assert list(steps_of(PAGE)) == [
        Step("one", ("first",)),
        Step("two <<'END'\na\n\nb\nEND", ()),
        Step("three", ()),
    ]


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("", "anything", True),
        ("a\nb", "a\nb\n", True),
        ("a  b", "a    b", True),
        ("a", "a\nb", False),
        ("a\nb", "a", False),
        ("a\n...", "a", True),
        ("a\n...", "a\nb\nc", True),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...\nd", "a\nb\nc", False),
        ("a ... c", "a b c", True),
        ("a ... c", "a b", False),
        ("a.b", "axb", False),
    ],
)
def test_matches(shown, printed, expected):
    """Only what stands for anything may be anything."""
    assert matches(tuple(shown.splitlines()), printed) is expected


def test_a_walker_stays_where_it_went(tmp_path: Path):
    """Folders last from one command to the next, and exit codes are told."""
    walker = Walker(tmp_path, {})
    assert walker.type("mkdir a && cd a") == (0, "")
    assert walker.type("basename $PWD; false") == (1, "a\n")
