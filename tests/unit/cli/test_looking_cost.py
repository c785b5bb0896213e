"""What verbs that look at executions load: they are called often, and modules are their cost."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.playground import make_playground

WORKING = {
    "asw.lint.plan",
    "asw.executions.local.session",
    "asw.engine.step",
    "asw.engine.states.task_state",
    "asw.reconciler.reconciler",
}
"""What plans, steps and reconciles: a verb that looks does none of it."""
COSTLY = {"aiohttp", "jlens", "kopf", "pydantic", "yaml"}
"""Libraries of others, which take longer to load than a verb has to answer."""
PARSER = {"asw.asl.parse"}
"""What reads definitions."""
LANGUAGE = {"asw.asl.model", *PARSER}
CODE = """
import sys, json
from asw.cli.main import main
try:
    main(sys.argv[1:])
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def playground(tmp_path_factory):
    """A store with hello-1, which succeeded, and hello-2, which failed."""
    return make_playground(tmp_path_factory.mktemp("store"))


@pytest.mark.parametrize(
    ("words", "never"),
    [
        ("list", WORKING | COSTLY | LANGUAGE),
        ("list -o wide", WORKING | COSTLY | LANGUAGE),
        ("get hello-2", WORKING | COSTLY | LANGUAGE),
        ("get hello-2 -o json", WORKING | COSTLY | LANGUAGE),
        ("get functions -o wide", WORKING | COSTLY),
        ("invoke greet --input @input.json", WORKING | COSTLY | PARSER),
        ("logs hello-2", WORKING | COSTLY),
        ("history hello-2", WORKING | COSTLY | PARSER),
        ("history hello-2 -o json", WORKING | COSTLY | PARSER),
        ("why hello-1", WORKING | COSTLY),
        ("why hello-2", WORKING | COSTLY),
    ],
)
def test_a_verb_that_looks_loads_nothing_that_works(playground, words, never):
    """Looking at this machine's store loads no planner, engine, reconciler or models.

    Nor does a Function that runs alone: it is nobody's Task.
    """
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words.split(), "--local"],
        cwd=playground,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = json.loads(done.stderr.splitlines()[-1])
    assert "asw.executions.local.runs" in loaded
    assert not never & set(loaded)


@pytest.mark.parametrize("verb", ["invoke", "dev"])
def test_help_loads_nothing_that_runs(verb):
    """What does the work of these verbs is loaded when they work."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, verb, "--help"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert not (WORKING | COSTLY | LANGUAGE | {"asyncio", "rich", "sqlite3", "watchfiles"}) & loaded
