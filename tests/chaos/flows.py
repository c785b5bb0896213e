"""The executions that are played: what they do follows from the attempt, not from the clock.

A function answers by its event and by how often it was started with that, so that a start too many
or too few shows in outputs. What is raced against ends much sooner, or never.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from asw.api.workflow import Concurrency
from asw.asl.values import Json
from tests.support.behaviours import (
    Answer,
    Behaviour,
    fails,
    is_lost,
    never_ends,
    returns,
)
from tests.support.play import definition, task

Object: TypeAlias = dict[str, Json]
Script: TypeAlias = Callable[[Json, int], Answer]
"""What becomes of the n-th start, from 1, with an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One kind of execution.

    In seconds: when somebody stops, suspends, resumes, redrives or deletes it, and when its
    Workflow comes. ``count`` executions are there, of which ``limit`` may run. One with
    ``has_deadlines`` ends otherwise when a wall clock jumps; one that ``aborts`` tasks may do so
    before they were seen to start.
    """

    machine: Object
    scripts: Mapping[str, Script] = field(default_factory=dict)
    value: Json = None
    count: int = 1
    limit: Concurrency | None = None
    stopped_at: float | None = None
    suspended_at: float | None = None
    resumed_at: float = 0.0
    redriven_at: float | None = None
    deleted_at: float | None = None
    workflow_at: float = 0.0
    has_deadlines: bool = False
    aborts: bool = False

    def functions(self, runs: Counter[str]) -> dict[str, Behaviour]:
        """Its functions; each of their runs is counted, by name and event."""
        return {name: _counting(name, script, runs) for name, script in self.scripts.items()}


def _counting(name: str, script: Script, runs: Counter[str]) -> Behaviour:
    def behave(event: Json) -> Answer:
        key = f"{name} {json.dumps(event, sort_keys=True)}"
        runs[key] += 1
        return script(event, runs[key])

    return behave


def _works(event: Json, number: int) -> Answer:
    return returns({"of": event, "start": number}, takes=1)


def _quick(event: Json, number: int) -> Answer:
    return returns({"of": event, "start": number})


def _slow(event: Json, number: int) -> Answer:
    return returns({"of": event, "start": number}, takes=500)


def _silent(event: Json, number: int) -> Answer:
    return returns({"of": event, "start": number}, takes=1, pushes=False)


def _beats(event: Json, number: int) -> Answer:
    return returns({"of": event, "start": number}, takes=100, beats=10)


def _third_time(event: Json, number: int) -> Answer:
    return fails("Flaky", f"start {number}") if number < 3 else _works(event, number)


def _second_time(event: Json, number: int) -> Answer:
    return _quick(event, number) if number > 1 else fails("Flaky", "once", takes=0.5)


def _drained(event: Json, number: int) -> Answer:
    return is_lost(takes=2) if number < 3 else _works(event, number)


def _once(event: Json, number: int) -> Answer:
    """It must not be repeated, and is lost each time."""
    return is_lost(takes=2, may_repeat=False)


def _broken(event: Json, number: int) -> Answer:
    return fails("Broken", f"start {number}", takes=1)


def _endless(event: Json, number: int) -> Answer:
    return never_ends()


def _endless_but_first(event: Json, number: int) -> Answer:
    return fails("Broken", takes=400) if event == 0 else never_ends()


SCRIPTS: dict[str, Script] = {
    "works": _works,
    "quick": _quick,
    "slow": _slow,
    "silent": _silent,
    "beats": _beats,
    "third": _third_time,
    "second": _second_time,
    "drained": _drained,
    "once": _once,
    "broken": _broken,
    "endless": _endless,
    "endless-but-first": _endless_but_first,
}

RETRY = [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 2, "MaxAttempts": 5}]


def _catch(state: str) -> Json:
    return [{"ErrorEquals": ["States.ALL"], "Next": state, "ResultPath": "$.error"}]


def _map(
    inner: Object, *, is_distributed: bool = False, kind: str = "STANDARD", **fields: Json
) -> Object:
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    processor = {"ProcessorConfig": mode, **inner} if is_distributed else inner
    state = {"Type": "Map", "ItemProcessor": processor, **fields}
    return state if "Next" in fields else {**state, "End": True}


def _parallel(*branches: Object, **fields: Json) -> Object:
    state = {"Type": "Parallel", "Branches": list(branches), **fields}
    return state if "Next" in fields else {**state, "End": True}


def _wait(seconds: int, **fields: Json) -> Object:
    state = {"Type": "Wait", "Seconds": seconds, **fields}
    return state if "Next" in fields else {**state, "End": True}


def _flow(machine: Object, **fields: Json) -> Flow:
    return Flow(machine=machine, scripts=SCRIPTS, **fields)


def _chain() -> Flow:
    machine = definition(
        "A",
        A=task("works", ResultPath="$.a", Next="Pick"),
        Pick={
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "Rest"}],
            "Default": "B",
        },
        Rest=_wait(3, Next="B"),
        B=task("silent", ResultPath="$.b", Next="Put"),
        Put={"Type": "Pass", "Result": 7, "ResultPath": "$.put", "Next": "C"},
        C=task("quick", ResultPath="$.c"),
    )
    return _flow(machine, value={"n": 1})


def _beside() -> Flow:
    branches = (
        definition("P1", P1=task("works", Next="P2"), P2=task("quick")),
        definition("W", W=_wait(5, Next="P3"), P3=task("silent")),
        definition("P4", P4=task("third", Retry=RETRY)),
    )
    return _flow(
        definition("All", All=_parallel(*branches, Next="Join"), Join=task("quick")), value=1
    )


def _beside_one_fails() -> Flow:
    branches = (
        definition("Bad", Bad=task("broken")),
        definition("Long", Long=task("endless")),
        definition("Rest", Rest=_wait(10_000)),
    )
    machine = definition(
        "All",
        All=_parallel(*branches, Catch=_catch("Mend"), Next="Never"),
        Never={"Type": "Fail"},
        Mend=task("works"),
    )
    return _flow(machine, value={"x": 1}, aborts=True)


def _mapped() -> Flow:
    inner = definition("Each", Each=task("second", Retry=RETRY))
    return _flow(
        definition("M", M=_map(inner, MaxConcurrency=2, Next="Z"), Z=task("quick")),
        value=[1, 2, 3, 4, 5],
    )


def _nested() -> Flow:
    inmost = _map(definition("In", In=task("works")), MaxConcurrency=1)
    outer = _map(definition("Row", Row=inmost))
    branches = (definition("Out", Out=outer), definition("Side", Side=_wait(2)))
    return _flow(definition("Both", Both=_parallel(*branches)), value=[[1, 2], [3], []])


def _retried() -> Flow:
    machine = definition(
        "A",
        A=task("third", Retry=RETRY, ResultPath="$.a", Next="B"),
        B=task(
            "broken",
            Retry=[{"ErrorEquals": ["Broken"], "IntervalSeconds": 1, "MaxAttempts": 2}],
            Catch=_catch("C"),
            Next="Never",
        ),
        Never={"Type": "Fail"},
        C=task("works"),
    )
    return _flow(machine, value={"n": 1})


def _timed_out() -> Flow:
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    machine = definition(
        "A",
        A=task("endless", TimeoutSeconds=5, Retry=retry, Catch=_catch("B"), Next="B"),
        B=task("endless", HeartbeatSeconds=7, TimeoutSeconds=1000, Catch=_catch("C"), Next="Never"),
        Never={"Type": "Fail"},
        C=task("works"),
    )
    return _flow(machine, value={"n": 1}, has_deadlines=True)


def _stopped() -> Flow:
    branches = (
        definition("Long", Long=task("endless")),
        definition("Each", Each=_map(definition("It", It=task("endless")))),
        definition("Rest", Rest=_wait(90_000)),
    )
    return _flow(definition("All", All=_parallel(*branches)), value=[1, 2], stopped_at=400)


def _distributed() -> Flow:
    inner = definition("Each", Each=task("second", Retry=RETRY))
    state = _map(inner, is_distributed=True, MaxConcurrency=2, Next="Z")
    return _flow(definition("M", M=state, Z=task("quick")), value=[1, 2, 3])


def _distributed_one_fails() -> Flow:
    inner = definition("Each", Each=task("endless-but-first"))
    state = _map(inner, is_distributed=True, Catch=_catch("Z"), Next="Z", InputPath="$.items")
    return _flow(definition("M", M=state, Z=task("quick")), value={"items": [0, 1, 2]}, aborts=True)


def _distributed_stopped() -> Flow:
    inner = definition("Each", Each=task("endless"))
    state = _map(inner, is_distributed=True, MaxConcurrency=2)
    return _flow(definition("M", M=state), value=[1, 2, 3], stopped_at=400)


def _express() -> Flow:
    inner = definition("Each", Each=task("second", Retry=RETRY))
    state = _map(inner, is_distributed=True, kind="EXPRESS", MaxConcurrency=2, Next="Z")
    return _flow(definition("M", M=state, Z=task("quick")), value=[1, 2, 3])


def _suspended() -> Flow:
    machine = definition(
        "A", A=task("works", Next="Rest"), Rest=_wait(500, Next="B"), B=task("quick")
    )
    return _flow(machine, value=1, suspended_at=400, resumed_at=1000)


def _redriven() -> Flow:
    branches = (
        definition("Bad", Bad=task("second")),
        definition("Good", Good=task("slow", Next="More"), More=task("quick")),
    )
    machine = definition("Go", Go=task("quick", Next="All"), All=_parallel(*branches))
    return _flow(machine, value=1, redriven_at=800, aborts=True)


def _looped() -> Flow:
    count = {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "Enough"}
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "NumericGreaterThan": 600, "Next": "Done"}],
        "Default": "Count",
    }
    machine = definition("Count", Count=count, Enough=choice, Done=task("quick"))
    return _flow(machine, value={"n": 0})


FLOWS: dict[str, Flow] = {
    "chain": _chain(),
    "beside": _beside(),
    "beside-one-fails": _beside_one_fails(),
    "mapped": _mapped(),
    "nested": _nested(),
    "retried": _retried(),
    "drained": _flow(definition("A", A=task("drained")), value=1),
    "once": _flow(
        definition("A", A=task("once", Catch=_catch("B"), Next="B"), B=task("works")), value={}
    ),
    "timed-out": _timed_out(),
    "alive": _flow(definition("A", A=task("beats", HeartbeatSeconds=80)), has_deadlines=True),
    "over-time": _flow(
        {**definition("A", A=task("endless")), "TimeoutSeconds": 1000}, has_deadlines=True
    ),
    "stopped": _stopped(),
    "deleted": _flow(definition("A", A=task("endless")), deleted_at=400),
    "late-workflow": _flow(definition("A", A=task("works")), workflow_at=7, has_deadlines=True),
    "no-function": _flow(
        definition("A", A=task("absent", Catch=_catch("B"), Next="B"), B=task("works")), value={}
    ),
    "distributed": _distributed(),
    "distributed-one-fails": _distributed_one_fails(),
    "distributed-stopped": _distributed_stopped(),
    "express": _express(),
    "suspended": _suspended(),
    "redriven": _redriven(),
    "in-turn": _flow(
        definition("A", A=task("works")), value=1, count=3, limit=Concurrency(limit=1)
    ),
    "looped": _looped(),
}
"""By the name that plans use."""
