"""Functions with packages: an environment for each lock, built once, and nothing else seen."""

import asyncio
import hashlib
import os
import shutil
import stat
import subprocess
import zipfile
from dataclasses import replace

import pytest

from asw.api.names import CODE_LIMIT_BYTES
from asw.engine.task_ids import TaskId
from asw.platforms.local.environments import Environments, NotInstalled, lock_of
from asw.platforms.local.functions import LocalFunction
from asw.platforms.local.logs import TaskLogs
from asw.platforms.local.runtime import Call
from asw.platforms.local.tasks import Failed, Succeeded
from asw.platforms.local.warm import Pool
from tests.support.npm import locked, node_package

IMPORTING = """
import importlib

def main_handler(event, context):
    module = importlib.import_module(event)
    return str(getattr(module, "VERSION", module.__name__))
"""


def wheel(folder, name, version, tag="py3-none-any"):
    """A package of one module, as an index would serve it."""
    file = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    kind = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        made.writestr(f"{info}/METADATA", about)
        made.writestr(f"{info}/WHEEL", kind)
        made.writestr(f"{info}/RECORD", "")
    return file


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of packages that pip's own configuration names, in place of an index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel(folder, "aswone", "1.0")
    wheel(folder, "aswone", "2.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def function(requirements=None, code=IMPORTING):
    """A Python function that imports what its event names."""
    files = {"index.py": code}
    files |= {} if requirements is None else {"requirements.txt": requirements}
    return LocalFunction(name="fn", runtime="python3", handler="index.main_handler", files=files)


@pytest.fixture
def run(tmp_path):
    """Runs a function once, in a data folder of its own."""

    async def once(of, event, data=tmp_path / "data"):
        pool = Pool(data / "code", TaskLogs(data / "logs"), environ=os.environ)
        call = Call(
            task_id=TaskId("uid", 1), function=of, variables={}, event=event,
            execution="run-1", state="Work",
        )  # fmt: skip
        try:
            return await pool.run(call, lambda: None, lambda: None)
        finally:
            await pool.close()

    return once


async def test_a_function_has_the_packages_of_its_lock(run, index):
    """In the version that it names; another function has its own."""
    assert await run(function("aswone==1.0\n"), "aswone") == Succeeded(output="1.0")
    assert await run(function("aswone==2.0\n"), "aswone") == Succeeded(output="2.0")


@pytest.mark.parametrize(
    "module", ["aiohttp", "yaml", "pydantic", "asw", "pytest", "pip", "aswone"]
)
async def test_a_function_sees_no_other_packages(run, index, module):
    """Not those of asw, nor of the Python that runs it: as on a cluster."""
    outcome = await run(function(), module)
    assert isinstance(outcome, Failed)
    assert f"No module named '{module}'" in outcome.cause


@pytest.mark.parametrize("module", ["json", "asyncio", "sqlite3", "email.mime.text", "site"])
async def test_a_function_sees_the_standard_library(run, module):
    """All of it, whether it has packages or not."""
    assert await run(function(), module) == Succeeded(output=module)


async def test_an_environment_is_built_once_and_kept(run, index, tmp_path):
    """Without the index it is there the next time; its folder is its user's alone."""
    await run(function("aswone==1.0\n"), "aswone")
    for file in index.iterdir():
        file.unlink()
    assert await run(function("aswone==1.0\n"), "aswone") == Succeeded(output="1.0")
    folder = tmp_path / "data/environments"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not list(folder.glob(".*")), "nothing unfinished is left"


class Counted(Environments):
    """Notes how often something was built."""

    builds = 0

    async def _build(self, lock, folder):
        Counted.builds += 1
        await super()._build(lock, folder)


async def test_who_asks_at_the_same_time_waits_for_one_build(index, tmp_path):
    """Two commands with the same folder, two tasks each: pip runs once."""
    Counted.builds = 0
    both = [Counted(tmp_path / "environments") for _ in range(2)]
    of = function("aswone==1.0\n")
    places = await asyncio.gather(*(each.of(of) for each in both for _ in range(2)))
    assert len(set(places)) == 1
    assert (places[0] / "aswone.py").is_file()
    assert Counted.builds == 1


async def test_what_a_killed_command_left_is_no_environment(index, tmp_path):
    """Only what was finished has its name; the rest goes with the next build."""
    of = function("aswone==1.0\n")
    left = tmp_path / "environments" / f".{lock_of(of).digest}-left"
    left.mkdir(parents=True)
    place = await Environments(tmp_path / "environments").of(of)
    assert (place / "aswone.py").is_file()
    assert not left.exists()


async def test_hashes_are_insisted_on(run, index):
    """The right one installs; a wrong one, or a package without, does not."""
    digest = hashlib.sha256((index / "aswone-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    good = f"aswone==1.0 --hash=sha256:{digest}\n"
    assert await run(function(good), "aswone") == Succeeded(output="1.0")
    bad = await run(function(good.replace(digest, "0" * 64)), "aswone")
    assert bad.error == "Asw.StartFailed"
    assert "requirements.txt, line 1: aswone" in bad.cause
    wheel(index, "aswtwo", "1.0")
    lacking = await run(function(f"{good}aswtwo==1.0\n"), "aswone")
    assert "requirements.txt, line 2: aswtwo" in lacking.cause


async def test_what_is_missing_is_named_with_its_line(run, index):
    """The task fails, so that a Catch can take it; it is tried once a command."""
    outcome = await run(function("aswone==1.0\n\naswnone==1.0\n"), "aswone")
    assert outcome.error == "Asw.StartFailed"
    assert outcome.cause.startswith("function fn: requirements.txt, line 3: aswnone")


async def test_an_index_that_cannot_be_reached_is_told(run, monkeypatch):
    """With what to do, instead of a package that is said to be missing."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_RETRIES", "1")
    outcome = await run(function("aswone==1.0\n"), "aswone")
    assert "pip cannot reach its package index" in outcome.cause


async def test_without_pip_it_is_said_what_to_install(tmp_path, monkeypatch):
    """Pip is no part of asw: some installations of Python lack it."""
    monkeypatch.setattr("asw.platforms.local.environments.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstalled, match="needs pip, which is not installed: python3"):
        await Environments(tmp_path / "environments").of(function("six\n"))


async def test_a_code_that_needs_none_builds_none(run, tmp_path):
    """A file of comments is no lock; no folder is made."""
    assert await run(function("# none yet\n"), "json") == Succeeded(output="json")
    assert not (tmp_path / "data/environments").exists()


IMPORTED = "import greeting from 'greeting';\nexport const handler = () => greeting;"
REQUIRED = "exports.handler = () => require('greeting');"


@pytest.mark.parametrize("size", [0, CODE_LIMIT_BYTES], ids=["in a variable", "in files"])
@pytest.mark.parametrize("code", [IMPORTED, REQUIRED], ids=["import", "require"])
async def test_both_kinds_of_modules_find_node_packages(run, tmp_path, code, size):
    """ES modules look only beside the code, and never at NODE_PATH."""
    archive = node_package(tmp_path, "greeting", "module.exports = 'hello'")
    name = "index.mjs" if code == IMPORTED else "index.js"
    files = {name: code, "notes.txt": "#" * size, **locked(archive)}
    assert await run(node(**files), {}) == Succeeded(output="hello")


def _has_python313() -> bool:
    """Whether there is one that runs: a version manager may have its name on the path alone."""
    if shutil.which("python3.13") is None:
        return False
    tried = subprocess.run(["python3.13", "--version"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.mark.skipif(not _has_python313(), reason="needs another Python")
async def test_packages_are_for_the_functions_own_python(run, index):
    """Not for the one that runs asw, which may be older."""
    wheel(index, "aswown", "3.13", tag="cp313-none-any")
    of = replace(function("aswown\n"), runtime="python3.13")
    assert lock_of(of).digest != lock_of(function("aswown\n")).digest
    assert await run(of, "aswown") == Succeeded(output="3.13")


def node(**files):
    """A function of a runtime for Node."""
    return LocalFunction(name="fn", runtime="nodejs", handler="index.handler", files=files)


async def test_node_packages_come_from_their_lock(tmp_path):
    """Npm ci makes the node_modules that the runtime is told of."""
    archive = node_package(tmp_path, "greeting", "module.exports = 'hello'")
    place = await Environments(tmp_path / "environments").of(node(**locked(archive)))
    assert place.name == "node_modules"
    assert (place / "greeting" / "index.js").read_text() == "module.exports = 'hello'"


async def test_node_packages_without_a_lock_are_refused(tmp_path):
    """Without one, the same files would bring other packages tomorrow."""
    of = node(**{"package.json": '{"dependencies": {"left": "1"}}'})
    with pytest.raises(NotInstalled, match="npm install --package-lock-only"):
        await Environments(tmp_path / "environments").of(of)
    assert await Environments(tmp_path).of(node(**{"package.json": '{"type": "module"}'})) is None
