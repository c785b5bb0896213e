"""Finds the workflow that a test file is about. Reads files."""

from dataclasses import dataclass, field
from pathlib import Path

from asw.asl.values import from_text
from asw.failures import nearest
from asw.lint.checking import Checked, check_files
from asw.lint.findings import Finding, Origin, has_error
from asw.lint.plan import PlannedWorkflow
from asw.lint.rules import AMBIGUOUS_WORKFLOW, MISSING_WORKFLOW
from asw.messages import t
from asw.testkit.suite import Subject


class NoSubject(Exception):
    """The workflow cannot be found, or not be run; the findings say why."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("no workflow to test")
        self.findings = findings


@dataclass(slots=True)
class Subjects:
    """Workflows by the paths that test files give; what was read is kept."""

    _read: dict[Path, Checked] = field(default_factory=dict)

    def find(self, test_file: Path, wanted: str | None, origin: Origin) -> Subject:
        """The workflow that the file names, else the one that lies beside it. Raises NoSubject."""
        named, _, name = (wanted or "").partition("#")
        path = test_file.parent / named
        checked = self._check(path)
        if not path.exists() or has_error(checked.findings):
            raise NoSubject(*checked.findings)
        workflow = _choose(checked, name, test_file, origin)
        folder = path if path.is_dir() else path.parent
        return Subject(
            name=workflow.public_name,
            origin=workflow.origin,
            machine=workflow.machine,
            definition=from_text(workflow.text),
            objects=workflow.objects,
            functions={**self._check(folder).plan.functions, **checked.plan.functions},
        )

    def _check(self, path: Path) -> Checked:
        if path not in self._read:
            self._read[path] = check_files([path], is_local=True)
        return self._read[path]


def _choose(checked: Checked, name: str, test_file: Path, origin: Origin) -> PlannedWorkflow:
    """The Workflow of this name, else the only one, else the one called as the test file is."""
    workflows = checked.plan.workflows
    names = ", ".join(workflows)
    if name:
        found = [it for it in workflows.values() if name in (it.name, it.public_name)]
        if found:
            return found[0]
        told = t("no Workflow {name!r} there; there is: {names}", name=name, names=names)
        remedy = nearest(name, workflows)
        raise NoSubject(origin.finding(MISSING_WORKFLOW, told, remedy, at=("workflow",)))
    stem = test_file.name.partition(".")[0]
    if len(workflows) > 1 and stem in workflows:
        return workflows[stem]
    if len(workflows) == 1:
        return next(iter(workflows.values()))
    remedy = t("name its file: workflow: FILE, or FILE#NAME")
    if workflows:
        told = t("there is more than one Workflow here: {names}", names=names)
        raise NoSubject(origin.finding(AMBIGUOUS_WORKFLOW, told, remedy))
    raise NoSubject(origin.finding(MISSING_WORKFLOW, t("there is no Workflow here"), remedy))
