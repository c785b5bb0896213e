"""An Execution's status from what the reconciler saves. Pure: the one place that words it.

The whole status is replaced at once, in the version that it was made from. A merge patch would lose
every null inside outputs, and would fence nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asw.api import names
from asw.api.conditions import Condition, set_condition
from asw.api.instants import instant_text
from asw.api.limits import clipped, size_of, states_line
from asw.api.phases import PHASE_OF
from asw.asl.values import Json, to_text
from asw.engine.record import Outcome, Record
from asw.engine.record_text import to_plain_with_outputs
from asw.platforms.kubernetes.storage.history import History, appended, reference
from asw.platforms.kubernetes.storage.paging import RECORD_BUDGET_BYTES, Texts, paged
from asw.platforms.kubernetes.storage.stored_names import Naming
from asw.reconciler.platform import Save

STATUS_BYTES = 32 * 1024
"""Most bytes of the status: each write costs in proportion to all of it."""
MARGIN_BYTES = 1024
CAUSE_LIMIT = 4096
"""Bytes of a cause in the status; record and history have all of it."""
ERROR_LIMIT = 1024
MESSAGE_LIMIT = 1024
"""Bytes of a condition's message."""
STATES_SHOWN = 50
STATES_LIMIT = 2048
"""Bytes of the list of current states."""
CELL = 40
"""Characters of a cell of a table, however much there is to tell: a row has two such cells."""

Status = dict[str, Any]

