"""Workflows: checked once per generation, pinned as revisions, and told what is wrong with them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from asw.api import names
from asw.api.conditions import Condition
from asw.api.function_policy import connection_problems, template_problems, told
from asw.api.names import digest12
from asw.api.objects import LONGEST_LIST, InvalidObject
from asw.api.workflow import Workflow
from asw.asl.problems import Problem
from asw.connector.wanted import Wanted
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.connected import NoConnection
from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.cache.whole import whole
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.ensure import ensure
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import REVISIONS, WORKFLOWS
from asw.platforms.kubernetes.notices.notice import Tell, tell_nobody
from asw.platforms.kubernetes.notices.occasions import of_workflow
from asw.platforms.kubernetes.storage.status import conditions_plain
from asw.platforms.kubernetes.tasks.settings import TaskSettings
from asw.platforms.kubernetes.workflows.judgements import (
    READY,
    Judgement,
    Words,
    conditions_of,
    grace_left,
    reminders,
    tell,
    without_its_nulls,
)
from asw.platforms.kubernetes.workflows.revisions import (
    PinnedRevision,
    definition_text,
    pinned,
    read_revision,
)
from asw.reconciler.platform import (
    ExecutionKey,
    Revision,
    WorkflowInvalid,
    WorkflowMissing,
    WorkflowReady,
    WorkflowState,
)
from asw.reconciler.reading import Reader, Verdict
from asw.reconciler.recent import Recent

KEPT_REVISIONS = 256
KEPT_TEXT = 8 * 2**20
"""Characters of all held definitions."""
KEPT_WEIGHT: Final = 10_000
"""Problems and names of Functions in all verdicts, about a kilobyte each."""
NAMED: Final = 5
"""Most unresolved Functions that a condition names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The verdict on one generation of a Workflow, at one or more of its versions."""

    generation: int
    version: str
    digest: str
    """The checked versions: kubectl may add and remove nulls within one generation."""
    verdict: Verdict

    @property
    def weight(self) -> int:
        """Its share of the bound on all of them."""
        return 1 + len(self.verdict.problems) + len(self.verdict.functions or ())


class Workflows:
    """Checks and pins Workflows. A ``reader`` with a sandbox reads long definitions there."""

    def __init__(self, client: KubeClient, cache: Cache, settings: TaskSettings) -> None:
        self.now = cache.now
        self.reader = Reader()
        self.tell: Tell = tell_nobody
        """Takes notices about what was judged."""
        self._settings = settings
        self._client = client
        self._cache = cache
        self._checked: Recent[str, Checked] = Recent(KEPT_WEIGHT, KEPT_WEIGHT)
        self._checking: dict[tuple[str, str], asyncio.Task[Checked]] = {}
        self._last_pinned: dict[str, tuple[str, str]] = {}
        """By uid, the version of the Workflow and the name of its revision."""
        self._reading: dict[tuple[str, str], asyncio.Task[PinnedRevision | None]] = {}
        self._revisions: Recent[tuple[str, str], PinnedRevision]
        self._revisions = Recent(KEPT_REVISIONS, KEPT_TEXT)

    async def state(self, key: ExecutionKey, name: str) -> WorkflowState:
        """The Workflow as it is now: missing, invalid, or its current revision."""
        workflow = self._cache.workflows.get((key.namespace, name))
        if workflow is None:
            return WorkflowMissing()
        try:
            verdict = (await self._check(workflow)).verdict
            if verdict.functions is None:
                told = tuple(map(str, verdict.problems))
                return WorkflowInvalid(problems=told, more=max(0, verdict.errors - len(told)))
            return WorkflowReady(revision=(await self._pin(workflow)).revision)
        except NotFound:  # gone, as the watch will soon report
            return WorkflowMissing()

    async def is_seen(self, namespace: str, name: str) -> bool:
        """Whether what is known of the Workflow, or of its absence, is current."""
        known = self._cache.workflows.get((namespace, name))
        try:
            item = await self._client.get(WORKFLOWS, namespace, name)
            made = Workflow.parse(item)
        except (NotFound, InvalidObject):
            return known is None
        if known is None:
            return False
        there, metadata = made.metadata, known.metadata
        return (there.uid, there.generation) == (metadata.uid, metadata.generation)

    async def revision(self, namespace: str, name: str) -> Revision | None:
        """A pinned revision; None if it was removed."""
        found = await self._find(namespace, name)
        return found.revision if found else None

    async def pinned_revision(self, namespace: str, name: str | None) -> PinnedRevision | None:
        """A pinned revision, with what only Kubernetes needs to know."""
        return await self._find(namespace, name) if name else None

    async def reconcile(self, workflow: Workflow) -> None:
        """Pin the definition, and write what is wrong with it and with what it calls."""
        try:
            workflow = await whole(self._client, workflow)
        except NotFound:
            return  # as the watch will soon report
        metadata, revision = workflow.metadata, None
        verdict = (await self._check(workflow)).verdict
        if verdict.functions is not None:
            revision = (await self._pin(workflow)).revision.name
        this = Named.workflow(metadata.namespace, metadata.name)
        called = (verdict.functions or ())[:LONGEST_LIST]  # as many as its status lists
        services, activities = verdict.services[:LONGEST_LIST], verdict.activities[:LONGEST_LIST]
        named = {name for it in services for name in it.names(workflow.spec.connections)}
        self._cache.references.put(
            this,
            (
                *(Named.function(metadata.namespace, name) for name in called),
                *(Named.connection(metadata.namespace, it) for it in named),
                *(Named.activity(metadata.namespace, it) for it in activities),
            ),
        )
        now, grace = self.now(), self._settings.function_wait
        unresolved = self._unresolved(workflow, called, services, activities)
        judgement = self._judge(workflow, verdict, unresolved)
        also = (
            {} if verdict.functions is None else {names.CONDITION_RESOLVED: _resolved(unresolved)}
        )
        conditions = conditions_of(workflow, judgement, now, grace, also)
        if (left := grace_left(conditions, now, grace)) is not None:
            self._cache.again.add(this, max(left.total_seconds(), 1.0))
        status = _status(workflow, verdict, revision, conditions)
        if await tell(self._client, WORKFLOWS, workflow, status):
            for notice in of_workflow(workflow, conditions, revision):
                self.tell(notice)

    def _judge(self, workflow: Workflow, checked: Verdict, unresolved: Judgement) -> Judgement:
        """Judge whether its runs can succeed; the same rules refuse their tasks."""
        if checked.functions is None:
            is_lost = bool(workflow.lost_nulls)
            reason = names.REASON_NULLS_LOST if is_lost else names.REASON_INVALID_DEFINITION
            return Judgement(reason, _summary(checked))
        rules = self._settings.policy.rules(workflow.metadata.namespace)
        template = workflow.spec.task_template
        problems = template_problems(template, rules) if template is not None else ()
        if problems:
            return Judgement(names.REASON_NOT_ALLOWED, told(problems))
        return unresolved

    def _unresolved(
        self,
        workflow: Workflow,
        called: Sequence[str],
        services: Sequence[Wanted],
        activities: Sequence[str],
    ) -> Judgement:
        """What it needs and is not there, of Functions, Connections and Activities: a sentence."""
        namespace = workflow.metadata.namespace
        amiss = [it for name in called if (it := self._cache.amiss(namespace, name)) is not None]
        amiss += (it for each in services if (it := self._unconnected(workflow, each)) is not None)
        amiss += (
            (names.REASON_ACTIVITY_NOT_FOUND, f"Activity {it!r} does not exist")
            for it in activities
            if not self._cache.activities.has(namespace, it)
        )
        if not amiss:
            return READY
        more = f"; and {len(amiss) - NAMED} more" if len(amiss) > NAMED else ""
        sentences = "; ".join(sentence for _, sentence in amiss[:NAMED])
        return Judgement(amiss[0][0], f"{sentences}{more}", may_pass=True)

    def _unconnected(self, workflow: Workflow, wanted: Wanted) -> tuple[str, str] | None:
        """Why a service cannot be called, as a reason and a sentence; None if it can."""
        try:
            found = self._cache.connections.find(workflow, wanted)
        except NoConnection as error:
            return names.REASON_CONNECTION_NOT_FOUND, str(error)
        rules = self._settings.policy.rules(workflow.metadata.namespace)
        problems = connection_problems(found.spec, rules)
        name = found.metadata.name
        return (
            (names.REASON_NOT_ALLOWED, f"Connection {name}: {told(problems)}") if problems else None
        )

    def forget(self, uid: str) -> None:
        """Hold nothing of a Workflow that is gone."""
        self._checked.drop(uid)
        self._last_pinned.pop(uid, None)

    def forget_revision(self, namespace: str, name: str) -> None:
        """Forget a revision that was deleted."""
        self._revisions.drop((namespace, name))

    async def _check(self, workflow: Workflow) -> Checked:
        """The verdict. Raises Unavailable, and NotFound if it is gone and not at hand."""
        metadata = workflow.metadata
        known = self._checked.get(metadata.uid)
        if known is not None and known.generation == metadata.generation:
            if known.version == metadata.resource_version:
                return known
            # Usually an echo of our own status: no reason to read it again.
            workflow = await whole(self._client, workflow)
            if known.digest == _digest(workflow, definition_text(workflow)):
                known = replace(known, version=metadata.resource_version)
                return self._checked.put(metadata.uid, known, known.weight)
        known = await self._checked_anew(workflow)
        return self._checked.put(metadata.uid, known, known.weight)

    async def _checked_anew(self, workflow: Workflow) -> Checked:
        place = (workflow.metadata.uid, workflow.metadata.resource_version)
        checking = self._checking.get(place)
        if checking is None:  # a thousand executions may ask for it at the same moment
            checking = self._checking[place] = asyncio.create_task(self._read_anew(workflow))
            checking.add_done_callback(lambda _: self._checking.pop(place, None))
        return await asyncio.shield(checking)

    async def _read_anew(self, workflow: Workflow) -> Checked:
        workflow = await whole(self._client, workflow)
        metadata, dialect = workflow.metadata, workflow.spec.dialect
        text = definition_text(workflow)
        verdict = without_its_nulls(workflow)
        if verdict is None:
            verdict = await self.reader.check(metadata.namespace, text, dialect)
        return Checked(
            generation=metadata.generation,
            version=metadata.resource_version,
            digest=_digest(workflow, text),
            verdict=verdict,
        )

    async def _pin(self, workflow: Workflow) -> PinnedRevision:
        """Make sure that its revision exists. Raises NotFound if it is gone and not at hand."""
        metadata = workflow.metadata
        namespace, version = metadata.namespace, metadata.resource_version
        last_version, name = self._last_pinned.get(metadata.uid, ("", ""))
        if last_version == version:
            found = await self._find(namespace, name)
            if found is not None:
                return found
        made, manifest = pinned(await whole(self._client, workflow))
        place = (namespace, made.revision.name)
        if place not in self._revisions:
            await ensure(self._client, REVISIONS, namespace, manifest)
        self._last_pinned[metadata.uid] = version, made.revision.name
        return self._keep(place, made)

    async def _find(self, namespace: str, name: str) -> PinnedRevision | None:
        place = (namespace, name)
        known = self._revisions.get(place)
        if known is None:
            reading = self._reading.get(place)
            if reading is None:  # a thousand executions may ask for it at the same moment
                reading = self._reading[place] = asyncio.create_task(self._read(namespace, name))
                reading.add_done_callback(lambda _: self._reading.pop(place, None))
            known = await asyncio.shield(reading)
        return None if known is None else self._keep(place, known)

    async def _read(self, namespace: str, name: str) -> PinnedRevision | None:
        try:
            item = await self._client.get(REVISIONS, namespace, name)
        except NotFound:
            return None
        return read_revision(item)

    def _keep(self, place: tuple[str, str], revision: PinnedRevision) -> PinnedRevision:
        return self._revisions.put(place, revision, len(revision.revision.text))


def _status(
    workflow: Workflow,
    checked: Verdict,
    revision: str | None,
    conditions: tuple[Condition, ...],
) -> dict[str, Any]:
    status = {
        "observedGeneration": workflow.metadata.generation,
        "conditions": conditions_plain(conditions),
        "problems": [_problem(it) for it in (*checked.problems, *reminders(workflow))],
        "revision": revision,
        "functions": list(checked.functions or ())[:LONGEST_LIST],
    }
    return {name: value for name, value in status.items() if value not in (None, [])}


def _digest(workflow: Workflow, text: str) -> str:
    return digest12("\n".join((text, *workflow.lost_nulls)))


def _resolved(unresolved: Judgement) -> Words:
    """The condition ResolvedRefs, as in the Gateway API: True with a reason of the same name."""
    if unresolved.is_ready:
        return "True", names.CONDITION_RESOLVED, ""
    return "False", unresolved.reason, unresolved.message


def _summary(checked: Verdict) -> str:
    first = next((it for it in checked.problems if it.severity == "ERROR"), None)
    more = f" (and {checked.errors - 1} more)" if checked.errors > 1 else ""
    return "" if first is None else f"{first}{more}"


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity.capitalize(),
        "code": problem.code,
        "path": problem.path,
        "message": problem.message[:4096],
    }
