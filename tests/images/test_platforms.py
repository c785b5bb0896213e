"""Our images for arm64, made without an emulator, do what those of this machine do.

What takes minutes is run by `make test-images` alone: every image but one.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from asw import __version__
from dev.cluster import archives, buildah, kind
from dev.cluster.images import storage
from dev.cluster.settings import Settings
from dev.images import IMAGES, build_for
from tests.support import emulation
from tests.support.cluster import require

ARM = "arm64"
PYTHON = """\
import ctypes, platform, ssl
def main_handler(event, context):
    trusted = ssl.create_default_context().cert_store_stats()
    return [event["n"] + 1, platform.machine(), trusted["x509_ca"] > 99]
"""
NODE = """\
exports.main_handler = async (event) => [event.n + 1, process.arch, process.version.split('.')[0]]
"""
SHELL = """\
curl --version >&2 && jq --compact-output --arg machine "$(uname -m)" '[.n + 1, $machine]'
"""
IN_FULL = pytest.mark.skipif(
    os.environ.get("ASW_TEST_IMAGES") != "all", reason="takes minutes: make test-images"
)


@pytest.fixture(scope="module")
def settings():
    """Where images are built; skips where none of arm64 can be built or run."""
    require(not kind.is_usable(), "builder of its own: Docker has what is built")
    require(archives.architecture() != ARM, "other architecture than arm64 here")
    require(emulation.is_possible(), "QEMU that a user namespace may use")
    return Settings.from_environment()


@contextmanager
def running(settings: Settings, short: str) -> Iterator[tuple[emulation.Emulated, dict]]:
    """The root of an image for arm64, and its configuration."""
    (image,) = [it for it in IMAGES if it.name.endswith(f"/{short}")]
    with storage(settings):
        name = build_for(image, ARM, settings)
        config = buildah.configuration(name, settings)
        assert config["architecture"] == ARM
        with buildah.mounted(name, settings) as root:
            yield emulation.Emulated(root), config["config"]


@pytest.mark.parametrize(
    ("short", "code", "output"),
    [
        pytest.param("shell", {"index.sh": SHELL}, [3, "aarch64"], id="shell"),
        pytest.param(
            "python3", {"index.py": PYTHON}, [3, "aarch64", True], id="python3", marks=IN_FULL
        ),
        pytest.param(
            "python3.13", {"index.py": PYTHON}, [3, "aarch64", True], id="python3.13", marks=IN_FULL
        ),
        pytest.param("nodejs", {"index.js": NODE}, [3, "arm64", "v22"], id="nodejs", marks=IN_FULL),
    ],
)
def test_a_runtime_for_arm64_runs_a_function(settings, short, code, output):
    """The image starts as a task's container does, and its programs are of the other processor."""
    with running(settings, short) as (emulated, config):
        variables = {
            **dict(it.split("=", 1) for it in config["Env"]),
            "ASW_CODE": json.dumps(code),
            "ASW_EVENT": '{"n": 2}',
            "ASW_TASK_ID": "4f0c1f6e-7a44-4a3c-9d0e-2f3e5a6b7c8d-7",
            "ASW_FUNCTION_NAME": "next",
            "ASW_RESULT_FILE": "/tmp/result",
        }
        words = ["sh", "-c", '"$@" >&2; cat /tmp/result', "sh", *config["Entrypoint"]]
        done = emulated.run(words, variables)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"output": output}, done.stderr


@IN_FULL
def test_the_operator_for_arm64_starts(settings):
    """All that it is made of is of the other processor, modules in C and Rust too."""
    code = "import aiohttp, asw.operator, cryptography, orjson, pydantic_core, yaml, yarl"
    with running(settings, "operator") as (emulated, config):
        variables = dict(it.split("=", 1) for it in config["Env"])
        told = emulated.run([*config["Entrypoint"], "--version"], variables)
        assert __version__ in told.stdout, told.stderr
        loaded = emulated.run(["python3", "-c", code], variables)
        assert loaded.returncode == 0, loaded.stderr


@IN_FULL
@pytest.mark.parametrize("short", ["python3", "python3.13"])
def test_packages_of_the_other_architecture_are_known_to_apt(settings, short):
    """An image upon ours may install packages; scanners find what is there by the same lists."""
    with running(settings, short) as (emulated, config):
        variables = dict(it.split("=", 1) for it in config["Env"])
        for words in (["dpkg", "--audit"], ["apt-get", "check"]):
            done = emulated.run(words, variables)
            assert done.returncode == 0, done.stderr
        listed = emulated.run(
            ["dpkg-query", "--show", "--showformat", "${Architecture}\n"], variables
        )
        assert set(listed.stdout.split()) == {"all", ARM}
        changed = emulated.run(["dpkg", "--verify"], variables).stdout.splitlines()
        assert [it for it in changed if not it.startswith("missing")] == []


def test_layers_hold_no_file_of_this_processor(settings):
    """What is built here for arm64 contains no program that would not start there."""
    with running(settings, "shell") as (emulated, _):
        words = ["find", emulated.root, "-xdev", "-type", "f", "-perm", "/111", "-size", "+1k"]
        found = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
        assert len(found) > 200
        machines = {_machine(path) for path in found} - {None}
        assert machines == {183}  # EM_AARCH64


def _machine(path: str) -> int | None:
    with Path(path).open("rb") as file:
        head = file.read(20)
    return int.from_bytes(head[18:20], "little") if head.startswith(b"\x7fELF") else None
