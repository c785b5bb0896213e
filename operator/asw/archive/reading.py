"""Reads a finished Execution whole, for the archive: what ``asw export`` would read.

By a client of its own in the writer's thread, so that no history holds up the event loop. What is
damaged or too large to read is left out and named: nobody's run may keep its object for ever.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

from asw import __version__
from asw.api.execution import Execution
from asw.api.instants import parse_instant
from asw.api.objects import InvalidObject
from asw.api.phases import FINAL_PHASES
from asw.asl.model import StateMachine
from asw.asl.problems import InvalidDefinition
from asw.asl.values import JsonObject, to_text
from asw.engine.record import Record
from asw.executions.bundles.contents import Bundle, Exported
from asw.executions.bundles.gathering import (
    APART,
    MOST_CHILDREN,
    failed_children,
    more_children,
    without_code,
)
from asw.executions.cluster.rows import fields_of, labels_of
from asw.executions.port import Detail, Query
from asw.executions.run import Run
from asw.executions.snapshots import has_distributed_map, machine_of
from asw.failures import Failure
from asw.messages import t
from asw.platforms.kubernetes.cache.epochs import is_redrive_due
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import Forbidden, NotFound
from asw.platforms.kubernetes.client.resources import (
    EXECUTIONS,
    FUNCTIONS,
    REVISIONS,
    WORKFLOWS,
    Resource,
)
from asw.platforms.kubernetes.storage.inputs import is_input_changed, read_input
from asw.platforms.kubernetes.storage.reading import read_lines, read_output, read_record
from asw.platforms.kubernetes.storage.storage import Storage
from asw.platforms.kubernetes.workflows.revisions import read_revision
from asw.reconciler.platform import ExecutionKey, PlatformError, Refused, Revision, Unavailable
from asw.reconciler.recent import Recent

MOST_READ: Final = 32 << 20
"""Characters of a history that are read: the longest of AWS's limits with small payloads."""
MOST_OF_CHILD: Final = 1 << 20
MOST_OF_RECORD: Final = 8 << 20
"""The same of what the engine remembers. It is decoded, which may take twenty times as much."""
AT_ONCE: Final = 16
"""Objects of a run that are asked for at a time: at most so many too many."""
MOST_FUNCTIONS: Final = 50
"""A definition may name thousands, and each would be asked for."""
MOST_HELD: Final = 4 << 20
"""Characters of definitions, Workflows and Functions that are kept for the next run."""
_OVERHEAD: Final = 500
"""What one that is kept takes beside its text, in characters."""

Object = Mapping[str, Any]
_ENVELOPE = {"id", "previousEventId", "type"}
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, InvalidObject, Failure)
"""What comes of a status that somebody else wrote; whoever may write one may write anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An Execution that ended after so many redrives, and its object then, if it is at hand."""

    key: ExecutionKey
    epoch: int
    item: Object | None = None


class Place(NamedTuple):
    """Name and version of an object."""

    name: str
    version: str


class Known(Protocol):
    """What the operator's memory has. Asked from another thread."""

    def workflow(self, namespace: str, name: str) -> Place | None:
        """The Workflow of that name."""

    def function(self, namespace: str, public_name: str) -> Place | None:
        """The Function that definitions know by that name."""


