"""Tasks in SQLite and in memory: recorded before they run, their outcome when it comes.

Those of activities run in no process of ours (``asw.platforms.local.activities``).

A task that is recorded as started, has no outcome and runs in no process of ours was left behind by
a killed ``asw``: it vanished, and this is recorded when its execution is loaded. A task that was
still waiting for a process is forgotten instead: it never ran, so it may start.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from asw.asl.errors import CALL_OUTCOME_UNKNOWN
from asw.asl.values import Json, from_text
from asw.engine.commands import StartTask
from asw.engine.facts import (
    TaskFact,
    TaskFailed,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.task_ids import TaskId
from asw.platforms.local.database import StoreConnection, dump, instant, transaction
from asw.platforms.local.reports import Beat, Report, fact_of, report_of, report_text

LEFT_BEHIND = "asw was killed while the task ran"
UNSEEN = "asw was killed during the call: the service may have got it, and may do it twice."


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The function returned."""

    output: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The function failed, with AWS's two texts."""

    error: str
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """The task is gone without an outcome; ``reason`` is for people."""

    reason: str


Outcome = Succeeded | Failed | Vanished


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTask:
    """What is known of one task."""

    task_id: TaskId
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    may_repeat: bool = True
    """Whether it may be started again if it is lost."""
    report: tuple[Report, datetime] | None = None
    """What was reported by its token, and when."""
    worker: str | None = None
    """Who has taken the task of an activity, if it has a name."""

    def facts(self) -> tuple[TaskFact, ...]:
        """What the task shows, and what is reported of it; none while it waits for a process."""
        return (*self._shown(), *self.reported())

    def reported(self) -> tuple[TaskFact, ...]:
        """What is reported of the task by its token."""
        if self.report is None:
            return ()
        report, at = self.report
        return (fact_of(report, self.task_id, at),)

    def _shown(self) -> tuple[TaskFact, ...]:
        if self.outcome is not None and self.finished_at is not None:
            return (self._final_fact(self.outcome, self.finished_at),)
        if self.started_at is None:
            return ()
        started = TaskStarted(
            task_id=self.task_id,
            at=self.started_at,
            may_repeat=self.may_repeat,
            worker=self.worker,
        )
        if self.heartbeat_at is None:
            return (started,)
        return (started, TaskHeartbeat(task_id=self.task_id, at=self.heartbeat_at))

    def _final_fact(self, outcome: Outcome, at: datetime) -> TaskFact:
        match outcome:
            case Succeeded():
                return TaskSucceeded(
                    task_id=self.task_id, at=at, output=outcome.output, started_at=self.started_at
                )
            case Failed():
                return TaskFailed(
                    task_id=self.task_id,
                    at=at,
                    error=outcome.error,
                    cause=outcome.cause,
                    started_at=self.started_at,
                )
            case Vanished():
                return TaskVanished(
                    task_id=self.task_id,
                    at=at,
                    reason=outcome.reason,
                    may_repeat=self.may_repeat,
                )


