"""Findings in the formats that programs read: JSON, SARIF, and commands of GitHub Actions. Pure.

JSON: docs/reference/findings.md documents the fields. SARIF 2.1.0 (OASIS): code scanners and
editors read it; GitHub's code scanning also wants descriptions and help of each rule, a line for
each result, and what identifies a result when lines move. GitHub Actions: each command is a line
of its own, so the characters that end a line, a property or the list of them are escaped.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os.path import normpath
from pathlib import Path
from typing import Final
from urllib.parse import quote

from asw import __version__
from asw.asl.problems import Severity
from asw.asl.values import Json
from asw.lint.findings import Finding
from asw.lint.rules import MEANINGS
from asw.lint.sources import Position
from asw.messages import t

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
_FINGERPRINT: Final = "aswFinding/v1"


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
    """An object for each of them, without empty fields."""
    return [_plain(finding) for finding in findings]


def _plain(finding: Finding) -> Json:
    plain: dict[str, Json] = {"file": finding.file}
    if (position := finding.position) is not None:
        plain |= {"line": position.line, "column": position.column}
        plain |= {"endLine": position.end_line, "endColumn": position.end_column}
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


def sarif_report(findings: Sequence[Finding], root: Path) -> str:
    """One run with all of them; its rules are those that were broken.

    ``root`` is the folder of the sources, an absolute path: file names are relative to it.
    """
    rules = sorted({finding.code for finding in findings})
    driver = {"name": "asw", "version": __version__, "rules": [_rule(code) for code in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(it, rules.index(it.code), root) for it in findings],
    }
    return json.dumps(
        {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2
    )


def _rule(code: str) -> dict[str, Json]:
    meaning: Json = {"text": t(MEANINGS[code]) if code in MEANINGS else code}
    texts = ("shortDescription", "fullDescription", "help")
    return {"id": code, **dict.fromkeys(texts, meaning)}


def _result(finding: Finding, rule_index: int, root: Path) -> dict[str, Json]:
    said = f"{finding.message}: {finding.remedy}" if finding.remedy else finding.message
    location: dict[str, Json] = {
        "physicalLocation": {
            "artifactLocation": (artifact := _artifact(finding.file, root)),
            "region": _region(finding),
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
        "partialFingerprints": {_FINGERPRINT: _fingerprint(finding, artifact["uri"])},
    }


def _artifact(file: str, root: Path) -> dict[str, str]:
    """A file below the root is relative to it; any other has an absolute address.

    Standard input and arguments have a name but no file.
    """
    path = Path(normpath(root / file))
    if not path.is_relative_to(root):
        return {"uri": path.as_uri()}
    return {"uri": quote(path.relative_to(root).as_posix()), "uriBaseId": _ROOT}


def _fingerprint(finding: Finding, uri: str) -> str:
    """Identifies a mistake even if its line moves."""
    told = (uri, finding.code, finding.subject, finding.pointer, finding.message)
    return hashlib.sha256("\0".join(told).encode(errors="replace")).hexdigest()


def _region(finding: Finding) -> dict[str, Json]:
    """The place; the first line for a finding about a whole file."""
    position = finding.position
    if position is None:
        return {"startLine": 1}
    return {
        "startLine": position.line,
        "startColumn": position.column,
        "endLine": position.end_line,
        "endColumn": position.end_column,
    }


def is_for_github(environment: Mapping[str, str]) -> bool:
    """Whether GitHub Actions reads what is printed."""
    return environment.get("GITHUB_ACTIONS") == "true"


def checkout(here: Path, environment: Mapping[str, str]) -> Path:
    """The folder to which GitHub's file names are relative: its checkout.

    Elsewhere, or outside the checkout, it is the folder that asw runs in. Both are absolute.
    """
    workspace = environment.get("GITHUB_WORKSPACE") if is_for_github(environment) else None
    return Path(workspace) if workspace and here.is_relative_to(workspace) else here


def told_from(root: Path, here: Path, findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings with file names relative to the root; files elsewhere get their full path."""
    if root == here:
        return findings
    return [replace(it, file=_named_from(root, here, it.file)) for it in findings]


def _named_from(root: Path, here: Path, file: str) -> str:
    if file.startswith(("<", "--")):  # standard input and arguments are not files
        return file
    path = Path(normpath(here / file))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def github_report(findings: Sequence[Finding]) -> str:
    """One command a line; empty if there is no finding."""
    return "\n".join(
        annotation(it.severity, it.file, it.position, title=it.code, text=it.sentence)
        for it in findings
    )


def annotation(
    severity: Severity, file: str, position: Position | None, *, title: str, text: str
) -> str:
    """The command that shows the text at the place."""
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
