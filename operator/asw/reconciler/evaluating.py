"""Steps whose costly evaluations run in a sandbox, so that they hold up nobody else.

A step is pure, so it is run again with each answer until it completes (``asw.asl.elsewhere``).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from asw.asl.elsewhere import (
    Answer,
    Evaluations,
    Interrupted,
    Question,
    read_answer,
    write_answer,
)
from asw.reconciler.platform import Unavailable
from asw.sandbox.jobs import (
    MEBIBYTE,
    Answered,
    Job,
    Limits,
    Outcome,
    OutOfMemory,
    OutOfTime,
    SandboxError,
)
from asw.sandbox.sandbox import Sandbox

T = TypeVar("T")

EVALUATION: Final = Limits(
    processor_seconds=1, wall_seconds=5.0, memory=96 * MEBIBYTE, answer=8 * MEBIBYTE
)
"""AWS gives an expression one second; the longest array that it can make takes 70 MiB."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A question as a job."""

    question: Question
    limits: Limits = EVALUATION

    def run(self) -> bytes:
        """Do the job; the answer as bytes."""
        return write_answer(self.question)


class Evaluating:
    """Runs steps. Without a sandbox everything is evaluated in place, however long it takes."""

    def __init__(self, sandbox: Sandbox | None) -> None:
        self._sandbox = sandbox

    async def run(self, namespace: str, action: Callable[[], T]) -> T:
        """Run the action as often as it needs answers. It must do the same each time.

        Raises what it raises, and Unavailable if nobody answers.
        """
        if self._sandbox is None:
            return action()
        evaluations = Evaluations()
        while True:
            try:
                return evaluations.run(action)
            except Interrupted as interrupted:
                question = interrupted.question
            if question is None:
                await asyncio.sleep(0)
            else:
                evaluations.answer(await self._ask(self._sandbox, namespace, question))

    async def _ask(self, sandbox: Sandbox, namespace: str, question: Question) -> Answer:
        match await ask(sandbox, namespace, Evaluation(question)):
            case Answered(answer):
                try:
                    return read_answer(question, answer)
                except (ValueError, LookupError, TypeError, RecursionError) as error:
                    raise Unavailable("the answer of an evaluation is not an answer") from error
            case OutOfTime():
                return Answer(None, question.exhausted("time"))
            case OutOfMemory():
                return Answer(None, question.exhausted("memory"))


async def ask(sandbox: Sandbox, namespace: str, job: Job) -> Outcome:
    """The outcome of the job. Raises Unavailable if it cannot be done now."""
    try:
        return await sandbox.run(namespace, job)
    except SandboxError as error:
        raise Unavailable(str(error)) from error
