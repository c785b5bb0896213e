"""Issues the tokens of callbacks, as the engine asks for them while it steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asw.asl.model import StateMachine
from asw.engine.facts import Fact
from asw.engine.limits import Pace, unhurried
from asw.engine.record import Record
from asw.engine.step import Step
from asw.engine.step import step as engine_step
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.callback_tokens import Claim
from asw.reconciler.platform import Unavailable


@dataclass(frozen=True, slots=True)
class SigningStep:
    """``asw.engine.step.step`` with signed tokens.

    A token is part of the call that it is for, which is saved before the call is made. So none is
    handed out that the record does not know, and a key that was rotated meanwhile changes nothing.
    """

    ring: CallbackRing
    cache: Cache

    def __call__(
        self,
        machine: StateMachine,
        record: Record,
        facts: Sequence[Fact],
        now: datetime,
        may_go_on: Pace = unhurried,
    ) -> Step:
        """Take one step. Raises Unavailable if the execution was just deleted."""
        return engine_step(machine, record, facts, now, may_go_on, token_of=self._token)

    def _token(self, task_id: TaskId) -> str:
        seen = self.cache.executions.get(task_id.execution_uid)
        if seen is None:
            raise Unavailable("the execution is not known any more")
        return self.ring.keys.issue(Claim(seen.key.namespace, task_id))
