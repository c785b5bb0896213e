"""Attacks through the reconciler, with a real sandbox: each ends, and nobody else waits for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
import pytest_asyncio

from asw.asl.values import Json
from asw.engine.record import Outcome
from asw.reconciler.platform import ExecutionKey, Unavailable
from asw.reconciler.reading import MODULES
from asw.reconciler.reconciler import Reconciler
from asw.reconciler.settings import Settings
from asw.sandbox.jobs import Answered, SandboxError
from asw.sandbox.sandbox import Sandbox
from tests.support.fake_platform import FakePlatform
from tests.support.play import definition
from tests.support.world import describe

QUERY, INTRINSIC, RUNTIME = (
    "States.QueryEvaluationError",
    "States.IntrinsicFailure",
    "States.Runtime",
)
DOUBLE = '$reduce([1..40],function($a,$b){{"l":$a,"r":$a}},{"x":1})'
TEXT = {"s": "a" * 60_000}


class Place:
    """Executions over the fake platform, whose costly expressions go to the sandbox."""

    def __init__(self, sandbox: Any) -> None:
        self.platform = FakePlatform()
        self.reconciler = Reconciler(
            self.platform, Settings(jitter_seed=0), describe=describe, sandbox=sandbox
        )
        self.platform.show_all(self.reconciler)

    def start(self, name: str, machine: dict[str, Json], value: Json = None) -> ExecutionKey:
        """Start an execution of a workflow of its own."""
        self.platform.put_workflow(name, machine)
        return self.platform.put_execution(name, value)

    async def end(self, key: ExecutionKey) -> Outcome:
        """How it ends."""
        while not self.platform.executions[key].is_finished:  # noqa: ASYNC110  there is no event
            await asyncio.sleep(0.001)
        record = self.platform.executions[key].record
        assert record is not None
        assert record.outcome is not None
        return record.outcome


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """As the operator has it."""
    async with aclosing(Sandbox(workers=2, modules=MODULES)) as made:
        yield made


def one_pass(language: str = "JSONata", **fields: Json) -> dict[str, Json]:
    """A machine of one state."""
    state = {"Type": "Pass", "End": True, **fields}
    return {"QueryLanguage": language, **definition("A", A=state)}


def caught(machine: dict[str, Json]) -> dict[str, Json]:
    """The machine as the branch of a Parallel that catches what fails in it."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    branch = {name: it for name, it in machine.items() if name != "QueryLanguage"}
    around = {"Type": "Parallel", "Branches": [branch], "Catch": catch, "End": True}
    states = {"P": around, "Caught": {"Type": "Pass", "End": True}}
    return {"QueryLanguage": machine["QueryLanguage"], **definition("P", **states)}


def of(source: str) -> dict[str, Json]:
    """A Pass whose Output is this JSONata."""
    return one_pass(Output="{% " + source + " %}")


ATTACKS = [
    pytest.param(of("$count($map([1..800],function($i){[1..873782]}))"), None, QUERY, id="pill"),
    pytest.param(of("$count($distinct([1..30000]))"), None, QUERY, id="distinct"),
    pytest.param(of('$replace($states.input.s,"a",$states.input.s)'), TEXT, QUERY, id="replace"),
    pytest.param(of(f"{DOUBLE}={DOUBLE}"), None, QUERY, id="doubled and compared"),
    pytest.param(of(f"$number({DOUBLE})"), None, QUERY, id="doubled and quoted"),
    pytest.param(of("($f:=function($x){$f($x+1)};$f(1))"), None, QUERY, id="recursion"),
    pytest.param(of("$contains($states.input.s,/^(a+)+$/)"), {"s": "a" * 99 + "b"}, QUERY, id="re"),
    pytest.param(
        one_pass(Output={f"a{n}": "{% $pad('',900000) & '" + str(n) + "' %}" for n in range(50)}),
        None,
        QUERY,
        id="many long results",
    ),
    pytest.param(
        one_pass("JSONPath", Parameters={"a.$": "States.StringToJson($.s)"}),
        {"s": "[" * 100_000},
        INTRINSIC,
        id="deep JSON",
    ),
    pytest.param(
        one_pass(
            "JSONPath", Parameters={f"a{n}.$": "States.Format('{}{}',$.s,$.s)" for n in range(99)}
        ),
        TEXT,
        INTRINSIC,
        id="many long texts",
    ),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("machine", "value", "error"), ATTACKS)
async def test_an_attack_ends_in_an_error_that_can_be_caught(sandbox, machine, value, error):
    """Its author is told; who caught it goes on; another's execution ends meanwhile."""
    place = Place(sandbox)
    attack, guarded = (
        place.start("attack", machine, value),
        place.start("caught", caught(machine), value),
    )
    quiet = place.start("quiet", one_pass(Output="{% 1 + 1 %}"))
    assert (await place.end(quiet)).output == 2
    outcome = await place.end(attack)
    assert outcome.failure is not None
    assert outcome.failure.error == error
    output = (await place.end(guarded)).output
    assert output["Error"] == error
    await place.reconciler.stop()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_path_that_looks_at_too_much_fails_the_execution(sandbox):
    """AWS: States.Runtime is caught by nothing."""
    place = Place(sandbox)
    machine = one_pass("JSONPath", InputPath="$.a[?($.x contains $.n)]")
    value = {"a": [1] * 3000, "x": "a" * 200_000, "n": "a" * 500 + "b"}
    outcome = await place.end(place.start("attack", machine, value))
    assert outcome.failure is not None
    assert outcome.failure.error == RUNTIME
    assert "too many values" in str(outcome.failure.cause)
    await place.reconciler.stop()


@pytest.mark.asyncio(loop_scope="module")
async def test_costly_and_honest_work_succeeds(sandbox):
    """The longest array that AWS makes, and a large definition, are only done elsewhere."""
    place = Place(sandbox)
    long = of("$count($map([1..873782], function($i){$i}))")
    many = one_pass("JSONPath", Parameters={f"a{n}": "x" * 50 for n in range(1000)})
    assert (await place.end(place.start("long", long))).output == 873_782
    assert len((await place.end(place.start("many", many))).output) == 1000
    await place.reconciler.stop()


class Broken:
    """A sandbox that answers wrongly, or not at all, before it is as it should be."""

    def __init__(self, sandbox: Sandbox, failures: list[Any]) -> None:
        self._sandbox = sandbox
        self._failures = failures

    async def run(self, namespace: str, job: Any) -> Any:
        """See Sandbox."""
        if not self._failures:
            return await self._sandbox.run(namespace, job)
        failure = self._failures.pop()
        if isinstance(failure, Exception):
            raise failure
        return failure


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "failure",
    [
        SandboxError("none is there"),
        Unavailable("none is there"),
        *map(Answered, (b"", b"[]", b"\xff", b"{", b'{"drawn":"x"}', b'{"error":{},"value":1}')),
    ],
    ids=str,
)
async def test_no_answer_is_asked_for_again(sandbox, failure):
    """What is no answer fails no execution: it is asked again after a pause."""
    place = Place(Broken(sandbox, [failure]))
    outcome = await place.end(place.start("flow", of("$count($distinct([1,1,2]))")))
    assert outcome.output == 2
    await place.reconciler.stop()
