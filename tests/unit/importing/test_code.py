"""Where a function's code comes from, and what is said where it does not."""

import pytest

from asw.importing.code import MOST_BYTES, body_of
from asw.importing.found import (
    Elsewhere,
    FolderSource,
    FoundFunction,
    ImageSource,
    InlineSource,
)
from tests.unit.importing.conftest import Texts

GOOD = "def handler(event, context):\n    return 1\n"


def body(source, files=None, **fields):
    """The body of a function of this source."""
    fields = {"runtime": "python3.12", "handler": "index.handler", **fields}
    function = FoundFunction(name="pay", place="here", source=source, **fields)
    return body_of(function, Texts(files or {}))


@pytest.mark.parametrize(
    ("source", "files", "fields", "message"),
    [
        (FolderSource("src"), {"src/index.py": GOOD}, {}, None),
        (FolderSource("src"), {"src/a/b.py": GOOD}, {"handler": "a.b.handler"}, None),
        (FolderSource("."), {"a/b.py": GOOD}, {"handler": "a/b.handler"}, None),
        (FolderSource("src"), {}, {}, "its code is not here: src/index.py"),
        (FolderSource("src"), {"src/index.py": "import yaml"}, {}, "imports yaml"),
        (
            FolderSource("src"),
            {"src/index.py": "from lib import x", "src/lib/__init__.py": ""},
            {},
            "imports the folders lib",
        ),
        (FolderSource("src"), {"src/index.py": "#" * MOST_BYTES + "\n"}, {}, "larger than"),
        (FolderSource("src"), {"src/index.py": GOOD}, {"handler": "handler"}, "names no module"),
        (Elsewhere("s3://b/k"), {}, {}, "s3://b/k"),
        (Elsewhere(), {}, {"runtime": None}, "not in the export"),
        (InlineSource(GOOD), {}, {"runtime": "python2.7"}, "written for python2.7"),
        (InlineSource("print 'x'"), {}, {}, None),
        (ImageSource("repo/pay:1"), {}, {}, "runtime interface of Lambda"),
        (InlineSource("x"), {}, {"runtime": "java17"}, "java17 is not a runtime"),
    ],
)
def test_body(source, files, fields, message):
    """Code that can run is taken without a word; else it is said what is missing."""
    found = body(source, files, **fields)
    said = [note.message for note in found.notes]
    if message is None:
        assert said == []
        assert found.files
    else:
        assert any(message in line for line in said), said
        assert all(note.remedy for note in found.notes)


def test_a_placeholder_keeps_the_handler():
    """Filling it in is all that is to be done."""
    found = body(Elsewhere(), handler="src/app.pay")
    assert found.handler == "app.pay"
    assert "def pay(event, context):" in found.files["app.py"]


def test_an_image_that_is_known_is_kept():
    """Only what nobody can know gets the name that cannot be pulled."""
    assert body(ImageSource("repo/pay:1")).image == "repo/pay:1"
    assert body(ImageSource("${Repo}")).image == "fill-in.invalid/pay"
