"""The Dockerfiles of the runtime images: what they promise to the pods that use them."""

import json
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"
OPTIONS = {"python3": [], "shell": ["--shell"]}


def _instructions(runtime: str) -> list[tuple[str, str]]:
    """Instruction and argument of each line, continuation lines joined."""
    text = (FUNCTIONS / runtime / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.mark.parametrize("runtime", OPTIONS)
def test_an_image_starts_the_runtime_that_it_contains(runtime: str) -> None:
    """Entry point and copied files agree, and both images contain the same runtime."""
    instructions = dict(_instructions(runtime))

    source, target = instructions["COPY"].split()
    *python, script = json.loads(instructions["ENTRYPOINT"])[: -len(OPTIONS[runtime]) or None]
    assert python == ["python3", "-S", "-P"]
    assert json.loads(instructions["ENTRYPOINT"])[4:] == OPTIONS[runtime]
    assert (FUNCTIONS / source / Path(script).relative_to(target)).is_file()


@pytest.mark.parametrize("runtime", OPTIONS)
def test_an_image_runs_as_nobody_in_particular(runtime: str) -> None:
    """The user is numeric, so that Kubernetes can see that it is not root."""
    instructions = dict(_instructions(runtime))

    assert instructions["USER"] == "65532:65532"
    assert instructions["ENV"].startswith("HOME=/tmp")


@pytest.mark.parametrize("runtime", OPTIONS)
def test_an_image_brings_its_bytecode(runtime: str) -> None:
    """With a read-only root file system nothing can be compiled later."""
    run = dict(_instructions(runtime))["RUN"]

    assert "compileall" in run
    assert "--invalidation-mode unchecked-hash" in run
