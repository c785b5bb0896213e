"""A package-lock.json of npm as the cluster installs it: by name, version and hash alone. Pure.

What is installed must depend on nothing but the lock: on no address, because packages come from the
cluster's registry, and on no range, because npm would look for another version. So the lock is
written again with the exact versions that it has, and needs no package.json beside it. Its format:
https://docs.npmjs.com/cli/v10/configuring-npm/package-lock-json
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from asw.asl.values import Json, from_text, to_text

REQUIREMENTS: Final = "requirements.txt"
PACKAGE_JSON: Final = "package.json"
PACKAGE_LOCK: Final = "package-lock.json"
LONGEST_INSTALLED: Final = 120_000
"""Bytes that reach the installing pod, through its environment (Linux: 128 KiB a variable)."""
_REMEDY: Final = "npm install --package-lock-only writes it"
_NAME: Final = r"(?:@[A-Za-z0-9~_-][-.A-Za-z0-9~_]*/)?[A-Za-z0-9~_-][-.A-Za-z0-9~_]*"
_PATH: Final = re.compile(rf"node_modules/{_NAME}(?:/node_modules/{_NAME})*")
_INTEGRITY: Final = re.compile(r"(?:^|\s)sha(?:256|384|512)-[A-Za-z0-9+/]{43,}={0,2}(?=\s|$)")
_VERSION: Final = re.compile(r"[0-9][-.+A-Za-z0-9]*")
_KEPT: Final = ("version", "integrity", "name", "optional", "inBundle", "os", "cpu", "libc")
"""What npm needs of an entry besides what it depends on."""

Entry = Mapping[str, Any]


def package_lock_problem(text: str) -> str | None:
    """What is wrong with the lock, with its place and the remedy; None if it can be installed."""
    try:
        installed_lock(text)
    except ValueError as error:
        return str(error)
    return None


def installed_lock(text: str) -> str:
    """The lock that is installed: the same for all locks that install the same.

    Raises ValueError: what ``package_lock_problem`` says.
    """
    entries = _entries(text)
    if len(entries) == 1:
        raise ValueError("spec.packages.packageLock names no package: leave spec.packages out")
    for path, entry in entries.items():
        if path and (trouble := _trouble(path, entry)) is not None:
            raise ValueError(f"spec.packages.packageLock: {path}{trouble}")
    exact = {path: _exact(path, entry, entries) for path, entry in sorted(entries.items())}
    made = to_text({"lockfileVersion": 3, "requires": True, "packages": exact})
    if len(made.encode()) > LONGEST_INSTALLED:
        raise ValueError(
            "spec.packages.packageLock is too long: the cluster installs locks of up to "
            f"{LONGEST_INSTALLED} bytes; let asw build put the packages into an image"
        )
    return made


def root_of(text: str) -> str:
    """The package.json that goes with the lock: what it says of its own root."""
    try:
        content = from_text(text)
        return to_text(content["packages"][""])
    except (ValueError, LookupError, TypeError):
        return "{}"  # what is wrong with the lock is told of the lock


def _entries(text: str) -> dict[str, Entry]:
    """The entries by path, the root's among them; without what is only for development."""
    try:
        content = from_text(text)
    except ValueError as error:
        raise ValueError(f"spec.packages.packageLock is no JSON: {error}; {_REMEDY}") from None
    entries = _object(_object(content).get("packages"))
    if not isinstance(entries.get(""), dict):
        message = f"spec.packages.packageLock is no package-lock.json of version 2 or 3; {_REMEDY}"
        raise ValueError(message)  # noqa: TRY004  of the text, not of a type
    if (odd := next((it for it in entries if not isinstance(entries[it], dict)), None)) is not None:
        raise ValueError(f"spec.packages.packageLock: {odd[:60]} is no object; {_REMEDY}")
    return {path: it for path, it in entries.items() if it.get("dev") is not True}


def _object(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _trouble(path: str, entry: Entry) -> str | None:
    if entry.get("link") or not _PATH.fullmatch(path):
        return " is no package of a registry but a folder: publish it, or use asw build"
    if not _VERSION.fullmatch(_text(entry, "version")):
        return f" has no version; {_REMEDY}"
    if "name" in entry and not re.fullmatch(_NAME, _text(entry, "name")):
        return f" has another name that is none; {_REMEDY}"
    if not _INTEGRITY.search(_text(entry, "integrity")) and not entry.get("inBundle"):
        return f" has no hash (integrity) of at least 256 bits; {_REMEDY}"
    return None


def _exact(path: str, entry: Entry, entries: Mapping[str, Entry]) -> Entry:
    """The entry, with the versions that the lock has for what it depends on."""
    made = {key: entry[key] for key in _KEPT if key in entry} if path else {}
    optional = dict(_needed(path, entry, "optionalDependencies", entries))
    needed = dict(_needed(path, entry, "dependencies", entries))
    needed |= dict(_needed(path, entry, "peerDependencies", entries))
    needed = {name: it for name, it in needed.items() if name not in optional}
    for field, found in (("dependencies", needed), ("optionalDependencies", optional)):
        if found:
            made[field] = dict(sorted(found.items()))
    bundled = sorted(_bundled(path, entries))
    return {**made, "bundleDependencies": bundled} if bundled else made


def _needed(
    path: str, entry: Entry, field: str, entries: Mapping[str, Entry]
) -> Iterator[tuple[str, str]]:
    """Names in this field, each with what it is in the lock; those that it has not are left out."""
    for name in _object(entry.get(field)):
        found = _found(path, name, entries)
        if found is not None:
            alias = found.get("name", name)
            version = found["version"]
            yield name, version if alias == name else f"npm:{alias}@{version}"
        elif field == "dependencies":
            place = path or "the root"
            raise ValueError(
                f"spec.packages.packageLock: {place} needs {name}, which the lock lacks; {_REMEDY}"
            )


def _found(path: str, name: str, entries: Mapping[str, Entry]) -> Entry | None:
    """The package that code at this path finds by the name, as Node.js looks for it."""
    while True:
        prefix = f"{path}/" if path else ""
        if (found := entries.get(f"{prefix}node_modules/{name}")) is not None:
            return found
        if not path:
            return None
        path = path.rpartition("node_modules/")[0].rstrip("/")


def _bundled(path: str, entries: Mapping[str, Entry]) -> Iterator[str]:
    """Names of packages that the archive of the package at this path contains."""
    prefix = f"{path}/node_modules/"
    for other, entry in entries.items():
        if path and entry.get("inBundle") and other.startswith(prefix):
            name = other.removeprefix(prefix)
            if "/node_modules/" not in name:
                yield name


def _text(entry: Entry, key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
