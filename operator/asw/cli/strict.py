"""``asw validate --strict``: the data-flow check of each Workflow, with what is known of it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from asw.asl.problems import Problem
from asw.asl.values import Json
from asw.failures import Failure, nearest
from asw.lint.analysis.check import Assumptions, check_flow
from asw.lint.analysis.schema import InvalidSchema, of_sample, of_samples, of_schema
from asw.lint.analysis.shapes import Shape
from asw.lint.analysis.walk import sites_of
from asw.lint.documents import read_documents
from asw.lint.planned import PlannedWorkflow
from asw.messages import t

MOST_TOLD: Final = 5
"""How many ignored keywords of a schema are reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrictOrder:
    """What the command line says about the input, and about results of Tasks, as STATE=FILE."""

    input_schema: Path | None = None
    samples: Sequence[Path] = ()
    results: Sequence[str] = ()


@dataclass(slots=True)
class StrictCheck:
    """Called with each Workflow; ``notes`` are sentences to print beside the findings."""

    known: Assumptions
    notes: list[str] = field(default_factory=list)
    states: set[str] = field(default_factory=set)

    def __call__(self, workflow: PlannedWorkflow) -> Iterable[Problem]:
        """What the data-flow check finds in the Workflow."""
        self.states |= {site.state.name for site in sites_of(workflow.machine)}
        return check_flow(workflow.machine, json.loads(workflow.text), self._known(workflow))

    def unused(self) -> None:
        """Raises Failure for a result of a state that no Workflow has.

        Where no definition could be read, its problems are told already.
        """
        for name in self.known.results:
            if self.states and name not in self.states:
                raise Failure(
                    t("--result {name}: no Workflow here has this state", name=name),
                    remedy=nearest(name, self.states) or t("write it as STATE=FILE"),
                )

    def _known(self, workflow: PlannedWorkflow) -> Assumptions:
        """What is known, or the Workflow's own default input if nothing is."""
        if self.known.source != "nothing" or workflow.default_input is None:
            return self.known
        default = of_sample(json.loads(workflow.default_input))
        return Assumptions(input=default, source="default input", results=self.known.results)


def strict_check(order: StrictOrder) -> StrictCheck:
    """Read what is known beforehand. Raises Failure for a file that is unreadable or no schema."""
    if order.input_schema is not None and order.samples:
        raise Failure(
            t("--input-schema and --sample both describe the input"),
            remedy=t("give one of them"),
        )
    results = _results(order.results)
    if order.input_schema is not None:
        found, notes = _schema(order.input_schema)
        return StrictCheck(Assumptions(input=found, source="schema", results=results), notes)
    if order.samples:
        values = [value for path in order.samples for value in _values(path)]
        return StrictCheck(Assumptions(input=of_samples(values), source="samples", results=results))
    return StrictCheck(Assumptions(results=results))


def _schema(path: Path) -> tuple[Shape, list[str]]:

    values = _values(path)
    try:
        found, ignored = of_schema(values[0])
    except InvalidSchema as problem:
        raise Failure(
            t("{file} is not a JSON Schema: {reason}", file=path, reason=problem),
            remedy=t("docs/reference/data-flow-check.md lists the keywords that are read"),
        ) from problem
    notes = [
        t(
            "{file}: '{keyword}' at {pointer} is not taken into account",
            file=path,
            keyword=it.keyword,
            pointer=it.pointer,
        )
        for it in ignored[:MOST_TOLD]
    ]
    return found, notes


def _results(given: Sequence[str]) -> dict[str, Shape]:

    values: dict[str, list[Json]] = {}
    for text in given:
        name, mark, file = text.rpartition("=")
        if not mark or not name or not file:
            raise Failure(
                t("--result {text} does not name a state and a file", text=text),
                remedy=t("write it as STATE=FILE"),
            )
        values.setdefault(name, []).extend(_values(Path(file)))
    return {name: of_samples(found) for name, found in values.items()}


def _values(path: Path) -> list[Json]:
    """The documents of a file of JSON or YAML, at least one."""
    documents, findings = read_documents([path])
    for finding in findings:
        if not finding.is_warning:
            raise Failure(f"{finding.place}: {finding.message}", remedy=finding.remedy)
    if not documents:
        raise Failure(
            t("{file} contains no value", file=path), remedy=t("write a JSON value into it")
        )
    return [document.content for document in documents]
