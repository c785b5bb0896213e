"""Findings as workflow commands of GitHub Actions, which shows them beside the lines of a change.

A command is a line of its own, so that what would end a line, a property or the list of them is
escaped as the runner wants it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os.path import normpath
from pathlib import Path

from asw.asl.problems import Severity
from asw.lint.findings import Finding
from asw.lint.sources import Position


def is_for_github(environment: Mapping[str, str]) -> bool:
    """Whether what is printed is read by GitHub Actions."""
    return environment.get("GITHUB_ACTIONS") == "true"


def checkout(here: Path, environment: Mapping[str, str]) -> Path:
    """The folder from which GitHub names files: its checkout, where a step may be further down.

    Elsewhere, and outside of it, the folder that asw runs in; both are absolute.
    """
    workspace = environment.get("GITHUB_WORKSPACE") if is_for_github(environment) else None
    return Path(workspace) if workspace and here.is_relative_to(workspace) else here


def told_from(root: Path, here: Path, findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings with files named from the root; those of other folders by their whole path."""
    if root == here:
        return findings
    return [replace(it, file=_named_from(root, here, it.file)) for it in findings]


def _named_from(root: Path, here: Path, file: str) -> str:
    if file.startswith(("<", "--")):  # standard input and arguments are no files
        return file
    path = Path(normpath(here / file))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def github_report(findings: Sequence[Finding]) -> str:
    """A command a line; empty where there is nothing to tell."""
    return "\n".join(
        annotation(it.severity, it.file, it.position, title=it.code, text=it.sentence)
        for it in findings
    )


def annotation(
    severity: Severity, file: str, position: Position | None, *, title: str, text: str
) -> str:
    """The command that shows the text beside the place."""
    properties = {"file": file, "title": title}
    if position is not None:
        properties |= {"line": str(position.line), "endLine": str(position.end_line)}
        if position.line == position.end_line:  # the runner has columns within one line only
            properties |= {"col": str(position.column), "endColumn": str(position.end_column)}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{severity.lower()} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
