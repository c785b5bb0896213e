"""The Dockerfiles of the runtime images: what they promise to the pods that use them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"
ENTRYPOINTS = {
    "python3": ["python3", "-S", "-P", "/opt/asw/asw_runtime/__main__.py"],
    "shell": ["python3", "-S", "-P", "/opt/asw/asw_runtime/__main__.py", "--shell"],
    "nodejs": ["/opt/asw/nodejs/asw_runtime/start.sh"],
}


def _instructions(runtime: str) -> list[tuple[str, str]]:
    """Instruction and argument of each line, continuation lines joined."""
    text = (FUNCTIONS / runtime / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def _last_stage(runtime: str) -> list[tuple[str, str]]:
    """The instructions of the stage that the image is made by."""
    instructions = _instructions(runtime)
    stages = [at for at, (word, _) in enumerate(instructions) if word == "FROM"]
    return instructions[stages[-1] :]


@pytest.mark.parametrize("runtime", ENTRYPOINTS)
def test_an_image_starts_the_runtime_that_it_contains(runtime: str) -> None:
    """Entry point and copied files agree."""
    copied = [rest.split() for word, rest in _instructions(runtime) if word == "COPY"]
    assert ["--from=build", "/made/", "/"] in copied

    words = json.loads(dict(_last_stage(runtime))["ENTRYPOINT"])
    script = next(word for word in words if word.startswith("/opt"))
    folder = f"/made{Path(script).parent}"
    (source,) = [it[0] for it in copied if it[-1] == folder]
    assert words == ENTRYPOINTS[runtime]
    assert (FUNCTIONS / source / Path(script).name).is_file()


def test_the_nodejs_image_has_the_parent_of_warm_pods_where_it_looks_for_it() -> None:
    """Both runtimes lie as they do here: beside each other."""
    copied = [rest.split() for word, rest in _instructions("nodejs") if word == "COPY"]

    for runtime in ("nodejs", "python3"):
        assert [f"{runtime}/asw_runtime", f"/made/opt/asw/{runtime}/asw_runtime"] in copied


@pytest.mark.parametrize("runtime", ENTRYPOINTS)
def test_an_image_runs_as_nobody_in_particular(runtime: str) -> None:
    """The user is numeric, so that Kubernetes can see that it is not root."""
    instructions = dict(_last_stage(runtime))

    assert instructions["USER"] == "65532:65532"
    assert instructions["ENV"].startswith("HOME=/tmp")


@pytest.mark.parametrize("runtime", ENTRYPOINTS)
def test_nothing_of_an_image_runs_while_it_is_built(runtime: str) -> None:
    """Its base may be of another processor than the one that builds."""
    assert "RUN" not in dict(_last_stage(runtime))
    (build,) = [rest for word, rest in _instructions(runtime) if rest.endswith(" AS build")]
    assert build == "--platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build"


@pytest.mark.parametrize("runtime", ENTRYPOINTS)
def test_an_image_brings_its_bytecode(runtime: str) -> None:
    """With a read-only root file system nothing can be compiled later."""
    steps = " ".join(rest for word, rest in _instructions(runtime) if word == "RUN")

    assert "stdlib_bytecode.py /base /stdlib" in steps
    assert "compileall -q --invalidation-mode unchecked-hash -s /made -p / /made/opt/asw" in steps
    assert ("COPY", "--from=build /stdlib/ /") in _last_stage(runtime)


def test_the_image_of_the_connector_keeps_the_same_promises() -> None:
    """Nobody in particular runs it, it was compiled when built, and pip is gone from it."""
    last = dict(_last_stage("connector"))
    assert json.loads(last["ENTRYPOINT"]) == ["python3", "-P", "-m", "asw.connector"]
    assert last["USER"] == "65532:65532"
    assert "RUN" not in last
    steps = " ".join(rest for word, rest in _instructions("connector") if word == "RUN")
    assert "--require-hashes --requirement locks/connector.txt" in steps
    assert "compileall -q --invalidation-mode unchecked-hash /opt/asw/lib" in steps
    assert "pip uninstall" in steps


def test_the_image_of_the_connector_leaves_out_nothing_that_it_needs() -> None:
    """What its Dockerfile removes is all that the connector's process does without."""
    root = FUNCTIONS.parent / "operator" / "asw"
    (removed,) = re.findall(r"rm -r ([a-z ]+) \\", (FUNCTIONS / "connector/Dockerfile").read_text())
    code = (
        "import sys, asw.connector.pod.run;"
        "print(*{it.split('.')[1] for it in sys.modules if it.startswith('asw.')})"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    packages = {it.parent.name for it in root.glob("*/__init__.py")}
    assert set(removed.split()) == packages - {*loaded.split(), "messages"}
