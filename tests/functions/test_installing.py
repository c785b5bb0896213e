"""The program of the install Jobs, with a real pip and a real index."""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.indexes import RunningIndex, running_index

PROGRAM = Path(__file__).parents[2] / "functions/python3/asw_runtime/installing.py"
WRONG = f"greeting==1.2 --hash=sha256:{'0' * 64}\n"
DAY = 86_400


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIndex]:
    """An index with two packages."""
    with running_index(tmp_path_factory.mktemp("index") / "files") as running:
        yield running


@pytest.fixture(scope="module")
def lock(index: RunningIndex) -> str:
    """A lock of both of them."""
    return index.add("greeting", "1.2") + index.add("parting", "3.0")


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program as a module. Bytecode goes beside modules, as in a pod."""
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    spec = importlib.util.spec_from_file_location("installing", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The volume."""
    (tmp_path / "volume").mkdir()
    return tmp_path / "volume"


def variables(index: RunningIndex, lock: str, name: str = "aaa", *kept: str) -> dict[str, str]:
    """What a Job tells it."""
    return {
        "PATH": os.environ["PATH"],
        "ASW_ENVIRONMENT": name,
        "ASW_LOCK": lock,
        "ASW_INDEX_URL": index.url,
        "ASW_KEPT": " ".join((name, *kept)),
        "ASW_RETENTION_SECONDS": str(DAY),
    }


def names(root: Path) -> set[str]:
    """What lies in the volume."""
    return {path.name for path in root.iterdir()}


def version(folder: Path, module: str) -> str:
    """What Python finds in the environment, as a function would."""
    code = f"import sys; sys.path.append({str(folder)!r}); import {module}; print({module}.VERSION)"
    done = subprocess.run([sys.executable, "-S", "-c", code], check=True, capture_output=True)
    return done.stdout.decode().strip()


def an_environment(root: Path, name: str, unused: float | None = None) -> None:
    """One that is complete, and has been unused for so many seconds."""
    (root / name).mkdir()
    (root / name / ".asw-lock").write_text("lock")
    if unused is not None:
        mark = root / f"{name}.unused"
        mark.touch()
        os.utime(mark, (time.time() - unused, time.time() - unused))


def test_packages_are_installed_with_bytecode_and_without_scripts(
    program: ModuleType, index: RunningIndex, lock: str, root: Path
) -> None:
    """Functions only read: what they cannot compile is compiled before; nothing is left over."""
    program.main(variables(index, lock), root)
    assert names(root) == {"aaa"}
    assert version(root / "aaa", "greeting") == "1.2"
    assert version(root / "aaa", "parting") == "3.0"
    assert list((root / "aaa" / "__pycache__").glob("greeting.*.pyc"))
    assert not (root / "aaa" / "bin").exists()


def test_nothing_is_fetched_twice(
    program: ModuleType, index: RunningIndex, lock: str, root: Path
) -> None:
    """A Job that is repeated finds what the first one made."""
    program.main(variables(index, lock), root)
    before = list(index.asked)
    program.main(variables(index, lock), root)
    assert index.asked == before


def test_a_wrong_hash_leaves_nothing_and_says_so(
    program: ModuleType, index: RunningIndex, lock: str, root: Path
) -> None:
    """With a status that ends the Job, because no other try would help."""
    with pytest.raises(program.NotInstalled, match="DO NOT MATCH THE HASHES") as found:
        program.main(variables(index, WRONG), root)
    assert str(found.value).startswith("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES")
    assert found.value.status == program.WRONG_LOCK
    assert names(root) == set()


def test_an_index_that_does_not_answer_is_asked_again(
    program: ModuleType, tmp_path: Path, root: Path
) -> None:
    """By another pod of the Job: the status is another one."""
    with running_index(tmp_path / "gone") as gone:
        pass
    with pytest.raises(program.NotInstalled) as found:
        program.main(variables(gone, WRONG), root)
    assert found.value.status == 1
    assert names(root) == set()


def test_what_a_killed_try_left_is_no_environment(
    program: ModuleType, index: RunningIndex, lock: str, root: Path
) -> None:
    """It is removed by the next one, which starts from the beginning."""
    (root / "aaa.tmp-x1").mkdir()
    (root / "aaa.tmp-x1" / "greeting.py").write_text("VERSION = 'half'")
    program.main(variables(index, lock), root)
    assert names(root) == {"aaa"}
    assert version(root / "aaa", "greeting") == "1.2"


def test_a_folder_that_the_kubelet_made_is_no_environment(
    program: ModuleType, index: RunningIndex, lock: str, root: Path
) -> None:
    """A pod that mounts what is not there gets an empty folder: it is filled, not believed."""
    (root / "aaa").mkdir()
    program.main(variables(index, lock), root)
    assert version(root / "aaa", "greeting") == "1.2"


def test_what_is_unused_for_long_enough_is_removed(
    program: ModuleType, index: RunningIndex, lock: str, root: Path
) -> None:
    """Not what is used again, nor what has only just been left."""
    an_environment(root, "old", unused=DAY + 60)
    an_environment(root, "young", unused=60)
    an_environment(root, "new")
    an_environment(root, "back", unused=DAY + 60)
    program.main(variables(index, lock, "aaa", "back"), root)
    assert names(root) == {"aaa", "young", "young.unused", "new", "new.unused", "back"}


@pytest.mark.parametrize(
    "given", [{"PIP_INDEX_URL": "http://elsewhere.invalid/"}, {"PYTHONPATH": "/tmp/evil"}]
)
def test_pip_takes_nothing_from_its_surroundings(
    program: ModuleType, given: Mapping[str, str], tmp_path: Path
) -> None:
    """No index and no module but those that are meant."""
    made = program.environment_of({"PATH": "/bin", **given}, tmp_path)
    assert not given.keys() & made.keys()
    assert made["PIP_CONFIG_FILE"] == os.devnull


def test_the_password_of_an_index_is_found_by_its_file(program: ModuleType, tmp_path: Path) -> None:
    """If there is one: the Secret may be missing."""
    netrc = tmp_path / "netrc"
    assert "NETRC" not in program.environment_of({"NETRC": str(netrc)}, tmp_path)
    netrc.write_text("machine packages.example login ada password x")
    assert program.environment_of({"NETRC": str(netrc)}, tmp_path)["NETRC"] == str(netrc)


def test_the_last_words_are_short(program: ModuleType, tmp_path: Path) -> None:
    """Kubernetes keeps 4 KiB of them, and a condition less."""
    file = tmp_path / "termination-log"
    program.tell("x" * 9000 + "the end", str(file))
    assert file.read_text().endswith("the end")
    assert len(file.read_bytes()) <= program.TOLD_BYTES
