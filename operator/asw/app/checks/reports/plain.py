"""Findings as JSON, for scripts: the fields are documented in docs/reference/findings.md."""

import json
from collections.abc import Sequence

from asw.app.checks.findings import Finding
from asw.asl.values import Json


def json_report(findings: Sequence[Finding]) -> str:
    """One object with all of them, indented."""
    warnings = sum(finding.is_warning for finding in findings)
    report = {
        "errors": len(findings) - warnings,
        "warnings": warnings,
        "findings": [_plain(finding) for finding in findings],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def _plain(finding: Finding) -> dict[str, Json]:
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
