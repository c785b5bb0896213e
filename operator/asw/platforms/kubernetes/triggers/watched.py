"""A Trigger as the operator keeps it: small, for there may be ten thousand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from asw.api.conditions import mistakes_of
from asw.api.instants import parse_instant
from asw.api.objects import InvalidObject
from asw.api.trigger import Trigger, TriggerStatus
from asw.asl.values import to_text
from asw.platforms.kubernetes.cache.seen import SeenExecution
from asw.platforms.kubernetes.tasks.propagation import NOTHING, Propagated, propagated
from asw.reconciler.token_bucket import TokenBucket
from asw.triggers.judging import Wish

EndId: TypeAlias = tuple[str, int]
"""The uid of an Execution, and after how many redrives it ended."""
KEPT_WISH: Final = 1024
"""Characters of filter and template that are kept; longer ones are read again for each event."""
MOST_TRIGGERS: Final = 300
"""Triggers of one namespace that have effects (AWS: rules of an event bus): each end is held
against all of them."""
MOST_WAITING: Final = 100
"""Ends that wait for one Trigger in memory; more of them are looked for when these are done."""
BEHIND: Final = timedelta(minutes=1)
"""How much earlier than others an end may be that is heard of after them: a write may be slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What the spec of a Trigger says. ``wish`` is None if it is too long to keep."""

    workflows: frozenset[str]
    outcomes: frozenset[str]
    source: str
    wish: Wish | None
    workflow: str
    revision: str | None
    per_minute: int
    is_suspended: bool
    propagated: Propagated = NOTHING

    def concerns(self, seen: SeenExecution) -> bool:
        """Whether it is about the end of this Execution."""
        is_named = not self.workflows or seen.workflow_name in self.workflows
        return is_named and seen.phase in self.outcomes


@dataclass(slots=True, kw_only=True)
class Watched:
    """A Trigger, and how far it is. ``wants`` is None if its spec cannot be read: ``mistakes``.

    Ends up to ``since`` do not concern it, and those up to ``until`` have been dealt with. ``line``
    has those that wait, by uid and epoch, and ``has_more`` says that there are others. ``told`` is
    its status as JSON text.
    """

    namespace: str
    name: str
    uid: str
    version: str
    generation: int
    wants: Wants | None
    since: datetime
    until: datetime
    mistakes: str = ""
    is_spare: bool = False
    """Whether its namespace has as many Triggers as it may have, without this one."""
    is_checked: bool = False
    """Whether a sandbox has looked at filter and template."""
    line: dict[EndId, datetime] = field(default_factory=dict)
    has_more: bool = False
    latest: set[EndId] = field(default_factory=set)
    """The ends at the very instant ``until`` that have been dealt with."""
    bucket: TokenBucket | None = None
    last_event: datetime | None = None
    last_execution: str | None = None
    started: int = 0
    filtered: int = 0
    failed: int = 0
    last_failure: str | None = None
    was_suspended: bool = False
    trouble: str = ""
    """Why the latest run could not be created; it is tried again."""
    retry_at: datetime | None = None
    """Before this nothing is tried again."""
    refused_since: datetime | None = None
    """Since when the API server has refused the run for the first end of the line."""
    told: str = "{}"

    def may_concern(self, end: EndId, seen: SeenExecution) -> bool:
        """Whether it is about this end, and has not dealt with it as far as memory goes."""
        at, wants = seen.ended_at, self.wants
        if at is None or wants is None or wants.is_suspended or not wants.concerns(seen):
            return False
        return at > self.until or (at == self.until and end not in self.latest)

    def enter(self, end: EndId, at: datetime) -> None:
        """An end that concerns it waits its turn, if there is room; else it is looked for later."""
        last = max(self.line.values(), default=self.until)
        if (self.has_more or len(self.line) >= MOST_WAITING) and at >= last:
            self.has_more = True
        else:
            self.line[end] = at

    def first(self) -> EndId:
        """The end whose turn it is; there must be one."""
        return min(self.line, key=lambda end: (self.line[end], end))

    def done(self, end: EndId) -> None:
        """It has been dealt with."""
        at = self.line.pop(end, None)
        self.refused_since, self.trouble = None, ""
        if at is None:
            return
        if at > self.until:
            self.until, self.latest = at, set()
        if at == self.until:
            self.latest.add(end)


def watched(item: Mapping[str, Any], prefixes: tuple[str, ...], now: datetime) -> Watched:
    """The Trigger as its object shows it: what it wants, and how far it was."""
    metadata, status = item["metadata"], _status(item)
    since = status.since or parse_instant(metadata["creationTimestamp"])
    until = status.handled_until
    made = Watched(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        version=metadata.get("resourceVersion", ""),
        generation=metadata.get("generation", 0),
        wants=None,
        since=since,
        until=since if until is None else max(since, until - BEHIND),
        last_event=status.last_event_time,
        last_execution=status.last_execution,
        started=status.started,
        filtered=status.filtered,
        failed=status.failed,
        last_failure=status.last_failure,
        was_suspended=status.suspended,
        told=to_text(dict(item.get("status", {}))),
    )
    is_new = status.observed_generation < 0
    read(made, item, prefixes, now, None if is_new else status.source or "")
    return made


def read(
    made: Watched,
    item: Mapping[str, Any],
    prefixes: tuple[str, ...],
    now: datetime,
    known_source: str | None,
) -> None:
    """Take the spec of the object; one that bypassed its schema is remembered as such.

    What another source, or a pause, left undone stays so. ``known_source`` is that of before:
    empty if it could not be read, None if nobody looked.
    """
    made.generation, made.is_checked = item["metadata"].get("generation", 0), False
    made.bucket, made.retry_at, made.trouble = None, None, ""
    try:
        wants = _wants_of(Trigger.parse(dict(item)), item, prefixes)
    except InvalidObject as error:
        made.wants, made.mistakes = None, mistakes_of(error)
        return
    is_other = known_source is not None and known_source != wants.source
    if is_other or made.was_suspended or wants.is_suspended:
        made.since = made.until = now
        made.line.clear()
        made.latest.clear()
        made.has_more = False
    made.was_suspended = wants.is_suspended
    made.wants, made.mistakes = wants, ""


def _wants_of(trigger: Trigger, item: Mapping[str, Any], prefixes: tuple[str, ...]) -> Wants:
    spec, source = trigger.spec, trigger.spec.source.workflow
    wish = spec.wish
    return Wants(
        workflows=frozenset(source.workflows),
        outcomes=frozenset(source.outcomes),
        source=spec.source.line,
        wish=wish if len(wish.filter) + len(wish.input or "") <= KEPT_WISH else None,
        workflow=spec.workflow_ref.name,
        revision=spec.workflow_ref.revision,
        per_minute=spec.max_per_minute,
        is_suspended=spec.suspend,
        propagated=propagated(item["metadata"], prefixes),
    )


def _status(item: Mapping[str, Any]) -> TriggerStatus:
    """Its status; one that somebody else broke counts for nothing."""
    try:
        return TriggerStatus.model_validate(item.get("status", {}))
    except ValidationError:
        return TriggerStatus()
