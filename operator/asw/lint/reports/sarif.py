"""Findings as SARIF 2.1.0 (OASIS), which code scanners and editors read.

It has what GitHub's code scanning asks for beyond the standard: descriptions and help of each rule,
a line for each result, and what tells a result from others when lines move.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from asw import __version__
from asw.asl.values import Json
from asw.lint.findings import Finding
from asw.lint.rules import MEANINGS
from asw.messages import t

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT: Final = "%SRCROOT%"


_FINGERPRINT: Final = "aswFinding/v1"


def sarif_report(findings: Sequence[Finding], root: Path) -> str:
    """One run with all of them; its rules are those that were broken.

    ``root`` is the folder of the sources, an absolute path: names are told from there.
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
    """What is below the root is told from there; other files are addresses of their own.

    Standard input and arguments have a name and no file.
    """
    path = Path(os.path.normpath(root / file))
    if not path.is_relative_to(root):
        return {"uri": path.as_uri()}
    return {"uri": quote(path.relative_to(root).as_posix()), "uriBaseId": _ROOT}


def _fingerprint(finding: Finding, uri: str) -> str:
    """The same for the same mistake, wherever in the file its line has moved to."""
    told = (uri, finding.code, finding.subject, finding.pointer, finding.message)
    return hashlib.sha256("\0".join(told).encode(errors="replace")).hexdigest()


def _region(finding: Finding) -> dict[str, Json]:
    """The place; the first line for what is about a file as a whole."""
    position = finding.position
    if position is None:
        return {"startLine": 1}
    return {
        "startLine": position.line,
        "startColumn": position.column,
        "endLine": position.end_line,
        "endColumn": position.end_column,
    }
