"""Getting the outcome out: to the result file first, then to the result server, by the contract.

The file is written first so that a crash while pushing loses nothing that fits it.
"""

from __future__ import annotations

import os
import time

from . import outcomes, streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .https import ResultServer
    from .invocation import Invocation
    from .outcomes import Outcome

SMALL_SECONDS = 3.0
"""How long an outcome that the file holds is pushed: the operator finds it in the pod anyway."""
UNDELIVERED = 75
"""Exit status that tells of a lost outcome where there is no file to tell it in (EX_TEMPFAIL)."""
_ANSWER_SECONDS = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
_FINAL = (400, 401, 403, 404, 409, 413)
_UNREACHABLE = 0


def deliver(outcome: Outcome, invocation: Invocation, server: ResultServer | None) -> int:
    """Leave the outcome where it can be found; the exit status is 0 for a success.

    Where payloads are private the file is none of these places: only the push counts.
    """
    if invocation.is_private:
        return _deliver_private(outcome, invocation, server)
    if outcome.short_body is not None:
        _write(invocation.result_file, outcome.short_body)
    is_small = len(outcome.body) <= outcomes.RESULT_FILE_BYTES
    seconds = SMALL_SECONDS if is_small else invocation.result_wait
    status, answer = _push(outcome, invocation, server, seconds)
    if status == 413 and not is_small:
        return deliver(too_large(invocation.state), invocation, server)
    if status == 400:
        outcome = refused(answer)
        _write(invocation.result_file, outcome.body)
    elif status not in (200, 409) and outcome.short_body is None:
        is_pushed = server is not None and bool(invocation.result_url)
        outcome = _lost(outcome, status) if is_pushed else _does_not_fit(outcome)
        _write(invocation.result_file, outcome.body)
    return 0 if outcome.is_success else 1


def _deliver_private(outcome: Outcome, invocation: Invocation, server: ResultServer | None) -> int:
    status, answer = _push(outcome, invocation, server, invocation.result_wait)
    if status in (400, 413):
        outcome = refused(answer) if status == 400 else too_large(invocation.state)
        status, _ = _push(outcome, invocation, server, invocation.result_wait)
    if status not in (200, 409):
        return UNDELIVERED
    return 0 if outcome.is_success else 1


def persist(attempt: Callable[[float], tuple[int, bytes]], seconds: float) -> tuple[int, bytes]:
    """Try until an answer is final or the time is over; status 0 says that none came."""
    until = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        left = max(0.1, until - time.monotonic())
        try:
            status, answer = attempt(min(left, _ANSWER_SECONDS))
        except (OSError, ValueError) as error:
            status, answer = _UNREACHABLE, str(error).encode()
        if 200 <= status < 300 or status in _FINAL:
            return status, answer
        wait = pause * (0.5 + os.urandom(1)[0] / 255)
        if time.monotonic() + wait >= until:
            streams.note(
                f"asw: no final answer of the result server (status {status}): {answer[:200]!r}"
            )
            return status, answer
        time.sleep(wait)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _push(
    outcome: Outcome, invocation: Invocation, server: ResultServer | None, seconds: float
) -> tuple[int, bytes]:
    if server is None or not invocation.result_url:
        return _UNREACHABLE, b""
    url = invocation.result_url
    status, answer = persist(lambda left: server.post(url, outcome.body, left), seconds)
    return (200 if 200 <= status < 300 else status), answer


def _write(path: str, body: bytes) -> None:
    if not path:
        return
    try:
        with open(path, "wb") as file:
            file.write(body)
    except OSError as error:
        streams.note(f"asw: the result file cannot be written: {error}")


def too_large(state: str) -> Outcome:
    """What is told instead of an outcome over the limit, in AWS's words."""
    cause = (
        f"The state/task '{state}' returned a result with a size exceeding"
        " the maximum number of bytes service limit."
    )
    return outcomes.failed(outcomes.DATA_LIMIT_EXCEEDED, cause)


def refused(answer: bytes) -> Outcome:
    """What is told instead of an outcome that the engine could not read, for the reason given."""
    reason = answer[:1000].decode(errors="replace")
    return outcomes.failed(outcomes.INVALID_RESULT, f"The engine refused the outcome: {reason}")


def _does_not_fit(outcome: Outcome) -> Outcome:
    cause = (
        f"The outcome has {len(outcome.body)} bytes, the result file holds"
        f" {outcomes.RESULT_FILE_BYTES}, and there is no ASW_RESULT_URL to post it to:"
        " return less, or switch the result server on."
    )
    return outcomes.failed(outcomes.RESULT_TRUNCATED, cause)


def _lost(outcome: Outcome, status: int) -> Outcome:
    why = f"the result server answered {status}" if status else "no result server was reached"
    cause = (
        f"An outcome of {len(outcome.body)} bytes could not be delivered: {why},"
        f" and the result file holds {outcomes.RESULT_FILE_BYTES}."
    )
    return outcomes.failed(outcomes.RESULT_LOST, cause)