@dataclass(slots=True)
class RunReader:
    """Reads one run after the other; what many runs share is read once."""

    client: KubeClient
    known: Known
    most: int = MOST_READ
    _shelf: Recent[tuple[str, ...], Any] = field(init=False)

    def __post_init__(self) -> None:
        self._shelf = Recent(MOST_HELD // _OVERHEAD, MOST_HELD)

    async def item(self, ended: Ended) -> Object | None:
        """Its object; None if it is gone, or is not over now. Raises Unavailable, Forbidden."""
        item = ended.item or await self._item(ended.key)
        return item if item is not None and _is_over(item) else None

    async def read(self, item: Object) -> Bundle:
        """The run of that object, whole. Raises Unavailable, Forbidden."""
        run, missing = _run(item), list[str]()
        main = await self._exported(run, self.most, missing)
        revision, machine = await self._definition(run, missing)
        return Bundle(
            made_by=__version__,
            made_at=datetime.now(UTC),
            main=main,
            definition_text=None if revision is None else revision.text,
            dialect="ASL" if revision is None else revision.dialect,
            workflow=await self._workflow(run, missing),
            functions=await self._functions(run, machine, missing),
            children=await self._children(run, machine, missing),
            missing=tuple(dict.fromkeys(missing)),
        )

    async def _item(self, key: ExecutionKey) -> Object | None:
        try:
            item = await self.client.get(EXECUTIONS, key.namespace, key.name)
        except NotFound:
            return None
        return item if item["metadata"]["uid"] == key.uid else None

    async def _exported(self, run: Run, most: int, missing: list[str]) -> Exported:
        key = ExecutionKey(run.namespace, run.name, run.uid)
        status = {name: it for name, it in run.status.items() if name not in APART}
        with _leaving_out(lambda: t("output of {name}", name=run.name), missing):
            if run.phase == "Succeeded" and "outputRef" in status:
                storage = _Bounded(self.client, MOST_OF_RECORD)
                status["output"] = await read_output(storage, key, run.status)
        record, lines = None, list[Mapping[str, Any]]()
        with _leaving_out(lambda: t("record of {name}", name=run.name), missing):
            record = await self._record(key, run)
        with _leaving_out(lambda: t("history of {name}", name=run.name), missing):
            storage = _Bounded(self.client, most)
            lines = _events(await read_lines(storage, key, run.status))
        shown = Run({**run.manifest, "status": status})
        return Exported(run=shown, events=(), record=record, stored=lines)

    async def _record(self, key: ExecutionKey, run: Run) -> Record | None:
        text = run.status.get("record")
        if text is None:
            return None
        execution = Execution.parse(run.manifest)
        source = await read_input(self.client, execution, None)
        is_lost = is_input_changed(execution.status, source)
        storage = _Bounded(self.client, MOST_OF_RECORD)
        record, _ = await read_record(storage, key, text, source.value, is_input_lost=is_lost)
        return record

    # What many runs share

    async def _definition(
        self, run: Run, missing: list[str]
    ) -> tuple[Revision | None, StateMachine | None]:
        name = run.status.get("revision")
        if name is None:
            return None, None
        key = (REVISIONS.plural, run.namespace, name, "")
        found = self._shelf.get(key)
        if found is None:
            found = await self._read_definition(run.namespace, name)
            size = 0 if found[0] is None else 10 * len(found[0].text)
            self._shelf.put(key, found, size + _OVERHEAD)
        if found[0] is None:
            missing.append(t("revision {name} is gone", name=name))
        made: tuple[Revision | None, StateMachine | None] = found
        return made

    async def _read_definition(
        self, namespace: str, name: str
    ) -> tuple[Revision | None, StateMachine | None]:
        try:
            found = read_revision(await self.client.get(REVISIONS, namespace, name))
        except NotFound:
            return None, None
        except _BROKEN:
            found = None
        if found is None:
            return None, None
        try:
            return found.revision, machine_of(found.revision, None)
        except (InvalidDefinition, *_BROKEN):
            return found.revision, None  # of a version with other rules: its text is kept

    async def _workflow(self, run: Run, missing: list[str]) -> JsonObject | None:
        place = self.known.workflow(run.namespace, run.workflow)
        found = None if place is None else await self._object(WORKFLOWS, run.namespace, place)
        if found is None:
            missing.append(t("Workflow {name} is gone", name=run.workflow))
        return found

    async def _functions(
        self, run: Run, machine: StateMachine | None, missing: list[str]
    ) -> tuple[JsonObject, ...]:
        made: list[JsonObject] = []
        named = sorted(machine.functions if machine else ())
        if len(named) > MOST_FUNCTIONS:
            count = len(named) - MOST_FUNCTIONS
            missing.append(t("{count} more Functions", count=count))
        for name in named[:MOST_FUNCTIONS]:
            place = self.known.function(run.namespace, name)
            found = None if place is None else await self._object(FUNCTIONS, run.namespace, place)
            if found is None:
                missing.append(t("Function {name} is gone", name=name))
            else:
                made.append(found)
        return tuple(made)

    async def _object(self, resource: Resource, namespace: str, place: Place) -> JsonObject | None:
        """The object as a manifest, without code."""
        key = (resource.plural, namespace, place.name, place.version)
        found: JsonObject | None = self._shelf.get(key)
        if found is None:
            try:
                item = await self.client.get(resource, namespace, place.name)
            except NotFound:
                return None
            found = _manifest(item, resource)
            if resource is FUNCTIONS:
                found = without_code(found)
            self._shelf.put(key, found, len(to_text(found)) + _OVERHEAD)
        return found

    # Children of distributed Maps

    async def _children(
        self, run: Run, machine: StateMachine | None, missing: list[str]
    ) -> tuple[Exported, ...]:
        if machine is None or not has_distributed_map(machine.block):
            return ()
        family = _Family(self.client, run.namespace)
        try:
            own, count = await failed_children(family, run, MOST_CHILDREN)
        except NotFound:  # one that was deleted between the two questions
            missing.append(more_children(1))
            return ()
        if count > len(own):
            missing.append(more_children(count - len(own)))
        return tuple([await self._exported(it, MOST_OF_CHILD, missing) for it in own])


@contextmanager
def _leaving_out(what: Callable[[], str], missing: list[str]) -> Iterator[None]:
    """Inside, what is damaged, too large or nonsense is left out, and named. Others raise."""
    try:
        yield
    except (Unavailable, Forbidden):
        raise
    except (PlatformError, *_BROKEN) as error:
        reason = error if isinstance(error, PlatformError) else type(error).__name__
        missing.append(t("{what}: {reason}", what=what(), reason=reason))


def _events(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines, if each is an event; payloads are not looked into. Raises as ``_BROKEN``."""
    for line in lines:
        parse_instant(line["timestamp"])
        if not line.keys() >= _ENVELOPE:
            raise KeyError("id")
    return list(lines)


class TooMuch(Refused):
    """More is stored than the archive wants in its memory."""


class _Bounded(Storage):
    """Reads no more than ``most`` characters, and few objects at a time.

    They are counted as they come: what a status says of sizes, somebody may have written.
    """

    def __init__(self, client: KubeClient, most: int) -> None:
        super().__init__(client)
        self._left = most

    async def _read(self, key: ExecutionKey, names: Iterable[str], data_key: str) -> dict[str, str]:
        found, wanted = dict[str, str](), list(names)
        for at in range(0, len(wanted), AT_ONCE):
            some = await super()._read(key, wanted[at : at + AT_ONCE], data_key)
            self._left -= sum(map(len, some.values()))
            if self._left < 0:
                raise TooMuch("it is larger than what is read at a time")
            found |= some
        return found


class _Family:
    """The executions of a namespace, for who looks for children."""

    def __init__(self, client: KubeClient, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    async def list(self, query: Query, detail: Detail = "whole") -> Sequence[Run]:  # noqa: ARG002
        """Executions of the query, with their metadata alone."""
        found = self._client.list(
            EXECUTIONS,
            self._namespace,
            labels=labels_of(query),
            fields=fields_of(query),
            is_metadata_enough=True,
        )
        return [Run(item) async for item in found]

    async def get(self, name: str) -> Run:
        """The execution of that name."""
        return _run(await self._client.get(EXECUTIONS, self._namespace, name))


def _is_over(item: Object) -> bool:
    status = item.get("status") or {}
    redrives = int(status.get("redriveCount") or 0)
    return status.get("phase") in FINAL_PHASES and not is_redrive_due(item, redrives)


def _run(item: Object) -> Run:
    return Run(_manifest(item, EXECUTIONS))


def _manifest(item: Object, resource: Resource) -> dict[str, Any]:
    """The object without who set which field: half of it, and of no use where it cannot change."""
    metadata = {key: it for key, it in item["metadata"].items() if key != "managedFields"}
    kind = {"apiVersion": resource.api_version, "kind": resource.kind}
    return {**kind, **item, "metadata": metadata}
