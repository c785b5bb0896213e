"""Finds and reads test files: documents become suites, or findings with their places."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from asw.api.arns import Location
from asw.asl.values import Json, from_text
from asw.engine.facts import RedriveRequested, StopRequested
from asw.engine.record import Header
from asw.engine.simulation import Request
from asw.exits import NOT_FOUND
from asw.failures import Failure, nearest
from asw.lint.checking import Checked, check_files
from asw.lint.documents import TEST_SUFFIXES, Document, read_documents, walked
from asw.lint.findings import Finding, Origin, has_error
from asw.lint.planned import PlannedWorkflow
from asw.lint.rules import (
    AMBIGUOUS_WORKFLOW,
    INVALID_FIELD,
    INVALID_INPUT,
    MISSING_WORKFLOW,
    NO_MANIFEST,
)
from asw.messages import t
from asw.testkit.checking import case_findings, shape_findings, table_findings
from asw.testkit.model import KIND, Case, Context, WorkflowTest
from asw.testkit.parameters import UnknownParameter, rows_of
from asw.testkit.suite import Subject, Suite, Test

EXECUTION_NAME: Final = "test"
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NAMESPACE: Final = uuid.UUID("5a1c2f0e-2f6e-5c6b-9a6e-0f2f1c6f7b21")
_STAND_IN: Final = {"name": "stands for the cases, which are read one by one"}


class Unreadable(Exception):
    """A test file, or its workflow, cannot be used; the findings say why."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("nothing to run")
        self.findings = findings


def find_test_files(paths: Sequence[Path]) -> list[Path]:
    """The test files, each once, in the order of the paths and by name. Raises Failure."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(sorted(_below(path))))
        elif path.exists():
            found[path] = None
        else:
            raise Failure(
                t("{path}: no such file or folder", path=path),
                remedy=t("name a test file, or a folder with test files in or below it"),
            )
    if not found:
        raise Failure(
            t("no test file in {paths}", paths=", ".join(map(str, paths))),
            remedy=t("names of test files end in .test.yaml; asw init hello writes one"),
            code=NOT_FOUND,
        )
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    for place, files in walked(folder):
        yield from (Path(place) / name for name in files if name.endswith(TEST_SUFFIXES))


def read_suites(files: Sequence[Path]) -> tuple[list[Suite], list[Finding]]:
    """All suites of the files, and all findings on them."""
    subjects, suites, findings = _Subjects(), [], []
    for file in files:
        documents, found = read_documents([file])
        findings += found
        if not documents and not found:
            message = t("the file is empty")
            findings.append(Finding(file=str(file), code=NO_MANIFEST, message=message))
        for document in documents:
            try:
                suites.append(_suite(document, subjects))
            except Unreadable as error:
                findings += error.findings
    return suites, findings


def _suite(document: Document, subjects: "_Subjects") -> Suite:
    """The suite of a document. Raises Unreadable."""
    content, origin = document.content, document.origin
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise Unreadable(_other_kind(content, origin))
    cases = content.get("cases")
    is_list = isinstance(cases, list) and bool(cases)
    top = _validated_top({**content, "cases": [_STAND_IN]} if is_list else content, origin)
    subject = subjects.find(document.path, top.workflow, origin)
    findings = list(table_findings(top, subject, origin))
    tests: list[Test] = []
    for index, written in enumerate(content["cases"]):
        for found in _tests(written, index, _CaseDefaults(document, subject, top)):
            if isinstance(found, Finding):
                findings.append(found)
            else:
                tests.append(found)
    findings += _twins(tests)
    if has_error(findings):
        raise Unreadable(*dict.fromkeys(findings))
    return Suite(path=document.path, document=document.number, subject=subject, tests=tuple(tests))


@dataclass(slots=True)
class _Subjects:
    """The workflows that test files name; each path is read once."""

    _read: dict[Path, Checked] = field(default_factory=dict)

    def find(self, test_file: Path, wanted: str | None, origin: Origin) -> Subject:
        """The workflow that the file names, else the one beside it. Raises Unreadable."""
        named, _, name = (wanted or "").partition("#")
        path = test_file.parent / named
        checked = self._check(path)
        if not path.exists() or has_error(checked.findings):
            raise Unreadable(*checked.findings)
        workflow = _choose(checked, name, test_file, origin)
        folder = path if path.is_dir() else path.parent
        return Subject(
            name=workflow.public_name,
            origin=workflow.origin,
            machine=workflow.machine,
            definition=from_text(workflow.text),
            objects=workflow.objects,
            functions={**self._check(folder).plan.functions, **checked.plan.functions},
            workflows={
                it.public_name: it.machine
                for plan in (self._check(folder).plan, checked.plan)
                for it in plan.workflows.values()
            },
        )

    def _check(self, path: Path) -> Checked:
        if path not in self._read:
            self._read[path] = check_files([path], is_local=True)
        return self._read[path]


def _choose(checked: Checked, name: str, test_file: Path, origin: Origin) -> PlannedWorkflow:
    """The Workflow of this name, else the only one, else the one named like the test file."""
    workflows = checked.plan.workflows
    names = ", ".join(workflows)
    if name:
        found = [it for it in workflows.values() if name in (it.name, it.public_name)]
        if found:
            return found[0]
        told = t("no Workflow {name!r} there; available: {names}", name=name, names=names)
        remedy = nearest(name, workflows)
        raise Unreadable(origin.finding(MISSING_WORKFLOW, told, remedy, at=("workflow",)))
    stem = test_file.name.partition(".")[0]
    if len(workflows) > 1 and stem in workflows:
        return workflows[stem]
    if len(workflows) == 1:
        return next(iter(workflows.values()))
    remedy = t("name its file: workflow: FILE, or FILE#NAME")
    if workflows:
        told = t("there is more than one Workflow here: {names}", names=names)
        raise Unreadable(origin.finding(AMBIGUOUS_WORKFLOW, told, remedy))
    raise Unreadable(origin.finding(MISSING_WORKFLOW, t("there is no Workflow here"), remedy))


def _other_kind(content: Json, origin: Origin) -> Finding:
    kind = content.get("kind") if isinstance(content, dict) else None
    told = t("a test file has kind {kind}, not {got}", kind=KIND, got=kind or t("none"))
    remedy = t("begin it with apiVersion: asw.dev/v1alpha1 and kind: {kind}", kind=KIND)
    if not origin.file.endswith(TEST_SUFFIXES):
        remedy = t("name a test file, or a folder with test files in or below it")
    return origin.finding(INVALID_FIELD, told, remedy, at=("kind",))


def _validated_top(content: Json, origin: Origin) -> WorkflowTest:
    try:
        return WorkflowTest.model_validate(content, by_alias=True, by_name=False)
    except ValidationError as error:
        raise Unreadable(*shape_findings(error, origin, content)) from error


class _CaseDefaults:
    """What the cases of a document share."""

    def __init__(self, document: Document, subject: Subject, top: WorkflowTest) -> None:
        self.folder = document.path.parent
        self.origin = document.origin
        self.subject = subject
        self.top = top


def _tests(written: Json, index: int, place: _CaseDefaults) -> Iterator[Test | Finding]:
    """The tests of one case, or what is wrong with it."""
    origin = place.origin.at("cases", index)
    try:
        rows = list(rows_of(written))
    except UnknownParameter as error:
        yield origin.finding(INVALID_FIELD, str(error), at=("parameters",))
        return
    for content, row in rows:
        try:
            case = Case.model_validate(content, by_alias=True, by_name=False)
        except ValidationError as error:
            yield from shape_findings(error, origin, content)
            continue
        findings = list(case_findings(case, place.subject, origin))
        yield from findings
        try:
            given = _input(case, place.folder, origin)
            objects = _objects(case, place, origin)
        except Unreadable as error:
            yield from error.findings
            continue
        if not findings:
            yield Test(
                name=case.name,
                index=index,
                is_row=bool(row),
                case=case,
                input=given,
                header=_header(place.subject.name, place.top.context, case.context),
                states={**place.top.mocks, **case.mocks},
                functions={**place.top.functions, **case.functions},
                requests=tuple(_requests(case)),
                objects=objects,
                origin=origin,
            )


def _input(case: Case, folder: Path, origin: Origin) -> Json:
    """The case's input. Raises Unreadable."""
    if case.input_file is None:
        return case.input if "input" in case.model_fields_set else {}
    path = folder / case.input_file
    documents, findings = read_documents([path])
    if findings:
        told = "; ".join(finding.sentence for finding in findings)
        raise Unreadable(origin.finding(INVALID_INPUT, f"{path}: {told}", at=("inputFile",)))
    if len(documents) != 1:
        told = t("{path}: one document is expected, but there are {n}", path=path, n=len(documents))
        raise Unreadable(origin.finding(INVALID_INPUT, told, at=("inputFile",)))
    return documents[0].content


