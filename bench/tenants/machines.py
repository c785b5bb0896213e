"""Attacks by the shape of a machine: long, endless, wide, deep, or large in what it carries."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from asw.asl.values import Json
from bench.tenants.attack import Attack, Strike, machine, runs
from bench.tenants.tenant import Tenant, execution, function, workflow

KIB = 1024


def _filling(kib: int) -> Json:
    return {"filling": "x" * (kib * KIB)}


def _loop(state: Mapping[str, Any] = MappingProxyType({"Type": "Pass"})) -> dict[str, Any]:
    """The state again and again: nothing ever has what would end it."""
    rule = {"Variable": "$.stop", "IsPresent": True, "Next": "Done"}
    states = {
        "Go": {**state, "Next": "Again"},
        "Again": {"Type": "Choice", "Choices": [rule], "Default": "Go"},
        "Done": {"Type": "Succeed"},
    }
    return {"StartAt": "Go", "States": states}


def _pulse() -> dict[str, Any]:
    return _loop({"Type": "Wait", "Seconds": 1})


def _map(count: int, mode: Mapping[str, Any]) -> dict[str, Any]:
    """A Map over so many numbers, made where it stands."""
    body = machine({"Type": "Pass"}, prefix="Item", ProcessorConfig=mode)
    state = {"Type": "Map", "Items": f"{{% [1..{count}] %}}", "ItemProcessor": body}
    return machine({**state, "MaxConcurrency": 1000}, QueryLanguage="JSONata")


def _parallel(outer: int, inner: int) -> dict[str, Any]:
    def branches(names: Iterable[str], states: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
        made = [machine(it, prefix=name) for name, it in zip(names, states, strict=True)]
        return {"Type": "Parallel", "Branches": made}

    names = [f"B{number}-" for number in range(outer)]
    leaves = ([f"{name}{number}-" for number in range(inner)] for name in names)
    nested = (branches(each, [{"Type": "Pass"}] * inner) for each in leaves)
    return machine(branches(names, nested))


def _copies(count: int) -> dict[str, Any]:
    """Each state keeps what it gets in a variable of its own."""
    return machine(*({"Type": "Pass", "Assign": {f"v{n}.$": "$"}} for n in range(count)))


def _retries() -> dict[str, Any]:
    again = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 10_000}
    task = {"Type": "Task", "Resource": "asw:function:nobody"}
    return machine({**task, "Retry": [{**again, "BackoffRate": 1.0}]})


_PUSH = f"def main_handler(event, context):\n    return 'x' * {255 * KIB}\n"


def _pushing() -> dict[str, Any]:
    return _loop({"Type": "Task", "Resource": "asw:function:push"})


def _by_text(name: str, texts: tuple[str, ...], times: int) -> Strike:
    """So many runs with each text as their input, as it is."""

    async def strike(tenant: Tenant) -> None:
        await tenant.apply(
            execution(f"{name}-{place}-{number}", name, inputText=text)
            for number in range(times)
            for place, text in enumerate(texts)
        )

    return strike


def _started(name: str, times: int) -> Strike:
    async def strike(tenant: Tenant) -> None:
        await tenant.start(name, times)

    return strike


_PASS = machine({"Type": "Pass"})
_DEEP_TEXTS = (
    "[" * 390 + "]" * 390,
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 40_000 + "1" + "}" * 40_000,
)
_LARGE_TEXTS = (
    '"' + "x" * 262_100 + '"',
    "[" + "1," * 131_000 + "1]",
    "[" + "{}," * 87_000 + "1]",
)


def attacks() -> tuple[Attack, ...]:
    """All of them."""
    return (
        runs(
            "long-chain",
            "4,000 states that pass 200 KB on, each into a new object.",
            lambda: machine(*[{"Type": "Pass", "Parameters": {"filling.$": "$.filling"}}] * 4_000),
            times=10,
            given=lambda: _filling(200),
        ),
        runs("endless-loop", "A loop of Pass and Choice, to the end of the history.", _loop),
        runs(
            "endless-loop-200k",
            "The same loop with 200 KB to carry.",
            _loop,
            times=10,
            given=lambda: _filling(200),
        ),
        runs("timers", "Two thousand runs that wake up every second.", _pulse, times=2_000),
        runs(
            "inline-map",
            "An inline Map over 10,000 items.",
            lambda: _map(10_000, {"Mode": "INLINE"}),
            times=5,
        ),
        runs(
            "express-map",
            "A distributed Map of 20,000 EXPRESS children.",
            lambda: _map(20_000, {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}),
            times=3,
        ),
        runs(
            "standard-map",
            "A distributed Map of 3,000 STANDARD children, a thousand at a time.",
            lambda: _map(3_000, {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}),
            times=2,
        ),
        runs(
            "parallel",
            "A Parallel of 1,000 branches, each a Parallel of eight.",
            lambda: _parallel(1_000, 8),
            times=5,
        ),
        runs(
            "variables",
            "Forty variables of 200 KB each, one assigned after the other.",
            lambda: _copies(40),
            given=lambda: _filling(200),
        ),
        runs(
            "retries",
            "500 runs that call a Function that is not there, every second.",
            _retries,
            times=500,
        ),
        Attack(
            name="deep-inputs",
            says="Inputs of 390 levels, of 40,000 and of 100,000.",
            prepare=lambda: (workflow("deep-inputs", _PASS),),
            strike=_by_text("deep-inputs", _DEEP_TEXTS, 20),
        ),
        Attack(
            name="large-inputs",
            says="300 runs with input texts of 256 KiB: one string, or numbers, or objects.",
            prepare=lambda: (workflow("large-inputs", _PASS),),
            strike=_by_text("large-inputs", _LARGE_TEXTS, 100),
        ),
        Attack(
            name="large-outputs",
            says="Ten runs whose task returns 255 KiB, again and again.",
            prepare=lambda: (function("push", _PUSH), workflow("large-outputs", _pushing())),
            strike=_started("large-outputs", 10),
        ),
    )
