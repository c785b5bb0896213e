"""Why pip or npm could not install a lock, in a sentence that names package and line. Pure."""

import re
from typing import Final

from asw.api.package_lock import PACKAGE_LOCK
from asw.platforms.local.requirements import canonical, required

_UNREACHABLE: Final = re.compile(
    r"NewConnectionError|ConnectTimeout|ProxyError|Temporary failure in name resolution"
    r"|Name or service not known|Connection refused|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ETIMEDOUT"
)
_BY_LINE: Final = re.compile(r"\(from line (\d+) of ")
_BY_NAME: Final = (
    re.compile(r"satisfies the requirement ([A-Za-z0-9._-]+)"),
    re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)"),
    re.compile(r"^ +([A-Za-z0-9._-]+)(?:\[.*?\])?==?\S* (?:from|--hash)", re.MULTILINE),
    re.compile(r"Cannot install ([A-Za-z0-9._-]+)"),
)
_BY_NEED: Final = re.compile(r"\(from ([A-Za-z0-9._-]+)[)=>-]")
"""What needs the package that was not found."""
_ERROR: Final = re.compile(r"^(?:ERROR:|npm (?:ERR!|error)) *(.+)$", re.MULTILINE)
_LONGEST: Final = 300


def explained(output: str, lock: str, text: str) -> str:
    """What an installer's ``output`` says about the file ``lock`` with this text."""
    place, package = _culprit(output, text) if lock != PACKAGE_LOCK else (lock, "")
    place = lock if not place else f"{lock}, {place}" if lock != PACKAGE_LOCK else place
    named = f"{place}: {package}" if package else place
    tool = "npm" if lock == PACKAGE_LOCK else "pip"
    if _UNREACHABLE.search(output):
        return (
            f"{named}: {tool} cannot reach its package index: connect to the network, or check "
            f"{tool} config list"
        )
    said = _ERROR.findall(output)
    reason = (said[0] if said else output.strip().rpartition("\n")[2])[:_LONGEST]
    return f"{named}: {tool} cannot install it: {reason}{_remedy(output)}"


def _culprit(output: str, text: str) -> tuple[str, str]:
    """The line at fault and its package; empty where the output does not tell."""
    lines = text.splitlines()
    if found := _BY_LINE.search(output):
        number = int(found[1])
        return f"line {number}", lines[number - 1].strip() if number <= len(lines) else ""
    named = [found[1] for pattern in (*_BY_NAME, _BY_NEED) for found in pattern.finditer(output)]
    for name in map(canonical, named):
        for number, package in required(text):
            if canonical(package) == name:
                return f"line {number}", package
    return "", named[0] if named else ""


def _remedy(output: str) -> str:
    if "DO NOT MATCH THE HASHES" in output:
        return " Compare the file with its source, and make the hashes again"
    if "Hashes are required" in output:
        return " Give every package a hash: pip-compile --generate-hashes does"
    if "from versions: none" in output:
        return "; if it has no wheel, --no-binary NAME in the file lets it be built here"
    return ""
