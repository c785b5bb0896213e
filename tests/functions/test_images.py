"""The Dockerfiles of the runtime images: what they promise to the pods that use them."""

import json
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"
ENTRYPOINTS = {
    "python3": ["python3", "-S", "-P", "/opt/asw/asw_runtime/__main__.py"],
    "shell": ["python3", "-S", "-P", "/opt/asw/asw_runtime/__main__.py", "--shell"],
    "nodejs": ["node", "/opt/asw/asw_runtime/main.js"],
}


def _instructions(runtime: str) -> list[tuple[str, str]]:
    """Instruction and argument of each line, continuation lines joined."""
    text = (FUNCTIONS / runtime / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.mark.parametrize("runtime", ENTRYPOINTS)
def test_an_image_starts_the_runtime_that_it_contains(runtime: str) -> None:
    """Entry point and copied files agree."""
    instructions = dict(_instructions(runtime))

    source, target = instructions["COPY"].split()
    words = json.loads(instructions["ENTRYPOINT"])
    script = next(word for word in words if word.startswith(target))
    assert words == ENTRYPOINTS[runtime]
    assert (FUNCTIONS / source / Path(script).relative_to(target)).is_file()


@pytest.mark.parametrize("runtime", ENTRYPOINTS)
def test_an_image_runs_as_nobody_in_particular(runtime: str) -> None:
    """The user is numeric, so that Kubernetes can see that it is not root."""
    instructions = dict(_instructions(runtime))

    assert instructions["USER"] == "65532:65532"
    assert instructions["ENV"].startswith("HOME=/tmp")


@pytest.mark.parametrize("runtime", ["python3", "shell"])
def test_an_image_brings_its_bytecode(runtime: str) -> None:
    """With a read-only root file system nothing can be compiled later."""
    run = dict(_instructions(runtime))["RUN"]

    assert "compileall" in run
    assert "--invalidation-mode unchecked-hash" in run
