"""From a seed to a plan, and how to have a failure again."""

import logging
import random

from tests.chaos.flows import FLOWS
from tests.chaos.plans import Plan, drawn
from tests.chaos.play import judge, shrunk, undisturbed

MOST_LINES = 12
"""How many complaints are shown."""


def plan_of(seed: int) -> Plan:
    """The plan of a seed: the same one for ever, as long as flows are what they are."""
    chance = random.Random(seed)
    name = chance.choice(list(FLOWS))
    flow = FLOWS[name]
    return drawn(chance, name, undisturbed(name).calls, has_deadlines=flow.has_deadlines)


def report_of_seed(seed: int) -> str:
    """What a person needs who looks into this seed; empty where all is well."""
    return report(plan_of(seed), again=f"python -m tests.chaos --seed {seed}")


def report_quietly(seed: int) -> str:
    """The same, without what the faults make the operator say; for processes of a pool."""
    logging.disable(logging.CRITICAL)
    return report_of_seed(seed)


def report(plan: Plan, *, again: str = "") -> str:
    """What is wrong with how the plan goes, the plan, and how to play it again."""
    complaints = judge(plan)
    if not complaints:
        return ""
    small = shrunk(plan)
    lines = [
        f"FAULT in flow {plan.flow}:",
        *(f"  {text}" for text in complaints[:MOST_LINES]),
        "  plan:",
        plan.lines(),
    ]
    if small != plan:
        lines += ["  enough of it:", small.lines()]
    lines += [f"  again: {again}"] if again else []
    lines.append(f"  again: python -m tests.chaos --plan '{small}'")
    return "\n".join(lines)