class TaskBook:
    """The table ``tasks``, and in memory those tasks that somebody may still ask about."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._tasks: dict[str, dict[int, LocalTask]] = {}
        self._left: dict[str, list[tuple[TaskId, str]]] = {}

    def remember(self, uid: str, now: datetime) -> None:
        """Load the execution's tasks into memory, once; those left behind vanish at ``now``.

        But calls of services: ``left_calls`` has those that may be made again. Workers of
        activities are no processes of ours, so that their tasks stay.
        """
        if uid in self._tasks:
            return
        self._connection.execute(
            "DELETE FROM tasks WHERE uid = ? AND outcome IS NULL AND started_at IS NULL"
            " AND activity IS NULL",
            (uid,),
        )
        rows = self._connection.execute(
            "SELECT ordinal, call, activity, started_at, finished_at, outcome, may_repeat, worker,"
            " report, reported_at FROM tasks WHERE uid = ?",
            (uid,),
        ).fetchall()
        with self._connection.reading(uid):
            tasks = {row[0]: _task(TaskId(uid, row[0]), row[3:]) for row in rows}
        self._tasks[uid] = tasks
        for ordinal, call, activity, *_ in rows:
            if tasks[ordinal].outcome is None and activity is None:
                self._leave(tasks[ordinal], call, now)

    def _leave(self, task: LocalTask, call: str | None, now: datetime) -> None:
        """Decide what becomes of a task that ran in a process that is gone."""
        if call is None:
            self.finish(task.task_id, Vanished(reason=LEFT_BEHIND), now)
        elif task.may_repeat:
            self._left.setdefault(task.task_id.execution_uid, []).append((task.task_id, call))
        else:
            self.finish(task.task_id, Failed(error=CALL_OUTCOME_UNKNOWN, cause=UNSEEN), now)

    def open_jobs(self, uid: str) -> list[tuple[TaskId, str, str]]:
        """The execution's jobs whose end nobody has seen: task, call and what names the job."""
        rows = self._connection.execute(
            "SELECT ordinal, call, job FROM tasks WHERE uid = ? AND job IS NOT NULL", (uid,)
        ).fetchall()
        return [(TaskId(uid, ordinal), call, job) for ordinal, call, job in rows]

    def submitted(self, task_id: TaskId, outcome: Outcome, job: str, at: datetime) -> None:
        """Record that the task's job was started, and what names it, in one write."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE tasks SET job = ? WHERE uid = ? AND ordinal = ?",
                (job, task_id.execution_uid, task_id.ordinal),
            )
            self.finish(task_id, outcome, at)

    def job_ended(self, task_id: TaskId, report: Report | None, at: datetime) -> None:
        """Nobody follows the job any more; the report is how it ended, None if it was stopped."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE tasks SET job = NULL WHERE uid = ? AND ordinal = ?",
                (task_id.execution_uid, task_id.ordinal),
            )
            is_first = report is not None and self.report(task_id, report, at)
        task = self.task(task_id)
        if task is not None and report is not None and is_first:
            self._put(replace(task, report=(report, at)))

    def left_calls(self, uid: str) -> list[tuple[TaskId, str]]:
        """The execution's calls that a killed asw left behind and that may be made again, once."""
        return self._left.pop(uid, [])

    def keep_call(self, task_id: TaskId, call: str) -> None:
        """Keep what the task asks of a service, so that it can be asked again."""
        self._connection.execute(
            "UPDATE tasks SET call = ? WHERE uid = ? AND ordinal = ?",
            (call, task_id.execution_uid, task_id.ordinal),
        )

    def task(self, task_id: TaskId) -> LocalTask | None:
        """What memory holds of the task."""
        return self._tasks.get(task_id.execution_uid, {}).get(task_id.ordinal)

    def record(
        self,
        commands: Sequence[StartTask],
        now: datetime,
        *,
        owner_uid: str | None = None,
        once: Collection[TaskId] = (),
    ) -> list[StartTask]:
        """Record the starts in one write; returns those that were not known and must run.

        ``owner_uid`` is the execution around the express child whose tasks they are; ``once``
        are those that must not be repeated.
        """
        new = []
        with transaction(self._connection):
            for command in commands:
                task_id = command.task_id
                cursor = self._connection.execute(
                    "INSERT OR IGNORE INTO tasks"
                    " (uid, ordinal, function, state, attempt, recorded_at, owner_uid, may_repeat)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        task_id.execution_uid,
                        task_id.ordinal,
                        command.invocation.name,
                        command.state,
                        command.attempt,
                        now.isoformat(),
                        owner_uid or task_id.execution_uid,
                        task_id not in once,
                    ),
                )
                if cursor.rowcount:
                    new.append(command)
        for command in new:
            task_id = command.task_id
            self._put(LocalTask(task_id=task_id, may_repeat=task_id not in once))
        return new

    def answered(self, task_id: TaskId, at: datetime) -> None:
        """Hold a task of which only a report is awaited, as ``children`` has recorded it."""
        if self.task(task_id) is None:
            done = Succeeded(output=None)
            self._put(LocalTask(task_id=task_id, started_at=at, finished_at=at, outcome=done))

    def started(self, task_id: TaskId, at: datetime) -> None:
        """The task is about to go to a process: from now on it may have run."""
        task = self.task(task_id)
        if task is not None:
            self._connection.execute(
                "UPDATE tasks SET started_at = ? WHERE uid = ? AND ordinal = ?",
                (at.isoformat(), task_id.execution_uid, task_id.ordinal),
            )
            self._put(replace(task, started_at=at))

    def lives(self, task_id: TaskId, at: datetime) -> None:
        """The task gave a sign of life. This stays in memory: a crash loses the task anyway."""
        task = self.task(task_id)
        if task is not None:
            self._put(replace(task, heartbeat_at=at))

    def finish(self, task_id: TaskId, outcome: Outcome, at: datetime) -> None:
        """Record the outcome, unless nobody waits for it or one is known: the first counts."""
        known = self.task(task_id)
        if known is None or known.outcome is not None:
            return
        task = replace(known, outcome=outcome, finished_at=at)
        self._connection.execute(
            "UPDATE tasks SET started_at = ?, finished_at = ?, outcome = ?"
            " WHERE uid = ? AND ordinal = ? AND outcome IS NULL",
            (
                None if task.started_at is None else task.started_at.isoformat(),
                at.isoformat(),
                outcome_text(outcome),
                task_id.execution_uid,
                task_id.ordinal,
            ),
        )
        self._put(task)

    def report(self, task_id: TaskId, report: Report, at: datetime) -> bool:
        """Store a report on a started task; whether it was the first of its end, or before it."""
        cursor = self._connection.execute(
            "UPDATE tasks SET report = ?, reported_at = ? WHERE uid = ? AND ordinal = ?"
            " AND (report IS NULL OR report = ?)",
            (
                report_text(report),
                at.isoformat(),
                task_id.execution_uid,
                task_id.ordinal,
                report_text(Beat()),
            ),
        )
        return bool(cursor.rowcount)

    def hear(self) -> set[tuple[str, str]]:
        """Read what other processes reported of tasks in memory; names and uids of executions."""
        rows = self._connection.execute(
            "SELECT name, uid, ordinal, tasks.started_at, worker, report, reported_at FROM tasks"
            " JOIN executions USING (uid) WHERE executions.outcome IS NULL AND"
            " (report IS NOT NULL OR (activity IS NOT NULL AND tasks.started_at IS NOT NULL))"
        ).fetchall()
        heard = set()
        for name, uid, ordinal, started_at, worker, *report in rows:
            task = self.task(TaskId(uid, ordinal))
            if task is None:
                continue
            started = task.started_at if started_at is None else instant(started_at)
            known = replace(task, started_at=started, worker=worker, report=_report(*report))
            if known != task:
                self._put(known)
                heard.add((name, uid))
        return heard

    def keep_only(self, uid: str, wanted: Iterable[TaskId]) -> None:
        """Drop from memory what nobody will ask for again; SQLite keeps it."""
        ordinals = {task_id.ordinal for task_id in wanted}
        tasks = self._tasks.get(uid, {})
        for ordinal in [known for known in tasks if known not in ordinals]:
            del tasks[ordinal]

    def forget(self, uid: str) -> None:
        """Hold nothing of the execution's tasks in memory; SQLite keeps them."""
        self._tasks.pop(uid, None)

    def _put(self, task: LocalTask) -> None:
        self._tasks.setdefault(task.task_id.execution_uid, {})[task.task_id.ordinal] = task


def _task(task_id: TaskId, row: Sequence[Any]) -> LocalTask:
    started_at, finished_at, outcome, may_repeat, worker, *report = row
    return LocalTask(
        task_id=task_id,
        started_at=None if started_at is None else instant(started_at),
        finished_at=None if finished_at is None else instant(finished_at),
        outcome=None if outcome is None else outcome_of(outcome),
        may_repeat=bool(may_repeat),
        worker=worker,
        report=_report(*report),
    )


def _report(text: str | None, at: str | None) -> tuple[Report, datetime] | None:
    return None if text is None or at is None else (report_of(text), instant(at))


def outcome_text(outcome: Outcome) -> str:
    """The outcome as SQLite stores it."""
    match outcome:
        case Succeeded():
            return dump({"output": outcome.output})
        case Failed():
            return dump({"error": outcome.error, "cause": outcome.cause})
        case Vanished():
            return dump({"vanished": outcome.reason})


def outcome_of(text: str) -> Outcome:
    """The inverse of ``outcome_text``."""
    plain = from_text(text)
    if "output" in plain:
        return Succeeded(output=plain["output"])
    if "vanished" in plain:
        return Vanished(reason=plain["vanished"])
    return Failed(error=plain["error"], cause=plain["cause"])
