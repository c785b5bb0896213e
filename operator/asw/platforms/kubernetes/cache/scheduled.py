"""Runs of Schedules: those that are not over, and news of those that ended. In memory.

Who started an Execution is told by labels, which anybody who may create Executions can write. So
they count only within the namespace, and for nothing but turns and figures of a Schedule there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asw.api.instants import parse_instant
from asw.api.names import ANNOTATION_QUEUED, ANNOTATION_SCHEDULED, LABEL_SCHEDULE_UID
from asw.reconciler.platform import ExecutionKey

NO_RUNS: Mapping[str, "Run"] = {}


@dataclass(frozen=True, slots=True)
class Run:
    """An Execution that a Schedule started: for which instant, and whether it waits its turn."""

    key: ExecutionKey
    schedule_uid: str
    instant: datetime
    waits: bool


def _unheard(_run: Run, _phase: str | None) -> None:
    pass


class Scheduled:
    """The runs that are not over, by namespace and uid of their Schedule.

    ``changed`` is told of each that comes, ends (with its phase), is deleted (phase ""), or begins
    or stops waiting (phase None).
    """

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], dict[str, Run]] = {}
        self._known: dict[str, Run] = {}
        self.changed: Callable[[Run, str | None], None] = _unheard

    def of(self, namespace: str, schedule_uid: str) -> Mapping[str, Run]:
        """The runs of a Schedule that are not over, by uid."""
        return self._runs.get((namespace, schedule_uid), NO_RUNS)

    def see(self, item: Mapping[str, Any], phase: str, *, is_finished: bool) -> None:
        """Take an Execution as it is now."""
        run = _run_of(item)
        if run is None:
            return
        known = self._known.get(run.key.uid)
        if is_finished:
            self._drop(run)
            self.changed(run, phase)
        elif run != known:
            self._known[run.key.uid] = run
            family = (run.key.namespace, run.schedule_uid)
            self._runs.setdefault(family, {})[run.key.uid] = run
            self.changed(run, None)

    def lose(self, uid: str) -> None:
        """An Execution is gone."""
        run = self._known.get(uid)
        if run is not None:
            self._drop(run)
            self.changed(run, "")

    def _drop(self, run: Run) -> None:
        self._known.pop(run.key.uid, None)
        family = (run.key.namespace, run.schedule_uid)
        runs = self._runs.get(family)
        if runs is not None:
            runs.pop(run.key.uid, None)
            if not runs:
                del self._runs[family]


def _run_of(item: Mapping[str, Any]) -> Run | None:
    metadata = item["metadata"]
    uid = (metadata.get("labels") or {}).get(LABEL_SCHEDULE_UID)
    marks = metadata.get("annotations") or {}
    if uid is None or (text := marks.get(ANNOTATION_SCHEDULED)) is None:
        return None
    try:
        instant = parse_instant(text)
    except ValueError:
        return None
    key = ExecutionKey(metadata["namespace"], metadata["name"], metadata["uid"])
    waits = ANNOTATION_QUEUED in marks and bool(item["spec"].get("suspend"))
    return Run(key, uid, instant, waits)
