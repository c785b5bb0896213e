"""Choice: the first rule that holds names the next state (ASL: Choice State)."""

from asw.asl.choice import holds
from asw.asl.errors import NO_CHOICE_MATCHED, StatesError
from asw.asl.model import ChoiceState
from asw.engine.dataflow import effective_input, filtered_output
from asw.engine.record import Frame
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import leave


def _work(run: Run, frame: Frame, state: ChoiceState) -> None:
    document = effective_input(run, frame, state)
    scope = run.scope(frame)
    rules = (rule.next for rule in state.choices if holds(rule.condition, document, scope))
    target = next(rules, state.default)
    if target is None:
        raise StatesError(NO_CHOICE_MATCHED, "No choice rule matched and there is no Default.")
    leave(run, frame, filtered_output(run, frame, state, document), to=target)


BEHAVIOUR = Behaviour(kind="Choice", work=_work)
