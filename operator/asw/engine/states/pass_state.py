"""Pass: its input, or a fixed result, goes on (ASL: Pass State)."""

from asw.asl.model import ABSENT, PassState
from asw.engine.dataflow import check_size, placed_output, with_parameters
from asw.engine.record import Frame
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import leave


def _work(run: Run, frame: Frame, state: PassState) -> None:
    result = with_parameters(run, frame, state)
    if state.result is not ABSENT:
        result = state.result
    output = placed_output(run, frame, state, result, result_path=state.result_path)
    check_size(frame.state, output)
    leave(run, frame, output, to=state.next)


BEHAVIOUR = Behaviour(kind="Pass", work=_work)
