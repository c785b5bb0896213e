"""Verdicts on events, found in a sandbox."""

import logging
from typing import Final

from asw.sandbox.jobs import Answered, JobError, OutOfMemory, OutOfTime
from asw.sandbox.sandbox import Sandbox
from asw.triggers.judging import Judging, Verdict, read_verdict

MODULES: Final = ("asw.triggers.judging", "asw.triggers.cel", "asw.asl.jsonata.evaluating")
"""What a sandbox should have loaded before its first verdict."""

logger = logging.getLogger(__name__)


async def judged(sandbox: Sandbox | None, namespace: str, job: Judging) -> Verdict:
    """The verdict; found here if there is no sandbox. Raises SandboxError."""
    if sandbox is None:
        return read_verdict(job.run())
    try:
        outcome = await sandbox.run(namespace, job)
    except JobError:  # its text may hold parts of the event
        logger.error("an event in namespace %s could not be judged: a fault of asw", namespace)  # noqa: TRY400
        return Verdict(problem="spec.filter and spec.input cannot be evaluated on this event")
    match outcome:
        case Answered(answer):
            return read_verdict(answer)
        case OutOfTime():
            return Verdict(problem="spec.filter and spec.input take more than a second: do less")
        case OutOfMemory():
            return Verdict(problem="spec.filter and spec.input take too much memory: do less")