_REASONS = {
    "Succeeded": names.REASON_SUCCEEDED,
    "Failed": names.REASON_FAILED,
    "TimedOut": names.REASON_TIMED_OUT,
    "Aborted": names.REASON_ABORTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What the next status is made from: the last one, and what only memory knows."""

    generation: int
    conditions: tuple[Condition, ...] = ()
    history: History = field(default_factory=History)
    input_text: str | None = None
    """JSON text of the input if the spec itself keeps it, else None."""
    input_digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The next status and the objects that must exist before it, name to text."""

    status: Status
    conditions: tuple[Condition, ...]
    history: History
    pages: Mapping[str, str] = field(default_factory=dict)
    record_pages: frozenset[str] = frozenset()
    """Names of all pages that the record needs, stored ones included."""
    chunks: Mapping[str, str] = field(default_factory=dict)


def written(before: Before, save: Save, naming: Naming, texts: Texts) -> Written:
    """The status that the save asks for."""
    if save.record is not None:
        return _with_record(before, save, naming, texts)
    if save.failed_before_start is not None:
        return _failed_before_start(before, save, save.failed_before_start)
    assert save.waiting is not None
    reason, message = save.waiting
    conditions = _open_conditions(before, reason, message, save.at)
    status = _status(before, conditions, phase="Pending")
    return Written(status=status, conditions=conditions, history=before.history)


def after_the_end(before: Before, save: Save) -> tuple[Condition, ...]:
    """The conditions of a finished execution that was edited since, for that generation.

    They include why a redrive is refused, or what it waits for. In the latter case the execution
    may run again, so its end is not repeated.
    """
    if save.waiting is not None:
        words = ("Unknown", *save.waiting)
        condition = _condition(before, names.CONDITION_REDRIVEN, words)
        return set_condition(before.conditions, condition, save.at)
    news = {"observed_generation": before.generation}
    made = tuple(each.model_copy(update=news) for each in before.conditions)
    if save.refusal is None:
        return made
    words = ("False", names.REASON_REDRIVE_REFUSED, save.refusal)
    return set_condition(made, _condition(before, names.CONDITION_REDRIVEN, words), save.at)


def is_redrive_refused(conditions: Sequence[Condition], generation: int) -> bool:
    """Whether the redrive that the spec of this generation requests was refused."""
    return any(
        each.type == names.CONDITION_REDRIVEN
        and each.status == "False"
        and each.observed_generation == generation
        for each in conditions
    )


def conditions_patch(
    fence: str, conditions: Sequence[Condition], observed: int | None
) -> list[dict[str, Any]]:
    """The JSON Patch of conditions and observed generation: a stale version answers 409."""
    patch: list[dict[str, Any]] = [
        {"op": "replace", "path": "/metadata/resourceVersion", "value": fence},
        {"op": "add", "path": "/status/conditions", "value": conditions_plain(conditions)},
    ]
    if observed is not None:
        patch.append({"op": "add", "path": "/status/observedGeneration", "value": observed})
    return patch


def _with_record(before: Before, save: Save, naming: Naming, texts: Texts) -> Written:
    record = save.record
    assert record is not None
    texts.turn()
    added = appended(naming, before.history, save.history)
    extra, conditions = _progress(before, save, record, naming)
    status = _status(
        before,
        conditions,
        startTime=instant_text(record.header.started_at),
        revision=save.revision,
        redriveCount=record.redrive_count or None,
        payloads="Private" if naming.is_private else None,
        inputDigest=before.input_digest,
        history=list(added.history.tail),
        historyChunks=list(added.history.chunks),
        **extra,
    )
    room = min(RECORD_BUDGET_BYTES, STATUS_BYTES - MARGIN_BYTES - size_of(status))
    budget = 0 if naming.is_private else room
    plain = to_plain_with_outputs(record)
    kept = paged(naming, plain, before.input_text, texts, budget=budget)
    status["record"] = kept.text
    if kept.direct:
        status["pages"] = [{"name": name, "digest": it} for name, it in kept.direct.items()]
    return Written(
        status=status,
        conditions=conditions,
        history=added.history,
        pages={**naming.pages, **kept.pages},
        record_pages=kept.needed,
        chunks=added.chunks,
    )


def _progress(
    before: Before, save: Save, record: Record, naming: Naming
) -> tuple[Status, tuple[Condition, ...]]:
    """Where it stands, or how it ended."""
    if record.outcome is not None:
        return _ended(before, record.outcome, naming)
    states = record.current_states()
    extra = {
        "phase": "Running",
        "currentStates": _shown_states(states),
        "states": cell(states_line(states)),
    }
    message = f"in state {states_line(states)}" if states else "running"
    if save.note is not None:
        message = f"{message}; {save.note}"
    reason, message = save.waiting or (names.REASON_RUNNING, message)
    return extra, _open_conditions(before, reason, message, save.at)


def _ended(
    before: Before, outcome: Outcome, naming: Naming
) -> tuple[Status, tuple[Condition, ...]]:
    phase = PHASE_OF[outcome.status]
    extra: Status = {"phase": phase, "completionTime": instant_text(outcome.at)}
    if outcome.failure is None:
        extra |= _output(outcome.output, naming)
        return extra, _success_conditions(before, outcome.at)
    error, cause = outcome.failure.error, outcome.failure.cause
    if naming.is_private:
        cause = None  # a payload like any other, often the function's own words
    extra |= _failure(error, cause)
    message = ": ".join(filter(None, (error, cause)))
    return extra, _failure_conditions(before, _REASONS[phase], message, outcome.at)


def _output(output: Json, naming: Naming) -> Status:
    text = to_text(output)
    shown: Status = {} if naming.is_private else {"result": cell(text)}
    if not naming.is_private and len(text.encode()) <= names.PAGE_LIMIT_BYTES:
        return {**shown, "output": output}
    return {**shown, "outputRef": reference(naming.of_event(text), text)}


def _failure(error: str | None, cause: str | None) -> Status:
    made: Status = {}
    if error is not None:
        made |= {"error": clipped(error, ERROR_LIMIT), "result": cell(error)}
    if cause is not None:
        made["cause"] = clipped(cause, CAUSE_LIMIT)
    return made


def _failed_before_start(before: Before, save: Save, why: tuple[str, str]) -> Written:
    error, cause = why
    conditions = _failure_conditions(before, names.REASON_FAILED, f"{error}: {cause}", save.at)
    status = _status(
        before,
        conditions,
        phase="Failed",
        completionTime=instant_text(save.at),
        # empty, unless it ends this way because its record is lost
        history=list(before.history.tail),
        historyChunks=list(before.history.chunks),
        **_failure(error, cause),
    )
    return Written(status=status, conditions=conditions, history=before.history)


def cell(text: str) -> str:
    """The text cut for a column of a table: kubectl would print all of it."""
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"


def _shown_states(states: Sequence[str]) -> list[str]:
    shown, room = [], STATES_LIMIT
    for state in states[:STATES_SHOWN]:
        room -= size_of(state)
        if room < 0:
            break
        shown.append(state)
    return shown


def _status(before: Before, conditions: Sequence[Condition], **fields: Any) -> Status:
    return {
        "observedGeneration": before.generation,
        **{name: value for name, value in fields.items() if value not in ((), [], None)},
        # null is an output like any other
        **({"output": fields["output"]} if "output" in fields else {}),
        "conditions": conditions_plain(conditions),
    }


def conditions_plain(conditions: Sequence[Condition]) -> list[Json]:
    """Conditions as the API server takes them."""
    return [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in conditions]


def _open_conditions(
    before: Before, reason: str, message: str, at: datetime
) -> tuple[Condition, ...]:
    """kstatus: in progress."""
    return _conditions(
        before,
        at,
        {
            names.CONDITION_SUCCEEDED: ("Unknown", reason, message),
            names.CONDITION_COMPLETE: ("False", reason, ""),
            names.CONDITION_READY: ("False", reason, message),
            names.CONDITION_RECONCILING: ("True", reason, message),
        },
    )


def _success_conditions(before: Before, at: datetime) -> tuple[Condition, ...]:
    """kstatus: current."""
    kinds = (names.CONDITION_SUCCEEDED, names.CONDITION_COMPLETE, names.CONDITION_READY)
    return _conditions(before, at, dict.fromkeys(kinds, ("True", names.REASON_SUCCEEDED, "")))


def _failure_conditions(
    before: Before, reason: str, message: str, at: datetime
) -> tuple[Condition, ...]:
    """kstatus: failed."""
    return _conditions(
        before,
        at,
        {
            names.CONDITION_SUCCEEDED: ("False", reason, message),
            names.CONDITION_COMPLETE: ("True", reason, ""),
            names.CONDITION_READY: ("False", reason, message),
            names.CONDITION_STALLED: ("True", reason, message),
        },
    )


def _conditions(
    before: Before, at: datetime, wanted: Mapping[str, tuple[str, str, str]]
) -> tuple[Condition, ...]:
    """These conditions and no others: kstatus takes an absent one for False."""
    made = tuple(each for each in before.conditions if each.type in wanted)
    for kind, words in wanted.items():
        made = set_condition(made, _condition(before, kind, words), at)
    return made


def _condition(before: Before, kind: str, words: tuple[str, str, str]) -> Condition:
    status, reason, message = words
    # not validated: there are four in every write, and all of it is our own
    return Condition.model_construct(
        type=kind,
        status=status,
        reason=reason,
        message=clipped(message, MESSAGE_LIMIT),
        observed_generation=before.generation,
    )
