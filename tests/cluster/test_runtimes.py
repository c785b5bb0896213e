"""The runtimes nodejs and python3.13 on the cluster: their images, and what they promise."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from dev.cluster import bases, kind
from dev.cluster.settings import Settings
from dev.images import version
from tests.support.images import built
from tests.support.space import Space, execution, function, one_task, workflow

pytestmark = pytest.mark.cluster

FUNCTIONS = Path(__file__).parents[1] / "functions"
NODEJS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "module": (
        {
            "index.mjs": "import { add } from './add.mjs';\n"
            "export const main_handler = async (event, context) =>\n"
            "  [add(event.a, event.b), context.function_name, process.version.split('.')[0]];",
            "add.mjs": "export const add = (a, b) => a + b;",
        },
        {"output": [3, "module", "v22"]},
    ),
    "callback": (
        {
            "index.js": "exports.main_handler = (event, context, callback) =>\n"
            "  setTimeout(callback, 10, null, [event.b, process.env.ASW_TASK_TOKEN ?? null]);"
        },
        {"output": [2, None]},
    ),
    "throws": (
        {"index.js": "exports.main_handler = async () => { throw new RangeError('坏了'); };"},
        {"error": "RangeError", "says": "坏了"},
    ),
    "busy": (
        {"index.js": "exports.main_handler = async () => { for (;;); };"},
        {"error": "Sandbox.Timedout", "says": "2.00 seconds"},
    ),
    "exits": (
        {"index.js": "exports.main_handler = async () => process.exit(3);"},
        {"error": "Runtime.ExitError", "says": "exit status 3"},
    ),
    "dies": (
        {"index.js": "exports.main_handler = async () => process.abort();"},
        {"error": "Asw.TaskCrashed", "says": "ended with signal"},
    ),
}


def test_nodejs_functions(space: Space) -> None:
    """Modules, callbacks and each way to fail, in pods whose root file system is read-only."""
    for name, (files, _) in NODEJS.items():
        spec = {"runtime": "nodejs", "code": {"inline": files}}
        space.apply(function(name, "", **spec, timeoutSeconds=2 if name == "busy" else 60))
        space.apply(
            workflow(name, one_task(name)),
            execution(f"{name}-1", name, {"a": 1, "b": 2}),
        )
    for name, (_, expected) in NODEJS.items():
        status = space.finished(f"{name}-1")["status"]
        if "error" in expected:
            assert status.get("error") == expected["error"], (name, status.get("cause"))
            assert expected["says"] in status["cause"], name
        else:
            assert status.get("output") == expected["output"], (name, status.get("cause"))


def test_the_log_of_a_nodejs_task_is_kept(space: Space) -> None:
    """Kubectl shows what it printed, and the error with its frames."""
    code = "exports.main_handler = async () => { console.log('said'); throw new Error('bad'); };"
    spec = {"runtime": "nodejs", "code": {"inline": {"index.js": code}}}
    space.apply(function("says", "", **spec), workflow("says", one_task("says")))
    space.run("says-1", "says")
    log = "\n".join(space.logs("says-1"))
    assert "[ERROR] Error: bad\n    at exports.main_handler (/var/task/index.js:1:" in log
    assert "said" in log.splitlines()  # on another stream, whose lines may be kept earlier or later


PACKAGES = f"""
FROM docker.io/asw/nodejs:{version()}
USER root
RUN mkdir -p /var/task/node_modules/greeting \\
 && echo "module.exports = 'hello';" > /var/task/node_modules/greeting/index.js
USER 65532:65532
"""
GREETING = {
    "index.mjs": "import greeting from 'greeting';\nimport { second } from './second.mjs';\n"
    "export const main_handler = async () => [greeting, second];",
    "second.mjs": "import greeting from 'greeting';\n"
    "import { createRequire } from 'node:module';\n"
    "export const second = greeting + createRequire(import.meta.url)('greeting');",
}


@pytest.mark.parametrize("mode", ["Job", "Warm"])
def test_mounted_code_finds_the_packages_of_its_image(space: Space, mode: str) -> None:
    """The image has node_modules, a ConfigMap the code: both kinds of modules find them."""
    spec = {
        "runtime": "nodejs",
        "image": built("docker.io/asw-test/nodejs-greeting:1", PACKAGES),
        "code": {"configMapRef": {"name": "code"}},
        "mode": mode,
        **({"warm": {"min": 1, "coldStart": "Wait"}} if mode == "Warm" else {}),
    }
    code = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "code"}}
    space.apply({**code, "data": GREETING})
    space.apply(function("greet", "", **spec), workflow("greet", one_task("greet")))
    status = space.run("greet-1", "greet")
    assert status.get("output") == ["hello", "hellohello"], status


@pytest.mark.parametrize(
    ("runtime", "expected"), [("python3", "3.11"), ("python3.11", "3.11"), ("python3.13", "3.13")]
)
def test_a_python_is_the_one_that_was_chosen(space: Space, runtime: str, expected: str) -> None:
    """python3 stays what it was; the name of a version gets this version."""
    code = (
        "import sys\ndef main_handler(event, context):\n"
        "    return '.'.join(map(str, sys.version_info[:2]))\n"
    )
    space.apply(function("which", code, runtime=runtime), workflow("which", one_task("which")))
    assert space.run("which-1", "which")["output"] == expected


def test_the_python_of_the_other_image_keeps_the_contract(tmp_path: Path) -> None:
    """All that is promised of Python functions is true with the interpreter of python3.13."""
    if kind.is_usable():
        pytest.skip("the base image is kept by Docker, not as an archive")
    python = _unpacked(bases.archive(bases.PYTHON_313, Settings.from_environment()), tmp_path)
    files = ("contract", "bad_functions", "python_handlers", "serving")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    words += [str(FUNCTIONS / f"test_{name}.py") for name in files]
    done = subprocess.run(
        [*words, "-k", "not nodejs and not shell"],
        env={**os.environ, "ASW_CONTRACT_PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def _unpacked(archive: Path, folder: Path) -> Path:
    """A program that runs the Python of the image with the image's own libraries."""
    root = folder / "root"
    with tarfile.open(archive) as image:
        manifest = image.extractfile("manifest.json")
        assert manifest is not None
        for name in json.load(manifest)[0]["Layers"]:
            layer = image.extractfile(name)
            assert layer is not None
            with tarfile.open(fileobj=layer) as files:
                files.extractall(root, filter="fully_trusted")
    libraries = next((root / "usr/lib").glob("*-linux-gnu"))
    loader = next(libraries.glob("ld-linux-*.so.*"))
    program = folder / "python"
    program.write_text(
        f"#!/bin/sh\nexport PYTHONHOME={root}/usr\n"
        f'exec {loader} --library-path {libraries} {root}/usr/bin/python3.13 "$@"\n'
    )
    program.chmod(0o755)
    return program
