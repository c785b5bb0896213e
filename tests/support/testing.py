"""Builders for test files of workflows: a folder with a definition and cases, and its run."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from asw.asl.values import Json
from asw.cli.main import main
from asw.testkit.reading import read_suites
from asw.testkit.real import processes
from asw.testkit.running import Covered, Ran, run_suite

HEAD = {"apiVersion": "asw.dev/v1alpha1", "kind": "WorkflowTest", "workflow": "flow.asl.json"}


@dataclass
class Bench:
    """A folder in which test files lie beside ``flow.asl.json``."""

    folder: Path
    covered: Covered = field(default_factory=Covered)

    def write(
        self, definition: Json, *cases: Json, name: str = "flow.test.json", **top: Json
    ) -> Path:
        """The definition, and a test file about it."""
        (self.folder / "flow.asl.json").write_text(json.dumps(definition))
        path = self.folder / "flow.test.json"
        path.write_text(json.dumps({**HEAD, **top, "cases": list(cases)}, indent=2))
        return path

    def run(self, definition: Json, *cases: Json, **top: Json) -> Ran:
        """What came of the cases, which must be in order."""
        suites, findings = read_suites([self.write(definition, *cases, **top)])
        assert [finding.sentence for finding in findings] == []
        (suite,) = suites
        with processes() as pool:
            ran = run_suite(suite, pool)
        self.covered.add(suite.subject, ran.results)
        return ran

    def failures(self, definition: Json, *cases: Json, **top: Json) -> list[str]:
        """Everything that is not as expected in any case, each as ``path: message``."""
        ran = self.run(definition, *cases, **top)
        return [
            f"{it.path}: {it.message}" if it.path else it.message
            for result in ran.results
            for it in result.failures
        ]

    def findings(self, definition: Json, *cases: Json, **top: Json) -> list[str]:
        """Everything that is wrong with the test file."""
        return [it.sentence for it in read_suites([self.write(definition, *cases, **top)])[1]]


def asw(*arguments: str) -> Result:
    """The command, in this process."""
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def case(**fields: Any) -> dict[str, Any]:
    """A case named ``one``."""
    return {"name": "one", **fields}
