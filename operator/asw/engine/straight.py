"""The fast path: a single line of control through states that wait for nothing, without frames.

It does what ``enter``, a state's work and ``leave`` do one after the other, for Pass and Choice
states while no other line can go on, which covers most transitions. A frame is only made at the end
and where anything but a plain transition happens, so history and record are the same.
"""

from functools import partial

from asw.asl.errors import StatesError
from asw.asl.scope import Scope
from asw.asl.values import JsonObject
from asw.engine.limits import Pace
from asw.engine.record import Frame, changed
from asw.engine.run import Run, Taken
from asw.engine.transitions import ENTERING, at_entry, attempt, fail_by, leave
from asw.engine.variables import visible


def go_straight(run: Run, frame: Frame, most: int, may_go_on: Pace) -> int:
    """Advance the frame, which is about to enter a state, by at most ``most`` states.

    It stops earlier if it may not go on. Returns how many states it left, 0 if the first is not of
    this kind. Afterwards the frame is entering the next state, has failed, or is done.
    """
    states, behaviours = run.block_of(frame).states, run.behaviours
    name, value, last = frame.state, frame.input, frame.last_event
    here, chance = _CurrentState(run, frame), run.chance(last)
    scope = Scope(
        context=here.context,
        chance=chance,
        variables=visible(run.frames, frame),
        now=run.now,
    )
    count = 0
    while count < most and (count == 0 or may_go_on()):
        state = states[name]
        behaviour = behaviours[type(state)]
        decide = behaviour.decide
        if decide is None:
            break
        count += 1
        entered = run.emit(behaviour.entered, after=last, name=name, input=value)
        here.name, here.value, here.entered = name, value, entered
        chance.move(entered, entered + 1)
        scope.renew()
        try:
            result, target = decide(state, value, scope)
        except StatesError as error:
            fail_by(run, run.put(here.frame()), error)
            return count
        if result.rule is not None:
            run.taken.append(Taken(name, "rule", result.rule))
        if target is None or result.assigned:
            leaving = run.put(here.frame())
            attempt(run, leaving, partial(leave, run, leaving, result, to=target))
            return count
        last = run.emit(behaviour.exited, after=entered, name=name, output=result.output)
        name, value = target, result.output
    if count:
        onward = changed(frame, state=name, input=value, last_event=last, waiting=ENTERING)
        run.ready.add(run.put(onward))
    return count


class _CurrentState:
    """The state that the line is in; its frame is made only on demand."""

    __slots__ = ("_frame", "_run", "entered", "name", "value")

    def __init__(self, run: Run, frame: Frame) -> None:
        self._run = run
        self._frame = frame
        self.name = frame.state
        self.value = frame.input
        self.entered = frame.last_event

    def frame(self) -> Frame:
        """The frame after it has entered the state."""
        return at_entry(self._run, self._frame, self.entered, state=self.name, input=self.value)

    def context(self) -> JsonObject:
        """The context object as the state sees it."""
        return self._run.context(self.frame())
