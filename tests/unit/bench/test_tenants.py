"""What measures tenants attacks with what it says, and judges by the bar."""

import math

import pytest

from asw.asl.parse import find_problems
from asw.asl.values import to_text
from bench.tenants.catalogue import ATTACKS
from bench.tenants.figures import MEBIBYTE, Latencies, Round, Strain, percentile, table_of
from bench.tenants.objects import broken, of_size

QUIET = Latencies(spans=[0.1] * 98 + [0.2, 0.3], echoes=[0.01] * 100)
CALM = Strain(peak=70 * MEBIBYTE, limit=512 * MEBIBYTE, restarts=0, reason="", lag=0.0)


def a_round(
    name: str = "calm",
    *,
    slowest: float = 0.1,
    echo: float = 0.01,
    lost: int = 0,
    **strain: object,
) -> Round:
    """A round in which all runs took so long."""
    latencies = Latencies(spans=[slowest] * 100, echoes=[echo] * 100, lost=lost)
    values = {field: getattr(CALM, field) for field in CALM.__dataclass_fields__}
    return Round(name=name, latencies=latencies, strain=Strain(**{**values, **strain}))


@pytest.mark.parametrize("name", ATTACKS)
def test_every_machine_of_an_attack_is_valid(name: str) -> None:
    """An attack by what a run costs gets as far as a run."""
    for item in ATTACKS[name].prepare():
        if text := item["spec"].get("definitionText"):
            assert find_problems(text) == ()


def test_definitions_are_as_large_and_as_wrong_as_they_say() -> None:
    """Of so many states that are wrong each is told, and a large definition has nothing wrong."""
    from_states = {it.path for it in find_problems(to_text(broken(10))) if "/States/S" in it.path}
    assert {path.split("/")[2] for path in from_states} == {f"S{n}" for n in range(10)}
    assert find_problems(to_text(of_size(20_000))) == ()
    assert len(to_text(of_size(20_000))) == pytest.approx(20_000, rel=0.2)


def test_the_bar_needs_forty_attacks() -> None:
    """There are as many, each with a sentence of its own."""
    assert len(ATTACKS) >= 40
    assert len({attack.says for attack in ATTACKS.values()}) == len(ATTACKS)


@pytest.mark.parametrize(
    ("percent", "value"),
    [(1, 1), (50, 50), (99, 99), (100, 100)],
)
def test_a_percentile_is_one_of_the_values(percent: int, value: int) -> None:
    """Of a hundred values the n-th is exceeded by 100 - n."""
    assert percentile(list(range(100, 0, -1)), percent) == value


def test_a_percentile_of_nothing_is_no_number() -> None:
    """It compares with nothing, rather than looking like a quick answer."""
    assert math.isnan(percentile([], 99))


@pytest.mark.parametrize(
    ("found", "faults"),
    [
        pytest.param(a_round(slowest=0.6), [], id="three times as long"),
        pytest.param(a_round(slowest=0.63), ["slow"], id="longer"),
        pytest.param(a_round(slowest=0.8, echo=0.1), ["slow API server"], id="but for two echoes"),
        pytest.param(a_round(lost=1), ["lost"], id="a run that did not succeed"),
        pytest.param(a_round(peak=511 * MEBIBYTE), [], id="below the limit"),
        pytest.param(a_round(peak=512 * MEBIBYTE), ["memory"], id="at the limit"),
        pytest.param(a_round(restarts=1), ["restarted"], id="a restart"),
    ],
)
def test_the_bar(found: Round, faults: list[str]) -> None:
    """Three times the quiet p99, no run lost, less memory than the limit, no restart."""
    assert found.faults(QUIET) == faults


def test_the_worst_comes_first() -> None:
    """Restarts are worse than lost runs, these than slow ones; the quiet line heads all."""
    quiet = Round(name="quiet", latencies=QUIET, strain=CALM)
    rounds = [
        a_round("calm"),
        a_round("slow", slowest=9),
        a_round("killed", restarts=1, reason="OOMKilled"),
        a_round("lost", lost=2),
    ]
    names = list(table_of(quiet, rounds).columns[0].cells)
    assert names == ["quiet", "killed", "lost", "slow", "calm"]
