"""Deletes executions of this machine that are over and past their time, by the rule of clusters."""

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Final, TypeAlias

from asw.api.phases import PHASE_OF
from asw.api.retention import DEFAULT_RETENTION, due_at, rule_of
from asw.api.workflow import OutcomeRetention, Retention
from asw.executions.local.runs import LocalRuns
from asw.executions.run import Run
from asw.platforms.local.faults import FolderFault, UnusableFolder
from asw.platforms.local.presence import alone, worked_on
from asw.platforms.local.pruning import Ended

AT_ONCE: Final = 50
"""Executions deleted in one write: others that write wait for so many."""

_Group: TypeAlias = tuple[str, str]
"""Workflow and phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneOrder:
    """What to delete; ``older_than`` in seconds.

    Where either bound is given, both count for all executions instead of what anybody else says.
    """

    older_than: float | None = None
    keep: int | None = None
    workflow: str | None = None

    @property
    def rule(self) -> OutcomeRetention | None:
        """The rule for every outcome of every Workflow, None if each has its own."""
        if self.older_than is None and self.keep is None:
            return None
        seconds = None if self.older_than is None else ceil(self.older_than)
        return OutcomeRetention(ttl_seconds=seconds, limit=self.keep)


def past_their_time(
    ended: Iterable[Ended], own: Mapping[str, Retention], order: PruneOrder, now: datetime
) -> Iterator[Ended]:
    """Those to delete; ``own`` has what Workflows say. Pure."""
    groups: defaultdict[_Group, list[Ended]] = defaultdict(list)
    for each in ended:
        if order.workflow not in (None, each.workflow_name):
            continue
        if order.rule is not None or each.ttl_seconds is None:
            groups[each.workflow_name, PHASE_OF[each.status]].append(each)
        elif each.ended_at.timestamp() + each.ttl_seconds <= now.timestamp():
            yield each
    for (workflow, phase), group in groups.items():
        rule = order.rule or rule_of(phase, own.get(workflow), DEFAULT_RETENTION)
        group.sort(key=lambda it: (it.ended_at, it.uid))
        for left, each in zip(range(len(group), 0, -1), group, strict=True):
            if due_at(rule, each.ended_at.timestamp(), left) > now.timestamp():
                break
            yield each


def doomed(runs: LocalRuns, order: PruneOrder) -> list[Run]:
    """What would be deleted now, as it is. Nothing that runs, or that anything that runs needs."""
    pruning = runs.store.pruning
    own = {
        workflow: Retention.model_validate_json(text)
        for workflow, text in pruning.retentions().items()
    }
    needed = pruning.needed(worked_on(runs.folder))
    chosen = past_their_time(pruning.ended(), own, order, datetime.now(UTC))
    uids = [each.uid for each in chosen if each.uid not in needed]
    return list(runs.as_runs(runs.store.shown.some(uids)))


def prune(runs: LocalRuns, found: Sequence[Run]) -> list[Run]:
    """Delete these, unless one was redriven meanwhile, with what they printed; those deleted."""
    deleted: list[Run] = []
    for at in range(0, len(found), AT_ONCE):
        some = found[at : at + AT_ONCE]
        uids = runs.store.pruning.delete([run.uid for run in some])
        deleted += [run for run in some if run.uid in uids]
    for run in deleted:
        _delete_logs(runs.folder / "logs", run.name)
    _tidy(runs)
    return deleted


def _delete_logs(logs: Path, name: str) -> None:
    """A name that leads out of the folder has no logs there."""
    folder = logs / name
    is_within = name != ".." and folder.parent == logs and folder.name == name
    if is_within and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)


def _tidy(runs: LocalRuns) -> None:
    """Clean up as well if nobody works here; otherwise somebody else's ``prune`` will."""
    try:
        with alone(runs.folder):
            runs.store.pruning.tidy()
    except UnusableFolder as error:
        if error.fault not in (FolderFault.BUSY, FolderFault.RESUMED):
            raise
