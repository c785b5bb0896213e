"""The example with code in files: run, tested and applied, as its page says."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.playground import run_asw

EXAMPLE = Path(__file__).parents[2] / "examples" / "03-code-in-files"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the example, so that its environment is built once for these tests."""
    copy = tmp_path_factory.mktemp("example") / "domains"
    shutil.copytree(EXAMPLE, copy)
    return copy


def test_it_runs_with_its_packages(folder):
    """The function in subfolders, with the package of its lock."""
    done = run_asw(folder, "run", ".", "-q")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["example.com", "xn--bcher-kva.example", "not a name"]


def test_its_tests_pass(folder):
    """Real functions have their packages there as well."""
    done = run_asw(folder, "test", ".")
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_wrong_with_it(folder):
    """A package that is listed is not missed."""
    done = run_asw(folder, "validate", ".")
    assert (done.returncode, done.stderr.strip()) == (0, "valid: 1 Workflow, 1 Function")


def test_what_is_applied_starts_without_the_folder(folder):
    """The store has all of the code."""
    assert run_asw(folder, "apply", ".", "--local").returncode == 0
    (folder / "functions").rename(folder / "moved")
    try:
        done = run_asw(folder, "start", "domains", "--local", "-q")
    finally:
        (folder / "moved").rename(folder / "functions")
    assert done.returncode == 0, done.stderr


def test_a_change_in_a_file_is_planned(folder):
    """By file, with its path in the folder."""
    run_asw(folder, "apply", ".", "--local")
    assert run_asw(folder, "plan", ".", "--local").returncode == 0
    file = folder / "functions/domain/names/encoding.py"
    before = file.read_text()
    try:
        file.write_text(before + "# more\n")
        done = run_asw(folder, "plan", ".", "--local")
    finally:
        file.write_text(before)
    assert done.returncode == 2
    assert "names/encoding.py" in done.stdout


def test_the_functions_own_tests_find_its_modules(folder):
    """From its folder, as the page says, with the packages of its environment."""
    (environment,) = (it for it in (folder / ".asw/environments").iterdir() if it.is_dir())
    place = folder / "functions/domain"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=place,
        env={"PATH": "", "PYTHONPATH": f"{place}:{environment}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