def _objects(case: Case, place: _CaseDefaults, origin: Origin) -> Path:
    """The folder of buckets. Raises Unreadable."""
    named = place.top.objects if case.objects is None else case.objects
    if named is None:
        return place.subject.objects
    folder = place.folder / named
    if not folder.is_dir():
        told = t("{path}: no such folder", path=folder)
        remedy = t("each folder in it is a bucket, each file below a key")
        raise Unreadable(origin.finding(INVALID_FIELD, told, remedy, at=("objects",)))
    return folder


def _header(workflow: str, common: Context, own: Context) -> Header:
    """Names and times for the context object; the uid follows from the name."""
    name = own.execution_name or common.execution_name or EXECUTION_NAME
    return Location().header(
        uid=str(uuid.uuid5(_NAMESPACE, name)),
        workflow=workflow,
        name=name,
        started_at=(own.start_time or common.start_time or START).astimezone(UTC),
    )


def _requests(case: Case) -> Iterator[Request]:
    redrives = 0
    for request in sorted(case.requests, key=lambda it: it.after):
        if request.stop is not None:
            stop = StopRequested(error=request.stop.error, cause=request.stop.cause)
            yield Request(seconds=request.after, fact=stop)
        else:
            redrives += 1
            yield Request(seconds=request.after, fact=RedriveRequested(number=redrives))


def _twins(tests: Sequence[Test]) -> Iterator[Finding]:
    """Findings on repeated names, which would not identify a failed case."""
    seen: set[str] = set()
    for test in tests:
        if test.name in seen:
            told = t("another case has this name: {name}", name=test.name)
            yield test.origin.finding(INVALID_FIELD, told, at=("name",))
        seen.add(test.name)
