"""One module per state type; ``BEHAVIOURS`` is their table."""

from collections.abc import Mapping
from typing import Any

from asw.asl.model import (
    ChoiceState,
    FailState,
    MapState,
    ParallelState,
    PassState,
    SucceedState,
    TaskState,
    WaitState,
)
from asw.engine.run import Behaviour
from asw.engine.states import (
    choice_state,
    end_states,
    map_state,
    parallel_state,
    pass_state,
    task_state,
    wait_state,
)

BEHAVIOURS: Mapping[type[Any], Behaviour] = {
    PassState: pass_state.BEHAVIOUR,
    TaskState: task_state.BEHAVIOUR,
    ChoiceState: choice_state.BEHAVIOUR,
    WaitState: wait_state.BEHAVIOUR,
    SucceedState: end_states.SUCCEED,
    FailState: end_states.FAIL,
    ParallelState: parallel_state.BEHAVIOUR,
    MapState: map_state.BEHAVIOUR,
}
