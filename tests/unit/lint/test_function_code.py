"""The code of Functions in manifests: what keeps their runtimes from loading it is told."""

import pytest

from asw.lint.checking import check_files
from asw.lint.function_code import code_findings, imported_by, package_findings

GOOD = "def main_handler(event, context):\n    return 1\n"


@pytest.fixture
def found(tmp_path):
    """What is found in the code of a Function of these files."""

    def found(files, handler=None, runtime="python3"):
        lines = [
            "apiVersion: asw.dev/v1alpha1",
            "kind: Function",
            "metadata: {name: fn}",
            "spec:",
            f"  runtime: {runtime}",
            *([f"  handler: {handler}"] if handler else []),
            "  code:",
            "    inline:",
        ]
        for name, text in files.items():
            lines += [f"      {name}: |", *(f"        {line}" for line in text.splitlines())]
        path = tmp_path / "fn.yaml"
        path.write_text("\n".join(lines) + "\n")
        checked = check_files([path])
        assert not checked.findings
        return list(code_findings(checked.manifests))

    return found


@pytest.mark.parametrize(
    ("files", "handler", "runtime"),
    [
        ({"index.py": GOOD}, None, "python3"),
        ({"a.py": "async def b(event, context): ..."}, "a.b", "python3"),
        ({"a.py": "if True:\n    def b(*_): ..."}, "a.b", "python3"),
        ({"a.py": "b = lambda *_: 1"}, "a.b", "python3"),
        ({"a.py": "from c import b", "c.py": "def b(*_): ..."}, "a.b", "python3"),
        ({"a.py": "from c import *", "c.py": "def b(*_): ..."}, "a.b", "python3"),
        ({"a.py": "globals()['b'] = print"}, "a.b", "python3"),
        ({"a.py": "def __getattr__(name): return print"}, "a.b", "python3"),
        ({"index.py": GOOD}, None, "python3.13"),
        ({"index.js": "exports.main_handler = async () => 1"}, None, "nodejs"),
        ({"a.mjs": "export * from './b.mjs'", "b.mjs": ""}, "a.b", "nodejs"),
        ({"a.cjs": "module.exports = require('./b.cjs')", "b.cjs": ""}, "a.b", "nodejs"),
        ({"a.js": "import fs from 'node:fs'; export const b = { c: fs }"}, "a.b.c", "nodejs"),
        ({"only.sh": "echo"}, None, "shell"),
        ({"a.sh": "echo", "b.sh": "echo"}, "b.sh", "shell"),
    ],
)
def test_code_that_can_be_loaded_is_let_alone(found, files, handler, runtime):
    """Nothing is told of a handler that is there, or that may come to be there."""
    assert found(files, handler, runtime) == []


def test_python_that_does_not_parse_is_told_in_its_line(found):
    """The finding stands at the line of the manifest, and names the file's own."""
    (finding,) = found({"index.py": "x = 1\ndef main_handler(event, context)\n    return 1\n"})
    assert (finding.code, finding.is_warning) == ("InvalidCode", False)
    assert "index.py, line 2:" in finding.message
    assert (finding.position.line, finding.position.column) == (10, 41)


def test_a_broken_file_that_need_not_be_loaded_is_a_warning(found):
    """Only what fails every call is an error."""
    (finding,) = found({"index.py": GOOD, "other.py": "def"})
    assert (finding.code, finding.is_warning) == ("InvalidCode", True)


@pytest.mark.parametrize(
    ("files", "words", "message", "remedy"),
    [
        ({"index.py": GOOD}, {"handler": "index.main_handlr"}, "main_handlr", "main_handler?"),
        ({"indx.py": GOOD}, {}, "no file index.py", "indx.py?"),
        ({"index.py": GOOD}, {"handler": "handler"}, "does not name a function", "module.function"),
        ({"index.py": "def outer():\n    def main_handler(): ..."}, {}, "defines no", ""),
        ({"run.sh": "echo"}, {"handler": "a.sh", "runtime": "shell"}, "no file a.sh", "run.sh"),
    ],
)
def test_a_handler_that_is_not_there_is_told(found, files, words, message, remedy):
    """With the nearest name that is there."""
    (finding,) = found(files, **words)
    assert (finding.code, finding.is_warning) == ("MissingHandler", False)
    assert message in finding.message
    assert remedy in finding.remedy


