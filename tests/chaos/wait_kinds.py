"""The kinds of waiting that are played, by name, for ``make soak WAITS=jobs``."""

from collections.abc import Callable
from typing import Any

from tests.chaos.activity_play import drawn_activities, judge_activities
from tests.chaos.approval_play import drawn_approvals, judge_approvals
from tests.chaos.callback_play import drawn_callbacks, judge_callbacks
from tests.chaos.job_play import drawn_jobs, judge_jobs

WAITS: dict[str, tuple[Callable[[int], Any], Callable[[Any], list[str]]]] = {
    "activities": (drawn_activities, judge_activities),
    "approvals": (drawn_approvals, judge_approvals),
    "callbacks": (drawn_callbacks, judge_callbacks),
    "jobs": (drawn_jobs, judge_jobs),
}
"""How a plan is drawn, and judged."""


def report_of_wait(kind: str, seed: int) -> str:
    """What a person needs who looks into this seed; empty where all is well."""
    draw, judge = WAITS[kind]
    plan = draw(seed)
    complaints = judge(plan)
    if not complaints:
        return ""
    again = f"  again: python -m tests.chaos --waits {kind} --seed {seed}"
    return "\n".join([f"FAULT, {kind} are waited for: {plan}", *complaints, again])
