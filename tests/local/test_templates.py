"""Every template, as ``asw init`` writes it: valid, tested, run with its real Functions."""

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from asw.cli.templates import templates
from tests.support.playground import ROOT, run_asw
from tests.support.template_outputs import OUTPUTS

NAMES = [template.name for template in templates()]


@pytest.fixture(params=NAMES)
def begun(request, tmp_path):
    """The folder that ``asw init`` writes, with a name of the user's own."""
    done = run_asw(tmp_path, "init", request.param, "flow", "--name", "my-flow")
    assert done.returncode == 0, done.stderr
    return request.param, tmp_path / "flow"


def test_it_is_valid(begun):
    """Nothing is wrong with it, and nothing is worth a warning."""
    done = run_asw(begun[1], "validate", ".")
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr


def test_it_keeps_to_the_schemas_that_it_names(begun, tmp_path):
    """Editors find nothing wrong in a file that they know the schema of."""
    run_asw(tmp_path, "init", begun[0], "with", "--schema")
    folder = tmp_path / "with"
    assert run_asw(tmp_path, "validate", "with").returncode == 0
    schemas = {path.name: json.loads(path.read_text()) for path in (folder / "schema").iterdir()}
    registry = Registry().with_resources(
        (name, DRAFT7.create_resource(schema)) for name, schema in schemas.items()
    )
    for file in folder.glob("*.yaml"):
        text = file.read_text()
        named = text.partition("$schema=schema/")[2].partition("\n")[0]
        validator = Draft7Validator(schemas[named], registry=registry)
        for document in yaml.safe_load_all(text):
            assert [error.message for error in validator.iter_errors(document)] == []


def test_it_runs_as_it_is(begun):
    """On its default input, with the Functions that it brings."""
    template, folder = begun
    done = run_asw(folder, "run", ".", "-q")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == OUTPUTS[template]


def test_its_own_tests_pass_and_cover_it_whole(begun):
    """Every state, transition, retrier and catcher is used by a case."""
    done = run_asw(begun[1], "test", "--min-coverage", "100")
    assert done.returncode == 0, done.stdout + done.stderr


def test_saga_undoes_what_was_booked(tmp_path):
    """The run that its README shows fails with the first error, after it cancelled the others."""
    run_asw(tmp_path, "init", "saga", ".")
    done = run_asw(tmp_path, "run", ".", "--input", '{"trip": "Lisbon", "soldOut": ["car"]}')
    assert done.returncode == 1
    assert "SoldOut" in done.stderr
    assert "Cancel flight" in done.stdout + done.stderr


ON_A_CLUSTER = ("kubectl", "asw start")


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_commands_of_its_readme_run_in_their_order(begun, page):
    """Who types them one after the other gets what the page says: names count on, too."""
    template, folder = begun
    text = (folder / page).read_text(encoding="utf-8")
    lines = [
        line
        for found in re.findall(r"```console\n(.*?)```|`(asw [^`]*)`", text, re.DOTALL)
        for line in "".join(found).splitlines()
        if not line.startswith(ON_A_CLUSTER)
    ]
    done = {line: run_asw(folder, *shlex.split(line)[1:]) for line in lines}
    assert len(done) >= 3
    fails = {"hello": "'{}'", "saga": "soldOut", "approval": "a yacht"}.get(template, "nothing")
    assert {line: it.returncode for line, it in done.items()} == {
        line: 1 if fails in line else 0 for line in lines
    }
    if template == "hello":
        assert "KeyError" in done["asw why --local no-name"].stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """What the wheel holds, unpacked."""
    target = tmp_path_factory.mktemp("wheel")
    build = (
        "import sys; from hatchling.builders.wheel import WheelBuilder; "
        "print(*WheelBuilder('.').build(directory=sys.argv[1], versions=['standard']))"
    )
    command = [sys.executable, "-c", build, str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(done.stdout.split()[-1]) as archive:
        archive.extractall(target / "content")
    return target / "content"


@pytest.mark.parametrize("template", NAMES)
def test_the_wheel_has_it_whole(wheel, tmp_path, template):
    """An installed asw writes the same files as a checkout."""
    for path, folder in ((wheel, "installed"), (ROOT / "operator", "here")):
        done = subprocess.run(
            [sys.executable, "-m", "asw", "init", template, folder, "--schema"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "installed") == contents(tmp_path / "here")


def test_the_wheel_speaks_chinese(wheel, tmp_path):
    """The compiled catalogue is installed; it is not in version control."""
    done = subprocess.run(
        [sys.executable, "-m", "asw", "rnu"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(wheel), "ASW_LANG": "zh"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "没有子命令 'rnu'" in done.stderr


def contents(folder: Path) -> dict[str, str]:
    """Texts of a folder's files, by path."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_text() for file in files}
