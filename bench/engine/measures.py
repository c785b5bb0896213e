"""The measures, each a function that gives one sample: `python -m bench.engine.measures NAME`.

They run in a process of their own, which prints the samples as JSON: no measure finds the caches
warm, or the heap full, that another one left. A sample is seconds of the processor, which others
on a busy machine lengthen least, by the name of what they were spent on.
"""

import gc
import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from typing import Final
from unittest.mock import patch

from asw.asl.model import StateMachine
from asw.asl.parse import find_problems, parse
from asw.asl.values import Json, to_text
from asw.engine.commands import StartTask
from asw.engine.record import Header
from asw.engine.simulation import Answer, MapItem, simulate
from asw.engine.step import begin
from bench.engine.definitions import large_definition
from bench.engine.machines import (
    LARGE_MAP,
    SMALL_MAP,
    TRANSITIONS,
    loop,
    map_of_three,
)

Sample = dict[str, float]

HEADER: Final = Header(
    uid="0d5f9d3e-7a2b-4a55-9d0a-3f4f1b6c7e01",
    name="bench",
    arn="arn:aws:states:us-east-1:123456789012:execution:bench:bench",
    workflow_name="bench",
    workflow_arn="arn:aws:states:us-east-1:123456789012:stateMachine:bench",
    role_arn="arn:aws:iam::123456789012:role/bench",
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
)


class NoTasks:
    """The outside of machines that have no tasks."""

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:  # noqa: ARG002
        """No task is started."""
        raise AssertionError(command)


def transitions(count: int = TRANSITIONS) -> Sample:
    """The loop, with its history kept."""
    machine = parse(to_text(loop(count)))
    return {"loop": seconds_of(machine, {})}


def small_and_large(mode: str, small: int = SMALL_MAP, large: int = LARGE_MAP) -> Sample:
    """As many items in small Maps, one after the other, as in one large one."""
    machine = parse(to_text(map_of_three(mode)))
    return {
        "small": sum(seconds_of(machine, list(range(small))) for _ in range(large // small)),
        "large": seconds_of(machine, list(range(large))),
    }


def reading(language: str) -> Sample:
    """A large definition, parsed and validated with cold caches."""
    find_problems(to_text(loop(TRANSITIONS)))
    text = large_definition(language)
    gc.collect()
    began = time.process_time()
    problems = find_problems(text)
    seconds = time.process_time() - began
    assert not problems, problems[0]
    return {"reading": seconds}


def seconds_of(machine: StateMachine, value: Json) -> float:
    """How long the machine takes from its beginning to its success."""
    gc.collect()
    began = time.process_time()
    played = simulate(machine, begin(HEADER, value), NoTasks())
    seconds = time.process_time() - began
    assert played.outcome.status == "SUCCEEDED", played.outcome
    return seconds


def long_history() -> AbstractContextManager[object]:
    """No end to the history of an execution: a Map of 10,000 items writes more than AWS allows."""
    return patch("asw.engine.run.HISTORY_LIMIT", sys.maxsize)


MEASURES: Final[Mapping[str, Callable[[], Sample]]] = {
    "transitions": transitions,
    "inline": partial(small_and_large, "INLINE"),
    "distributed": partial(small_and_large, "DISTRIBUTED"),
    "JSONPath": partial(reading, "JSONPath"),
    "JSONata": partial(reading, "JSONata"),
}


def main(name: str, warm_ups: str, rounds: str) -> int:
    """Print the samples of so many rounds, after so many that only warm up."""
    with long_history():
        samples = [MEASURES[name]() for _ in range(int(warm_ups) + int(rounds))]
    print(json.dumps(samples[int(warm_ups) :]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
