"""From a task's event to what is reported of it: the call, its outcome, and the limits of both.

It makes calls by what it is given for that, and reads neither files nor the network.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from asw.asl.errors import RUNTIME, TASK_CRASHED
from asw.asl.values import Json, from_text, is_longer, is_surely_short, to_text
from asw.connector import errors
from asw.connector.calls import Call, Done, Failed, NoCall, Outcome, from_event
from asw.connector.jobs import submitted
from asw.connector.objects import Work, from_work_event, is_work
from asw.engine.limits import PAYLOAD_LIMIT

logger = logging.getLogger(__name__)

ERROR_CHARACTERS: Final = 256
CAUSE_CHARACTERS: Final = 32_768
"""What AWS keeps of an error's name and cause."""


async def answer(
    event: str,
    make: Callable[[Call], Awaitable[Outcome]],
    do: Callable[[Work], Awaitable[Outcome]],
) -> bytes:
    """The outcome to report, JSON of the task contract, for an event in JSON text.

    A call is made, and objects of a distributed Map are read or written by ``do``. Whatever
    happens is an outcome; only cancelling it is not.
    """
    try:
        asked = _asked(from_text(event))
    except ValueError as error:  # NoCall, or no JSON
        why = str(error) if isinstance(error, NoCall) else "it is no JSON"
        cause = f"The event of the task is no call of a service: {why}"
        return report(Failed(error=RUNTIME, cause=cause))
    if not isinstance(asked, Call):
        return report(await _guarded("objects", lambda: do(asked)))
    what = f"{asked.resource_type}:{asked.action}"
    return report(_within_limit(asked, await _guarded(what, lambda: _made(asked, make))))


def _asked(event: Json) -> Call | Work:
    if isinstance(event, dict) and is_work(event):
        return from_work_event(event)
    return from_event(event)


async def _made(call: Call, make: Callable[[Call], Awaitable[Outcome]]) -> Outcome:
    return submitted(call, await make(call))


async def _guarded(what: str, work: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """The outcome of the work; a fault of ours ends one call, not all."""
    try:
        return await work()
    except Exception as error:  # noqa: BLE001
        kind = type(error).__name__
        logger.error("%s: %s", what, kind)  # noqa: TRY400  its text may quote a payload
        cause = f"The connector failed while it called {what} ({kind})"
        return Failed(error=TASK_CRASHED, cause=cause)


def report(outcome: Outcome) -> bytes:
    """The outcome as JSON of the task contract."""
    if isinstance(outcome, Done):
        return _bytes({"output": outcome.output})
    error, cause = outcome.error[:ERROR_CHARACTERS], outcome.cause[:CAUSE_CHARACTERS]
    return _bytes({"error": error, "cause": cause})


def _within_limit(call: Call, outcome: Outcome) -> Outcome:
    """The outcome, unless no state could have it as its result."""
    if not isinstance(outcome, Done) or is_surely_short(outcome.output, PAYLOAD_LIMIT):
        return outcome
    if is_longer(outcome.output, PAYLOAD_LIMIT):
        return errors.too_large(call)
    try:
        is_larger = len(_bytes(outcome.output)) > PAYLOAD_LIMIT
    except ValueError:  # too deep to be written
        is_larger = True
    return errors.too_large(call) if is_larger else outcome


def _bytes(value: Json) -> bytes:
    # half of a surrogate pair has no UTF-8, and no operator takes it
    return to_text(value).encode("utf-8", "replace")
