"""The program of the install Jobs, with a real npm and a real registry."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from asw.api.package_lock import installed_lock
from tests.functions.test_installing import names, program, root
from tests.support.indexes import RunningIndex, package_lock, running_index

__all__ = ["program", "root"]

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is needed")

GREETING = "exports.VERSION = require('parting').VERSION + '!';"
SCRIPT = {"scripts": {"install": "touch /tmp/asw-ran-a-script"}}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIndex]:
    """A registry."""
    with running_index(tmp_path_factory.mktemp("registry") / "files") as running:
        yield running


@pytest.fixture(scope="module")
def lock(index: RunningIndex) -> str:
    """A lock of a package that needs another one, as the operator hands it over."""
    return installed_lock(
        package_lock(
            {"greeting": "^1.0.0"},
            greeting=index.add_module(
                "greeting", "1.2.0", GREETING, dependencies={"parting": "^3.0.0"}, **SCRIPT
            ),
            parting=index.add_module("parting", "3.0.0", "exports.VERSION = '3.0';"),
        )
    )


def variables(index: RunningIndex, lock: str) -> dict[str, str]:
    """What a Job tells the program."""
    return {
        "PATH": os.environ["PATH"],
        "ASW_ENVIRONMENT": "aaa",
        "ASW_INSTALLER": "npm",
        "ASW_LOCK": lock,
        "ASW_INDEX_URL": index.npm_url,
        "ASW_KEPT": "aaa",
        "ASW_RETENTION_SECONDS": "86400",
    }


def evaluated(folder: Path, code: str) -> str:
    """What Node.js prints, run in the folder."""
    done = subprocess.run(["node", "-p", code], cwd=folder, check=True, capture_output=True)
    return done.stdout.decode().strip()


def test_modules_are_installed_from_the_registry_alone(
    program: ModuleType, index: RunningIndex, lock: str, root: Path
) -> None:
    """Those of the lock and what they need, wherever it said they are; no script of theirs runs."""
    program.main(variables(index, lock), root)
    assert names(root) == {"aaa"}
    assert names(root / "aaa") == {".asw-lock", "node_modules"}
    assert evaluated(root / "aaa", "require('greeting').VERSION") == "3.0!"
    assert sorted(index.downloads) == [
        "/archives/greeting-1.2.0.tgz",
        "/archives/parting-3.0.0.tgz",
    ]
    assert not Path("/tmp/asw-ran-a-script").exists()


def test_another_file_than_the_locked_one_is_refused(
    program: ModuleType, index: RunningIndex, lock: str, root: Path
) -> None:
    """It leaves nothing, says so, and ends the Job, because no other try would help."""
    other = json.loads(lock)
    digest = base64.b64encode(bytes(64)).decode()
    other["packages"]["node_modules/parting"]["integrity"] = f"sha512-{digest}"
    with pytest.raises(program.NotInstalled, match="EINTEGRITY") as found:
        program.main(variables(index, json.dumps(other)), root)
    assert found.value.status == program.WRONG_LOCK
    assert names(root) == set()


def test_a_package_that_the_registry_lacks_is_told(
    program: ModuleType, index: RunningIndex, lock: str, root: Path
) -> None:
    """By its name."""
    other = lock.replace('"parting"', '"missing"').replace(
        "node_modules/parting", "node_modules/missing"
    )
    with pytest.raises(program.NotInstalled, match="missing") as found:
        program.main(variables(index, other), root)
    assert found.value.status == program.WRONG_LOCK


def test_a_registry_that_does_not_answer_is_asked_again(
    program: ModuleType, tmp_path: Path, root: Path, lock: str
) -> None:
    """By another pod of the Job: the status is another one."""
    with running_index(tmp_path / "gone") as gone:
        pass
    told = {**variables(gone, lock), "npm_config_fetch_retries": "0"}
    with pytest.raises(program.NotInstalled) as found:
        program.main(told, root)
    assert found.value.status == 1
    assert names(root) == set()


def test_the_password_of_the_namespace_reaches_its_registry_alone(
    program: ModuleType, index: RunningIndex, tmp_path: Path
) -> None:
    """It is read from the same netrc as that of a Python index."""
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login me password secret\n")
    told: Mapping[str, str] = {**variables(index, ""), "NETRC": str(file)}
    lines = program._npmrc(told, tmp_path).splitlines()
    place = index.npm_url.removeprefix("http:")
    assert lines[1] == f"{place}/:_auth={base64.b64encode(b'me:secret').decode()}"
