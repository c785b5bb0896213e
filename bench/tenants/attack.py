"""What an attack is: a name, a sentence, what lies ready, and what is done when it begins."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asw.asl.values import Json
from bench.tenants.tenant import Object, Tenant, workflow

Strike = Callable[[Tenant], Coroutine[Any, Any, None]]


def _nothing() -> Sequence[Object]:
    return ()


async def _at_once(tenant: Tenant) -> None:
    """There is nothing to wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """``prepare`` makes objects that are created first, and ``arm`` waits for what is needed more.

    ``strike`` may go on until it is ended.
    """

    name: str
    says: str
    strike: Strike
    prepare: Callable[[], Sequence[Object]] = _nothing
    arm: Strike = _at_once


def runs(
    name: str,
    says: str,
    definition: Callable[[], Mapping[str, Any]],
    *,
    times: int = 20,
    given: Callable[[], Json] = dict,
) -> Attack:
    """So many runs, all at once, of one Workflow that has the attack's name."""

    async def strike(tenant: Tenant) -> None:
        await tenant.start(name, times, given())

    return Attack(
        name=name, says=says, strike=strike, prepare=lambda: (workflow(name, definition()),)
    )


def machine(*states: Mapping[str, Any], prefix: str = "S", **fields: Any) -> dict[str, Any]:
    """A definition of these states, one after the other; ``prefix`` begins their names."""
    names = [f"{prefix}{number}" for number in range(len(states))]
    following = [{"Next": name} for name in names[1:]] + [{"End": True}]
    made = {name: {**state, **to} for name, state, to in zip(names, states, following, strict=True)}
    return {"StartAt": names[0], "States": made, **fields}


def jsonata(expression: str, *, times: int = 1) -> dict[str, Any]:
    """A definition that evaluates the expression in so many states, one after the other."""
    state = {"Type": "Pass", "Output": f"{{% {expression} %}}"}
    return machine(*[state] * times, QueryLanguage="JSONata")
