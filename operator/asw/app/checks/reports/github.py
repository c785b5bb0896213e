"""Findings as workflow commands of GitHub Actions, which shows them beside the lines of a change.

A command is a line of its own, so that what would end a line, a property or the list of them is
escaped as the runner wants it.
"""

from collections.abc import Sequence

from asw.app.checks.findings import Finding


def github_report(findings: Sequence[Finding]) -> str:
    """A command a line; empty where there is nothing to tell."""
    return "\n".join(map(_command, findings))


def _command(finding: Finding) -> str:
    properties = {"file": finding.file, "title": finding.code}
    if (position := finding.position) is not None:
        properties |= {"line": str(position.line), "endLine": str(position.end_line)}
        if position.line == position.end_line:  # the runner has columns within one line only
            properties |= {"col": str(position.column), "endColumn": str(position.end_column)}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    level = "warning" if finding.is_warning else "error"
    return f"::{level} {listed}::{_data(finding.sentence)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
