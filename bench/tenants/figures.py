"""What was measured, and whether it is within the bar. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table


class Disturbed(Exception):
    """A round says nothing: the reason."""


LARGEST_RATIO = 3.0
"""Of the victim's p99 under an attack to the quiet one."""
MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Seconds from a run's creation to its success, and till a watch showed it at all, run by run.

    The latter, ``echoes``, is the API server's work alone. ``lost`` of the runs did not succeed
    while they were waited for: theirs is how long that was.
    """

    spans: Sequence[float]
    echoes: Sequence[float]
    lost: int = 0

    def p(self, percent: int) -> float:
        """So many of a hundred took as long or less."""
        return percentile(self.spans, percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strain:
    """What the operator went through: its memory in bytes with that of its children."""

    peak: int
    limit: int
    restarts: int
    reason: str
    lag: float
    """Seconds for which its event loop answered nothing, at the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One attack; ``ends`` says what the attacker's own runs have come to."""

    name: str
    latencies: Latencies
    strain: Strain
    ends: str = ""

    def faults(self, quiet: Latencies) -> Sequence[str]:
        """What is not as it has to be; nothing where the bar is kept.

        Told apart is where it would be kept but for two echoes: of the run, which the operator has
        to see, and of its end, which the victim has.
        """
        most = LARGEST_RATIO * quiet.p(99)
        pairs = zip(self.latencies.spans, self.latencies.echoes, strict=True)
        is_slow = percentile([span - 2 * echo for span, echo in pairs], 99) > most
        wrong = {
            "slow": is_slow,
            "slow API server": self.latencies.p(99) > most and not is_slow,
            "lost": self.latencies.lost > 0,
            "memory": self.strain.peak >= self.strain.limit,
            "restarted": self.strain.restarts > 0,
        }
        return [name for name, is_wrong in wrong.items() if is_wrong]

    def cells(self, quiet: Latencies) -> tuple[str, ...]:
        """Its line of the table."""
        found, strain = self.latencies, self.strain
        return (
            self.name,
            *(f"{found.p(percent):.2f}" for percent in (50, 99, 100)),
            f"{found.p(99) / quiet.p(99):.1f}",
            f"{percentile(found.echoes, 99):.2f}",
            str(found.lost or ""),
            f"{strain.lag:.2f}",
            f"{strain.peak / MEBIBYTE:.0f}",
            f"{strain.restarts} {strain.reason}".strip() if strain.restarts else "",
            ", ".join(self.faults(quiet)) or "ok",
            self.ends,
        )


COLUMNS = (
    "attack",
    "p50",
    "p99",
    "max",
    "x quiet",
    "API p99",
    "lost",
    "lag",
    "MiB",
    "restarts",
    "bar",
    "the attacker's runs",
)


def percentile(values: Sequence[float], percent: int) -> float:
    """The least value that so many of a hundred do not exceed; not a number where there is none."""
    if not values:
        return math.nan
    place = math.ceil(len(values) * percent / 100)
    return sorted(values)[max(place, 1) - 1]


def table_of(quiet: Round, rounds: Sequence[Round]) -> Table:
    """One line an attack, the worst first, below the quiet one."""
    limit = quiet.strain.limit / MEBIBYTE
    table = Table(
        title="A Pass execution while another namespace attacks (seconds)",
        caption=f"bar: p99 <= {LARGEST_RATIO:g} x quiet, none lost, < {limit:.0f} MiB, no restart",
    )
    for column in COLUMNS:
        is_text = column in (COLUMNS[0], *COLUMNS[-3:])
        table.add_column(column, justify="left" if is_text else "right", no_wrap=is_text)
    worst = sorted(rounds, key=lambda it: badness(it, quiet.latencies), reverse=True)
    for each in (quiet, *worst):
        table.add_row(*each.cells(quiet.latencies))
    return table


def badness(it: Round, quiet: Latencies) -> tuple[int, int, int, float]:
    """By what the worst is told: restarts, runs that were lost, memory that ran out, slowness."""
    is_full = it.strain.peak >= it.strain.limit
    return it.strain.restarts, it.latencies.lost, int(is_full), it.latencies.p(99) / quiet.p(99)
