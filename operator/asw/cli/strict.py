"""``asw validate --strict``: the data-flow check of each Workflow, with what is known of it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from asw.asl.values import Json
from asw.cli.validating import ValidateOrder, validate
from asw.failures import Failure, nearest
from asw.lint.documents import read_documents
from asw.lint.plan import PlannedWorkflow
from asw.messages import t

if TYPE_CHECKING:
    from asw.asl.problems import Problem
    from asw.lint.analysis.check import Assumptions
    from asw.lint.analysis.shapes import Shape

MOST_TOLD: Final = 5
"""Keywords of a schema, left out of account, that are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrictOrder:
    """What the command line says of the input, and of the results of Tasks, as STATE=FILE."""

    input_schema: Path | None = None
    samples: Sequence[Path] = ()
    results: Sequence[str] = ()


@dataclass(slots=True)
class StrictCheck:
    """Called with each Workflow; ``notes`` are sentences to tell beside what it found."""

    known: "Assumptions"
    notes: list[str] = field(default_factory=list)
    states: set[str] = field(default_factory=set)

    def __call__(self, workflow: PlannedWorkflow) -> "Iterable[Problem]":
        """What the data-flow check finds in the Workflow."""
        from asw.lint.analysis.check import check_flow  # noqa: PLC0415
        from asw.lint.analysis.walk import sites_of  # noqa: PLC0415

        self.states |= {site.state.name for site in sites_of(workflow.machine)}
        return check_flow(workflow.machine, json.loads(workflow.text), self._known(workflow))

    def unused(self) -> None:
        """Raises Failure where a result is given of a state that no Workflow has.

        Where no definition could be read, its problems are told already.
        """
        for name in self.known.results:
            if self.states and name not in self.states:
                raise Failure(
                    t("--result {name}: no Workflow here has this state", name=name),
                    remedy=nearest(name, self.states) or t("write it as STATE=FILE"),
                )

    def _known(self, workflow: PlannedWorkflow) -> "Assumptions":
        """A Workflow's own default input, where nothing else is known of its input."""
        from asw.lint.analysis.check import Assumptions  # noqa: PLC0415
        from asw.lint.analysis.schema import of_sample  # noqa: PLC0415

        if self.known.source != "nothing" or workflow.default_input is None:
            return self.known
        default = of_sample(json.loads(workflow.default_input))
        return Assumptions(input=default, source="default input", results=self.known.results)


def validate_strictly(paths: Sequence[Path], order: ValidateOrder, known: StrictOrder) -> int:
    """``validate`` with the data-flow check beside it; the exit code."""
    check = strict_check(known)
    for note in check.notes:
        click.echo(note, err=True)
    code = validate(paths, replace(order, more_checks=(*order.more_checks, check)))
    check.unused()
    return code


def strict_check(order: StrictOrder) -> StrictCheck:
    """Read what is known beforehand. Raises Failure for what cannot be read or is no schema."""
    from asw.lint.analysis.check import Assumptions  # noqa: PLC0415
    from asw.lint.analysis.schema import of_samples  # noqa: PLC0415

    if order.input_schema is not None and order.samples:
        raise Failure(
            t("--input-schema and --sample both tell of the input"),
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


def _schema(path: Path) -> "tuple[Shape, list[str]]":
    from asw.lint.analysis.schema import InvalidSchema, of_schema  # noqa: PLC0415

    values = _values(path)
    try:
        found, ignored = of_schema(values[0])
    except InvalidSchema as problem:
        raise Failure(
            t("{file} is no JSON Schema: {reason}", file=path, reason=problem),
            remedy=t("docs/reference/data-flow-check.md names the keywords that are read"),
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


def _results(given: Sequence[str]) -> "dict[str, Shape]":
    from asw.lint.analysis.schema import of_samples  # noqa: PLC0415

    values: dict[str, list[Json]] = {}
    for text in given:
        name, mark, file = text.rpartition("=")
        if not mark or not name or not file:
            raise Failure(
                t("--result {text} names no state and file", text=text),
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
        raise Failure(t("{file} holds no value", file=path), remedy=t("write a JSON value into it"))
    return [document.content for document in documents]
