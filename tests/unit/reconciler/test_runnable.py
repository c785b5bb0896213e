"""Definitions that the language has and the reconciler cannot run."""

import pytest

from asw.asl.problems import InvalidDefinition
from asw.asl.values import to_text
from asw.reconciler.runnable import parse_runnable, read_runnable

_PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
_MAP = {
    "Type": "Map",
    "End": True,
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        **_PASS,
    },
}
_PLAIN = to_text(_PASS)
_DISTRIBUTED = to_text({"StartAt": "a/b", "States": {"a/b": _MAP}})
_INSIDE = to_text(
    {
        "StartAt": "All",
        "States": {
            "All": {
                "Type": "Parallel",
                "End": True,
                "Branches": [{"StartAt": "M", "States": {"M": _MAP}}],
            }
        },
    }
)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (_DISTRIBUTED, "/States/a~1b/ItemProcessor/ProcessorConfig/Mode"),
        (_INSIDE, "/States/All/Branches/0/States/M/ItemProcessor/ProcessorConfig/Mode"),
    ],
    ids=["at the top", "in a branch"],
)
def test_distributed_maps_are_refused(text: str, path: str) -> None:
    """A distributed Map is refused before it runs, at its own place."""
    found = [(it.code, it.path) for it in read_runnable(text)[1]]
    assert found == [("NotSupported", path)]
    with pytest.raises(InvalidDefinition, match="distributed Map is not supported yet"):
        parse_runnable(text)


def test_what_runs_is_parsed() -> None:
    """A definition that runs has no problems and becomes a machine."""
    assert read_runnable(_PLAIN)[1] == ()
    assert parse_runnable(_PLAIN).block.start_at == "P"


def test_the_languages_problems_come_first() -> None:
    """What is wrong with the language alone is told alone."""
    (problem,) = read_runnable('{"StartAt": "P"}')[1]
    assert problem.code == "SCHEMA_VALIDATION_FAILED"
