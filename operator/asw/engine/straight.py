"""A line of control alone, through states that wait for nothing, without a frame for each.

What ``enter``, a state's work and ``leave`` do one after the other, for Pass and Choice states
while no other line can go on: most transitions are such. The frame is made where the way ends, and
wherever anything but a plain transition happens, so that history and record are the same.
"""

from functools import partial

from asw.asl.errors import StatesError
from asw.asl.scope import Scope
from asw.asl.values import JsonObject
from asw.engine.record import Entering, Frame, changed
from asw.engine.run import Run
from asw.engine.transitions import attempt, leave
from asw.engine.variables import visible

_ENTERING = Entering()


def go_straight(run: Run, frame: Frame, most: int) -> int:
    """Run the frame, which is about to enter a state, on for so many states at most.

    How many states were left; none where its state is not of the kind. The frame then is entering
    the next state, has failed in one, or is done.
    """
    states, behaviours = run.block_of(frame).states, run.behaviours
    variables = visible(run.frames, frame)
    name, value, last = frame.state, frame.input, frame.last_event
    count = 0
    while count < most:
        state = states[name]
        behaviour = behaviours[type(state)]
        decide = behaviour.decide
        if decide is None:
            break
        count += 1
        entered = run.emit(behaviour.entered, after=last, name=name, input=value)
        here = partial(_at_entry, run, frame, (name, value, entered))
        scope = Scope(
            context=partial(_context, run, here),
            chance=run.chance(entered),
            variables=variables,
            now=run.now,
        )
        try:
            result, target = decide(state, value, scope)
        except StatesError as error:
            attempt(run, run.put(here()), partial(_throw, error))
            return count
        if target is None or result.assigned:
            leaving = run.put(here())
            attempt(run, leaving, partial(leave, run, leaving, result, to=target))
            return count
        last = run.emit(behaviour.exited, after=entered, name=name, output=result.output)
        name, value = target, result.output
    if count:
        run.put(changed(frame, state=name, input=value, last_event=last, waiting=_ENTERING))
        run.ready.append(frame.id)
    return count


def _at_entry(run: Run, frame: Frame, place: tuple[str, object, int]) -> Frame:
    """The frame as it is once it has entered this state."""
    name, value, entered = place
    return changed(
        frame,
        state=name,
        input=value,
        last_event=entered,
        state_event=entered,
        entered_at=run.now,
        attempts=(),
        retry_count=0,
        free_retries=0,
    )


def _context(run: Run, here: "partial[Frame]") -> JsonObject:
    return run.context(here())


def _throw(error: StatesError) -> None:
    raise error
