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


NODE = "import fs from 'node:fs';\nexport const handler = async () => fs.constants;\n"
NODEJS = {"runtime": "nodejs22.x"}


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
        (FolderSource("src"), {"src/index.mjs": NODE}, {"runtime": "nodejs20.x"}, None),
        (
            FolderSource("src"),
            {"src/a/b.js": NODE},
            {"runtime": "Nodejs18.15", "handler": "a/b.handler"},
            None,
        ),
        (FolderSource("src"), {"src/index.ts": NODE}, NODEJS, "its code is not here: src/index.js"),
        (
            FolderSource("src"),
            {"src/index.js": "const { S3 } = require('@aws-sdk/client-s3/x')"},
            NODEJS,
            "imports @aws-sdk/client-s3, which the image of runtime nodejs lacks",
        ),
        (
            FolderSource("src"),
            {"src/index.js": "require('./lib/a')", "src/lib/a.js": ""},
            NODEJS,
            "imports the folders lib",
        ),
        (Elsewhere(), {}, NODEJS, "not in the export"),
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


@pytest.mark.parametrize(
    ("runtime", "ours"),
    [
        (None, "python3"),
        ("python3.9", "python3"),
        ("Python3.10", "python3"),
        ("python3.12", "python3.13"),
        ("nodejs20.x", "nodejs"),
        ("Nodejs16.13", "nodejs"),
    ],
)
def test_the_runtime_is_the_one_that_is_no_older(runtime, ours):
    """Python's minor versions add: a newer one runs what was written for an older."""
    assert body(InlineSource(""), runtime=runtime).runtime == ours


def test_an_inline_es_module_gets_the_name_of_one():
    """Node.js tells them apart by their names."""
    assert list(body(InlineSource(NODE), **NODEJS).files) == ["index.mjs"]
    assert list(body(InlineSource("exports.handler = 1"), **NODEJS).files) == ["index.js"]


@pytest.mark.parametrize("place", ["package.json", "src/package.json"])
def test_the_type_that_package_json_says_comes_along(place):
    """Without it the files would be loaded as CommonJS; its tests and packages stay behind."""
    files = {place: '{"type": "module"}', "src/index.js": NODE, "src/index.test.js": ""}
    found = body(FolderSource("."), files, handler="src/index.handler", **NODEJS)
    assert set(found.files) == {"index.js", "package.json"}


def test_a_placeholder_of_nodejs_throws():
    """It says what is missing in the language of its runtime."""
    found = body(Elsewhere(), handler="src/app.pay", **NODEJS)
    assert found.handler == "app.pay"
    assert "exports.pay = async () => {" in found.files["app.js"]
