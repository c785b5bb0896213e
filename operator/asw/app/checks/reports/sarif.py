"""Findings as SARIF 2.1.0 (OASIS), which code scanners and editors read."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from asw import __version__
from asw.app.checks.findings import Finding
from asw.app.checks.rules import MEANINGS
from asw.app.messages import t
from asw.asl.values import Json

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT: Final = "%SRCROOT%"


def sarif_report(findings: Sequence[Finding]) -> str:
    """One run with all of them; its rules are those that were broken."""
    rules = sorted({finding.code for finding in findings})
    driver = {"name": "asw", "version": __version__, "rules": [_rule(code) for code in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, rules.index(finding.code)) for finding in findings],
    }
    return json.dumps(
        {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2
    )


def _rule(code: str) -> dict[str, Json]:
    meaning = t(MEANINGS[code]) if code in MEANINGS else code
    return {"id": code, "shortDescription": {"text": meaning}, "help": {"text": meaning}}


def _result(finding: Finding, rule_index: int) -> dict[str, Json]:
    said = f"{finding.message}: {finding.remedy}" if finding.remedy else finding.message
    location: dict[str, Json] = {
        "physicalLocation": {
            "artifactLocation": _artifact(finding.file),
            **_region(finding),
        }
    }
    name = "".join((finding.subject and f"{finding.subject}: ", finding.pointer))
    if name:
        location["logicalLocations"] = [{"fullyQualifiedName": name}]
    return {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": "warning" if finding.is_warning else "error",
        "message": {"text": said},
        "locations": [location],
    }


def _artifact(file: str) -> dict[str, Json]:
    """Relative paths are of the folder that the scan began in; others are addresses of their own.

    Standard input and arguments have a name and no file.
    """
    if Path(file).is_absolute():
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(Path(file).as_posix()), "uriBaseId": _ROOT}


def _region(finding: Finding) -> dict[str, Json]:
    position = finding.position
    if position is None:
        return {}
    return {
        "region": {
            "startLine": position.line,
            "startColumn": position.column,
            "endLine": position.end_line,
            "endColumn": position.end_column,
        }
    }
