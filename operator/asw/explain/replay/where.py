"""Which moment ``--at`` and ``--state`` mean. Pure."""

from asw.engine.history import Event
from asw.executions.visits import Visit
from asw.exits import NOT_FOUND
from asw.explain.case import Case
from asw.failures import Failure, not_found
from asw.messages import t

LAST = "last"


def find_moment(case: Case, at: str, state: str | None) -> tuple[Event, Visit | None]:
    """The event, and the visit to show if it is not the event's own.

    ``at`` is the id of an event, counted from the end if negative, ``last``, or the name of a
    state: then the end of its last visit. Raises Failure if that does not exist.
    """
    if not case.events:
        name = case.run.name
        message = t("{name} has no history: it has not started", name=name)
        remedy = t("asw why {name} says what it waits for", name=name)
        if case.run.is_over:
            message = t("{name} has no history: it ended before its first state", name=name)
            remedy = t("asw why {name} says why", name=name)
        raise Failure(message, remedy=remedy, code=NOT_FOUND)
    if at != LAST and not _is_number(at):
        return _end_of(_last_visit(case, at)), None
    event = _event(case, at)
    if state is None:
        return event, None
    if at == LAST:
        return _end_of(_last_visit(case, state)), None
    visits = [it for it in case.visits.of_state(state) if it.entered.id <= event.id]
    if not visits:
        _last_visit(case, state)
        raise Failure(
            t("{state} had not been entered at event {id}", state=state, id=event.id),
            remedy=t("omit --at for its last visit"),
            code=NOT_FOUND,
        )
    return event, visits[-1]


def _is_number(text: str) -> bool:
    return text.lstrip("-").isascii() and text.lstrip("-").isdigit()


def _event(case: Case, at: str) -> Event:
    number = len(case.events) if at == LAST else int(at)
    index = number - 1 if number > 0 else len(case.events) + number
    if number == 0 or not 0 <= index < len(case.events):
        raise Failure(
            t("no event {id}: the history has {count}", id=at, count=len(case.events)),
            remedy=t("--list shows all; -1 is the last"),
            code=NOT_FOUND,
        )
    return case.events[index]


def _last_visit(case: Case, name: str) -> Visit:
    visits = case.visits.of_state(name)
    if visits:
        return visits[-1]
    known = {it.name for it in case.visits.all}
    if case.state(name) is not None:
        raise Failure(
            t("{state} was never entered", state=name),
            remedy=t("states that were entered: {states}", states=", ".join(sorted(known)) or "-"),
            code=NOT_FOUND,
        )
    raise not_found(t("no state {name!r}", name=name), name, known, t("--list shows all"))


def _end_of(visit: Visit) -> Event:
    return visit.exited or visit.events[-1]
