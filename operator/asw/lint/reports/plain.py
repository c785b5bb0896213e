"""Findings as JSON, for scripts: the fields are documented in docs/reference/findings.md."""

import json
from collections.abc import Sequence

from asw.asl.values import Json
from asw.lint.findings import Finding


def json_report(findings: Sequence[Finding]) -> str:
    """One object with all of them, indented."""
    warnings = sum(finding.is_warning for finding in findings)
    report: Json = {
        "errors": len(findings) - warnings,
        "warnings": warnings,
        "findings": plain_findings(findings),
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def plain_findings(findings: Sequence[Finding]) -> list[Json]:
    """An object for each of them; fields that say nothing are left out."""
    return [_plain(finding) for finding in findings]


def _plain(finding: Finding) -> Json:
    plain: dict[str, Json] = {"file": finding.file}
    if (position := finding.position) is not None:
        plain |= {
            "line": position.line,
            "column": position.column,
            "endLine": position.end_line,
            "endColumn": position.end_column,
        }
    plain |= {
        "severity": finding.severity.lower(),
        "code": finding.code,
        "message": finding.message,
        "remedy": finding.remedy,
        "subject": finding.subject,
        "pointer": finding.pointer,
        "path": finding.path,
    }
    return {name: value for name, value in plain.items() if value != ""}