def test_an_import_that_the_image_lacks_is_a_warning(found):
    """An installation may have an image of its own."""
    (finding,) = found({"index.py": f"import json, yaml, helper\n{GOOD}", "helper.py": ""})
    assert (finding.code, finding.is_warning) == ("MissingModule", True)
    assert "imports yaml," in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import yaml\n",
    ],
)
def test_an_import_that_the_code_can_do_without_is_none(text):
    """One whose failure is taken, and one for types."""
    assert "yaml" not in imported_by({"a.py": text})


def test_code_of_a_config_map_is_looked_into(tmp_path):
    """Where the files bring the ConfigMap along."""
    (tmp_path / "all.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: code}\ndata: {index.py: 'def'}\n---\n"
        "apiVersion: asw.dev/v1alpha1\nkind: Function\nmetadata: {name: fn}\n"
        "spec: {runtime: python3, code: {configMapRef: {name: code}}}\n"
    )
    (finding,) = code_findings(check_files([tmp_path]).manifests)
    assert finding.code == "InvalidCode"


def in_folder(folder, **files):
    """The manifest of a Function whose code is a folder of these files."""
    for name, text in {"index.py": GOOD, **files}.items():
        path = folder / "code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    manifest = folder / "fn.yaml"
    manifest.write_text(
        "apiVersion: asw.dev/v1alpha1\nkind: Function\nmetadata: {name: fn}\n"
        "spec: {runtime: python3, code: {path: code}}\n"
    )
    return check_files([manifest]).manifests


def test_python_of_a_folder_that_does_not_parse_is_told_in_its_file(tmp_path):
    """Where an editor opens it: the file itself, with its line."""
    manifests = in_folder(tmp_path, **{"lib/rules.py": "A = 1\ndef f(:\n"})
    (finding,) = code_findings(manifests)
    assert finding.file == str(tmp_path / "code/lib/rules.py")
    assert (finding.position.line, finding.is_warning) == (2, True)


def test_a_package_in_a_subfolder_is_the_codes_own(tmp_path):
    """It is no import that the image lacks."""
    index = f"from lib.rules import A\n{GOOD}"
    assert not [*code_findings(in_folder(tmp_path, **{"index.py": index, "lib/rules.py": "A=1"}))]


def test_a_package_that_is_listed_is_not_missed(tmp_path):
    """Also under another name; one that is not listed is told, with the file to write it into."""
    index = f"import requests, yaml\n{GOOD}"
    (finding,) = code_findings(in_folder(tmp_path, **{"index.py": index}))
    assert "requests, yaml, which the image of runtime python3 lacks" in finding.message
    assert "requirements.txt" in finding.remedy
    lock = {"requirements.txt": "requests==2.32.5\n"}
    (finding,) = code_findings(in_folder(tmp_path, **{"index.py": index, **lock}))
    assert finding.message == "it imports yaml, which requirements.txt does not list"
    lock = {"requirements.txt": "requests==2.32.5\nPyYAML==6.0\n"}
    assert not list(code_findings(in_folder(tmp_path, **{"index.py": index, **lock})))


def test_a_cluster_needs_an_image_for_packages(tmp_path):
    """Until spec.image names one; a lock without packages needs none."""
    manifests = in_folder(tmp_path, **{"requirements.txt": "requests==2.32.5\nsix\n"})
    (finding,) = package_findings(manifests)
    assert (finding.code, finding.is_warning) == ("MissingModule", True)
    assert "requirements.txt lists requests, six" in finding.message
    assert "asw build" in finding.remedy
    assert "spec.packages" in finding.remedy
    assert not list(package_findings(in_folder(tmp_path, **{"requirements.txt": "# none\n"})))


@pytest.mark.parametrize(
    ("files", "handler", "message", "remedy"),
    [
        ({"app.js": ""}, None, "no file index.js, which handler index.main_handler", "it has app"),
        ({"index.js": ""}, "handler", "handler handler does not name a function", "module.funct"),
        (
            {"index.mjs": "export const handler = 1;"},
            "index.handle",
            "index.mjs defines no handle, which the handler names",
            "handler",
        ),
        (
            {"index.js": "exports.main_handler = require('axios').get"},
            None,
            "it imports axios, which the image of runtime nodejs lacks",
            "package-lock.json",
        ),
    ],
    ids=["file", "form", "name", "package"],
)
def test_what_a_nodejs_function_lacks_is_told(found, files, handler, message, remedy):
    """Files, exports and packages that are certainly not there."""
    (finding,) = found(files, handler, "nodejs")
    assert message in finding.message
    assert remedy in finding.remedy
