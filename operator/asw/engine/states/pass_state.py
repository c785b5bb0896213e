"""Pass: its input or a fixed result becomes the output (ASL: Pass State)."""

from asw.asl.model import PassState
from asw.asl.scope import Scope
from asw.asl.values import Json
from asw.engine.dataflow import Result, passed
from asw.engine.record import Frame
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import leave


def _work(run: Run, frame: Frame, state: PassState) -> None:
    result, target = _decide(state, frame.input, run.scope(frame))
    leave(run, frame, result, to=target)


def _decide(state: PassState, value: Json, scope: Scope) -> tuple[Result, str | None]:
    return passed(state, value, scope), state.next


BEHAVIOUR = Behaviour(kind="Pass", work=_work, decide=_decide)
