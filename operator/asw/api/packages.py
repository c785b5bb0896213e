"""The packages of a Function that the cluster installs, and where it installs them from.

A lock names each package by version and hash: a requirements.txt, or a package-lock.json
(``package_lock``). Nothing else of pip's format is taken: an option could name another index, a
file of the container or a package that has to be built, which runs its code.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import Field, model_validator

from asw.api.objects import ObjectName, Part, Quantity, rule, rules
from asw.api.package_lock import (
    PACKAGE_JSON,
    PACKAGE_LOCK,
    REQUIREMENTS,
    installed_lock,
    package_lock_problem,
    root_of,
)
from asw.api.pods import Resources

LONGEST_LOCK: Final = 65_536
"""Characters: the lock reaches the installing pod through its environment (Linux: 128 KiB)."""
LONGEST_PACKAGE_LOCK: Final = 262_144
"""Characters: most of it is addresses, ranges and what is for development, left out there."""
CLAIM: Final = "asw-packages"
"""How names of claims with packages begin: no pod but ours mounts one."""

FROM_FOLDER_IS_LOCAL = (
    "packages.fromFolder is for asw itself, which writes the folder's lock in its place: use asw "
    "apply, or set packages.requirements or packages.packageLock"
)
NEEDS_LOCK = (
    "set exactly one of packages.requirements (a requirements.txt with versions and hashes) and "
    "packages.packageLock (a package-lock.json)"
)
ONLY_PYTHON = (
    "packages.requirements is for runtimes of Python: nodejs takes packages.packageLock, and asw "
    "build puts the packages of others into an image"
)
ONLY_NODEJS = "packages.packageLock is for runtime nodejs: Python takes packages.requirements"
ONLY_OUR_IMAGES = (
    "spec.packages is installed for the image of the runtime: leave out spec.image, or have asw "
    "build put the packages into it"
)
_LOCK_REMEDY: Final = "uv pip compile --generate-hashes and pip-compile --generate-hashes write it"

_COMMENT: Final = re.compile(r"(^|\s)#.*")
_NAME: Final = r"[A-Za-z0-9](?:[-._A-Za-z0-9]*[A-Za-z0-9])?"
_EXTRAS: Final = r"(?:\s*\[[-._,\sA-Za-z0-9]*\])?"
_VERSION: Final = r"\s*===?\s*[-._+!A-Za-z0-9]+\s*"
_MARKER: Final = r"(?:;(?:(?!\s-).)*)?"
"""Environment markers (PEP 508); pip takes any word that begins with a dash for an option."""
_PINNED: Final = re.compile(_NAME + _EXTRAS + _VERSION + _MARKER)
_HASHES: Final = re.compile(r"(?:\s+--hash[= ](?:sha256|sha384|sha512):[0-9a-fA-F]{64,128})+\s*$")


class Packages(Part):
    """Packages that the cluster installs once, into a volume of the namespace."""

    model_config = rules(
        rule("!has(self.fromFolder)", FROM_FOLDER_IS_LOCAL, ".fromFolder"),
        rule(
            "has(self.fromFolder) || has(self.requirements) != has(self.packageLock)",
            NEEDS_LOCK,
            ".requirements",
        ),
    )

    requirements: str | None = Field(default=None, min_length=1, max_length=LONGEST_LOCK)
    """The text of a requirements.txt in which each package, those that others need included, has
    its exact version and its hashes. Only wheels are installed, and no options are taken. Equal
    texts share one environment."""

    package_lock: str | None = Field(default=None, min_length=1, max_length=LONGEST_PACKAGE_LOCK)
    """The text of a package-lock.json of version 2 or 3, for runtime nodejs, in which each package
    has its version and its hash (integrity). Packages come from the cluster's registry, whatever
    addresses it names; those for development are left out, and no scripts of packages run. Locks
    that install the same share one environment."""

    from_folder: bool | None = Field(default=None, strict=True)
    """Take the lock of the folder that spec.code.path names. Only for the asw command, which
    replaces it with requirements or packageLock; the API server refuses it."""

    @model_validator(mode="after")
    def _is_complete(self) -> "Packages":
        if self.from_folder is not None:
            raise ValueError(FROM_FOLDER_IS_LOCAL)
        if (self.requirements is None) == (self.package_lock is None):
            raise ValueError(NEEDS_LOCK)
        return self

    @property
    def lock_field(self) -> str:
        """The field of the lock, as manifests spell it."""
        return "requirements" if self.package_lock is None else "packageLock"

    @property
    def lock(self) -> str:
        """The text of the lock; empty if it was left out, as of what is cached."""
        return self.requirements or self.package_lock or ""

    @property
    def problem(self) -> str | None:
        """Why a cluster cannot install the lock, with place and remedy; None if it can."""
        if self.package_lock is not None:
            return package_lock_problem(self.package_lock)
        return lock_problem(self.requirements or "")

    @property
    def installed(self) -> str:
        """The text that is installed: equal for locks that install the same. Raises ValueError."""
        if self.package_lock is not None:
            return installed_lock(self.package_lock)
        return digest_text(self.requirements or "")

    @property
    def files(self) -> Mapping[str, str]:
        """The lock as files beside the code; a package.json is made if it needs one."""
        if self.package_lock is None:
            return {REQUIREMENTS: self.requirements or ""}
        return {PACKAGE_LOCK: self.package_lock, PACKAGE_JSON: root_of(self.package_lock)}


class ClaimSettings(Part):
    """The PersistentVolumeClaim that the operator makes in each namespace that needs one."""

    claim_name: str = Field(
        default=CLAIM, max_length=63, pattern=rf"^{CLAIM}(-[-a-z0-9]*[a-z0-9])?$"
    )
    """Its name. A claim of this name that exists already is used as it is."""

    storage_class_name: str | None = None
    """Its storage class; None for that of the cluster."""

    size: Quantity = "10Gi"
    """How much storage it asks for."""

    access_modes: tuple[str, ...] = ("ReadWriteMany",)
    """How many nodes may use it at the same time."""


class PackageIndex(Part):
    """The index that packages come from, and how they are installed; off if ``url`` is empty."""

    url: str = ""
    """Base of a simple index of Python (PEP 503), without a user or password."""

    npm_url: str = ""
    """Base of a registry of npm, without a user or password."""

    ca: str = ""
    """PEM text of the authority that signed the index's certificate, if no public one did."""

    secret_name: ObjectName | None = None
    """A Secret of each namespace with the user and password, as ``netrc``; it may be missing."""

    volume: ClaimSettings = Field(default_factory=ClaimSettings)
    """Where packages are installed to."""

    timeout_seconds: int = Field(default=600, ge=30, le=86_400)
    """How long one installation may take, tries included."""

    retention_seconds: int = Field(default=604_800, ge=0)
    """How long an environment that no Function names any more is kept."""

    resources: Resources = Resources(
        requests={"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "16Mi"},
        limits={"cpu": "1", "memory": "1Gi", "ephemeral-storage": "256Mi"},
    )
    """Compute resources of an installation."""


def lock_problem(text: str) -> str | None:
    """What is wrong with the lock, with its line and the remedy; None if it can be installed."""
    found = False
    for number, entry in _entries(text):
        if (trouble := _trouble(entry)) is not None:
            return f"spec.packages.requirements, line {number}: {trouble}"
        found = True
    return None if found else "spec.packages.requirements names no package: leave spec.packages out"


def _trouble(entry: str) -> str | None:
    shown = (entry.partition(" --")[0] or entry)[:60].rstrip()
    if entry.startswith("-"):
        return f"{shown}: options are not taken; name packages only"
    hashes = _HASHES.search(entry)
    bare = entry if hashes is None else entry[: hashes.start()]
    if not _PINNED.fullmatch(bare.strip()):
        return f"{shown}: write each package as name==version --hash=sha256:...; {_LOCK_REMEDY}"
    if hashes is None:
        return f"{shown} has no hash; {_LOCK_REMEDY}"
    return None


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """Each requirement as one line, and its first line's number from 1."""
    begun, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        bare = _COMMENT.sub("", line).rstrip()
        begun = begun or number
        parts.append(bare.removesuffix("\\"))
        if bare.endswith("\\"):
            continue
        if entry := " ".join(parts).strip():
            yield begun, entry
        begun, parts = 0, []
    if entry := " ".join(parts).strip():
        yield begun, entry


def digest_text(lock: str) -> str:
    """The lock without what changes nothing: comments, empty lines and their order."""
    return "\n".join(sorted(" ".join(entry.split()) for _, entry in _entries(lock)))
