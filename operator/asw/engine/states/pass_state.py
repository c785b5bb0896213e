"""Pass: its input, or a fixed result, goes on (ASL: Pass State)."""

from asw.asl.model import PassState
from asw.engine.dataflow import check_size, passed
from asw.engine.record import Frame
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import leave


def _work(run: Run, frame: Frame, state: PassState) -> None:
    result = passed(state, frame.input, run.scope(frame))
    check_size(frame.state, result.output)
    leave(run, frame, result, to=state.next)


BEHAVIOUR = Behaviour(kind="Pass", work=_work)
