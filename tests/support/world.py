"""``World``: a reconciler over the fake platform, on virtual time; it can crash and come again."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from itertools import chain, repeat

from asw.engine.record import Header, Outcome
from asw.engine.step import step
from asw.reconciler.platform import ExecutionKey, Stored
from asw.reconciler.reconciler import Reconciler
from asw.reconciler.redriving import wanted_redrive
from asw.reconciler.settings import Settings
from asw.reconciler.shared import StepFunction
from asw.reconciler.turns import Turns
from tests.support.fake_platform import FakePlatform
from tests.support.fake_state import FakeExecution, stored


def describe(stored: Stored, at: datetime) -> Header:
    """Names in the manner of AWS."""
    workflow, name = stored.workflow_name, stored.execution_name
    return Header(
        uid=stored.key.uid,
        name=name,
        arn=f"arn:aws:states:local:0:execution:{workflow}:{name}",
        workflow_name=workflow,
        workflow_arn=f"arn:aws:states:local:0:stateMachine:{workflow}",
        role_arn="arn:aws:iam::0:role/default",
        started_at=at,
    )


def unfinished(platform: FakePlatform) -> list[ExecutionKey]:
    """What a process that begins must look at: see ``Reconciler``."""
    executions = platform.executions
    busy = {id_.execution_uid for id_, task in platform.tasks.items() if task.is_running}
    births = (it.birth for it in executions.values() if not it.is_finished)
    busy |= {birth.parent.uid for birth in births if birth is not None}
    return [
        key
        for key, it in executions.items()
        if key.uid in busy or not it.is_finished or wanted_redrive(stored(it)) is not None
    ]


class World:
    """See the module. ``may_act`` is what the reconciler asks before each effect."""

    def __init__(
        self,
        settings: Settings | None = None,
        step_function: StepFunction = step,
        turns: Turns | None = None,
    ) -> None:
        self.platform = FakePlatform()
        self.settings = settings or Settings(jitter_seed=0)
        self.may_act = True
        self._step = step_function
        self.turns = turns or Turns()
        self.reconciler = self._begin()

    def _begin(self) -> Reconciler:
        reconciler = Reconciler(
            self.platform,
            self.settings,
            describe=describe,
            may_act=lambda _: self.may_act,
            step=self._step,
            turns=self.turns,
        )
        self.platform.show_all(reconciler)
        return reconciler

    def execution(self, key: ExecutionKey) -> FakeExecution:
        """The execution as it is stored."""
        return self.platform.executions[key]

    def outcome(self, key: ExecutionKey) -> Outcome:
        """How the execution ended."""
        record = self.execution(key).record
        assert record is not None
        assert record.outcome is not None
        return record.outcome

    def types(self, key: ExecutionKey) -> list[str]:
        """The types of its history events, in order."""
        return [event.type for event in self.execution(key).history]

    def crash(self) -> None:
        """End the process at once: no goodbye, nothing kept but what was saved."""
        self.platform.listener = None
        self.reconciler._is_stopping = True
        self.platform.maps.crash()
        for task in self.reconciler._tasks:
            task.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether a process is there, and has nothing to do."""
        return self.platform.listener is not None and not self.reconciler.live

    def restart(self) -> None:
        """Come again after a crash, as another process, and take up what is not over."""
        self.reconciler = self._begin()
        self.reconciler.resume_all(self.unfinished())

    def unfinished(self) -> list[ExecutionKey]:
        """The executions that are not over, or to be redriven, or of which something runs."""
        return unfinished(self.platform)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Let virtual time pass until it is so: ten seconds looked at closely, then a day."""
        for seconds in chain(repeat(0.01, 1000), repeat(1.0, 24 * 3600)):
            if is_so():
                return
            await asyncio.sleep(seconds)
        raise AssertionError("it never became so")

    async def finish(self, key: ExecutionKey) -> Outcome:
        """Let time pass until the execution is over and its worker gone; how it ended."""
        await self.until(lambda: self.execution(key).is_finished and self.is_idle)
        return self.outcome(key)
