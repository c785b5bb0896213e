"""Workflows: checked once per generation, pinned as revisions, and told what is wrong with them."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from asw.api import names
from asw.api.conditions import Condition
from asw.api.function_policy import template_problems, told
from asw.api.objects import LONGEST_LIST, InvalidObject
from asw.api.workflow import Workflow
from asw.asl.problems import Problem
from asw.kubernetes.cache import Cache
from asw.kubernetes.client import KubeClient
from asw.kubernetes.ensure import ensure
from asw.kubernetes.errors import NotFound
from asw.kubernetes.judgements import (
    READY,
    Judgement,
    Words,
    conditions_of,
    grace_left,
    tell,
)
from asw.kubernetes.nulls import reminders, without_its_nulls
from asw.kubernetes.references import Named
from asw.kubernetes.resources import REVISIONS, WORKFLOWS
from asw.kubernetes.revisions import PinnedRevision, definition_text, pinned, read_revision
from asw.kubernetes.settings import TaskSettings
from asw.kubernetes.status import conditions_plain
from asw.reconciler.platform import (
    ExecutionKey,
    Revision,
    WorkflowInvalid,
    WorkflowMissing,
    WorkflowReady,
    WorkflowState,
)
from asw.reconciler.reading import Reader, Verdict

KEPT_REVISIONS = 256
KEPT_TEXT = 8 * 2**20
"""Characters of all their definitions."""
NAMED: Final = 5
"""How many Functions that are amiss a condition names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one generation of a Workflow is worth."""

    generation: int
    definition: Mapping[str, Any] | None
    """The one that was checked: apply may add nulls to it, which start no new generation."""
    verdict: Verdict


class Workflows:
    """See the module. ``reader`` is another one where definitions are read in a sandbox."""

    def __init__(self, client: KubeClient, cache: Cache, settings: TaskSettings) -> None:
        self.now = cache.now
        self.reader = Reader()
        self._settings = settings
        self._client = client
        self._cache = cache
        self._checked: dict[str, Checked] = {}
        self._checking: dict[tuple[str, int], asyncio.Task[Checked]] = {}
        self._last_pinned: dict[str, tuple[Workflow, str]] = {}
        self._reading: dict[tuple[str, str], asyncio.Task[PinnedRevision | None]] = {}
        self._revisions: OrderedDict[tuple[str, str], PinnedRevision] = OrderedDict()
        self._text = 0

    async def state(self, key: ExecutionKey, name: str) -> WorkflowState:
        """See ``Platform.workflow``."""
        workflow = self._cache.workflows.get((key.namespace, name))
        if workflow is None:
            return WorkflowMissing()
        verdict = await self._verdict(workflow)
        if verdict.functions is None:
            told = tuple(map(str, verdict.problems))
            return WorkflowInvalid(problems=told, more=max(0, verdict.errors - len(told)))
        return WorkflowReady(revision=(await self._pin(workflow)).revision)

    async def is_seen(self, namespace: str, name: str) -> bool:
        """Whether the Workflow is known as it is by now, or is not there as far as is known."""
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
        """See ``Platform.revision``."""
        found = await self._find(namespace, name)
        return found.revision if found else None

    async def pinned_revision(self, namespace: str, name: str | None) -> PinnedRevision | None:
        """A pinned revision with what only Kubernetes needs to know of it."""
        return await self._find(namespace, name) if name else None

    async def reconcile(self, workflow: Workflow) -> None:
        """Pin the definition and say what is wrong with it, and with what it calls."""
        metadata, revision = workflow.metadata, None
        verdict = await self._verdict(workflow)
        if verdict.functions is not None:
            revision = (await self._pin(workflow)).revision.name
        this = Named.workflow(metadata.namespace, metadata.name)
        called = (verdict.functions or ())[:LONGEST_LIST]  # as many as its status lists
        self._cache.references.put(
            this, (Named.function(metadata.namespace, name) for name in called)
        )
        now, grace = self.now(), self._settings.function_wait
        unresolved = self._unresolved(metadata.namespace, called)
        judgement = self._judge(workflow, verdict, unresolved)
        also = (
            {} if verdict.functions is None else {names.CONDITION_RESOLVED: _resolved(unresolved)}
        )
        conditions = conditions_of(workflow, judgement, now, grace, also)
        if (left := grace_left(conditions, now, grace)) is not None:
            self._cache.again.add(this, max(left.total_seconds(), 1.0))
        status = _status(workflow, verdict, revision, conditions)
        await tell(self._client, WORKFLOWS, workflow, status)

    def _judge(self, workflow: Workflow, checked: Verdict, unresolved: Judgement) -> Judgement:
        """Whether its runs can come to something: their tasks are refused by the same rules."""
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

    def _unresolved(self, namespace: str, called: Sequence[str]) -> Judgement:
        """Which of the Functions that it calls are not there, or not ready."""
        amiss = [it for name in called if (it := self._cache.amiss(namespace, name)) is not None]
        if not amiss:
            return READY
        more = f"; and {len(amiss) - NAMED} more" if len(amiss) > NAMED else ""
        sentences = "; ".join(sentence for _, sentence in amiss[:NAMED])
        return Judgement(amiss[0][0], f"{sentences}{more}", may_pass=True)

    def forget(self, uid: str) -> None:
        """Hold nothing of a Workflow that is gone."""
        self._checked.pop(uid, None)
        self._last_pinned.pop(uid, None)

    def forget_revision(self, namespace: str, name: str) -> None:
        """A revision was swept."""
        self._let_go((namespace, name))

    async def _verdict(self, workflow: Workflow) -> Verdict:
        """What it is worth; kubectl may add and take nulls within one generation."""
        return without_its_nulls(workflow) or (await self._check(workflow)).verdict

    async def _check(self, workflow: Workflow) -> Checked:
        uid, generation = workflow.metadata.uid, workflow.metadata.generation
        definition, known = workflow.spec.definition, self._checked.get(uid)
        if known is None or known.generation != generation or known.definition != definition:
            known = await self._checked_anew(workflow)
        elif known.definition is not definition:
            # An echo of our own status brought it anew: not to be compared at each start.
            known = replace(known, definition=definition)
        self._checked[uid] = known
        return known

    async def _checked_anew(self, workflow: Workflow) -> Checked:
        place = (workflow.metadata.uid, workflow.metadata.generation)
        checking = self._checking.get(place)
        if checking is None:  # a thousand executions may ask for it in the same moment
            checking = self._checking[place] = asyncio.create_task(self._read_anew(workflow))
            checking.add_done_callback(lambda _: self._checking.pop(place, None))
        return await asyncio.shield(checking)

    async def _read_anew(self, workflow: Workflow) -> Checked:
        spec, namespace = workflow.spec, workflow.metadata.namespace
        return Checked(
            generation=workflow.metadata.generation,
            definition=spec.definition,
            verdict=await self.reader.check(namespace, definition_text(workflow), spec.dialect),
        )

    async def _pin(self, workflow: Workflow) -> PinnedRevision:
        namespace, uid = workflow.metadata.namespace, workflow.metadata.uid
        last = self._last_pinned.get(uid)
        if last is not None and last[0] is workflow and (namespace, last[1]) in self._revisions:
            return self._revisions[namespace, last[1]]
        made, manifest = pinned(workflow)
        place = (namespace, made.revision.name)
        if place not in self._revisions:
            await ensure(self._client, REVISIONS, namespace, manifest)
        self._keep(place, made)
        self._last_pinned[uid] = workflow, made.revision.name
        return made

    async def _find(self, namespace: str, name: str) -> PinnedRevision | None:
        place = (namespace, name)
        known = self._revisions.get(place)
        if known is None:
            reading = self._reading.get(place)
            if reading is None:  # a thousand executions may ask for it in the same moment
                reading = self._reading[place] = asyncio.create_task(self._read(namespace, name))
                reading.add_done_callback(lambda _: self._reading.pop(place, None))
            known = await asyncio.shield(reading)
            if known is None:
                return None
        self._keep(place, known)
        return known

    async def _read(self, namespace: str, name: str) -> PinnedRevision | None:
        try:
            item = await self._client.get(REVISIONS, namespace, name)
        except NotFound:
            return None
        return read_revision(item)

    def _keep(self, place: tuple[str, str], revision: PinnedRevision) -> None:
        self._let_go(place)
        self._revisions[place] = revision
        self._text += len(revision.revision.text)
        while len(self._revisions) > KEPT_REVISIONS or (
            self._text > KEPT_TEXT and len(self._revisions) > 1
        ):
            self._let_go(next(iter(self._revisions)))

    def _let_go(self, place: tuple[str, str]) -> None:
        known = self._revisions.pop(place, None)
        self._text -= 0 if known is None else len(known.revision.text)


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


def _resolved(unresolved: Judgement) -> Words:
    """Gateway API: ResolvedRefs, True by a reason of the same name."""
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
