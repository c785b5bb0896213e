"""What kubeconfig files say, merged as kubectl merges them: contexts, clusters and users.

Source of the rules: Kubernetes, "Organizing Cluster Access Using kubeconfig Files". ``credentials``
turns it into a connection.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DEFAULT_FILE = Path("~/.kube/config")
VARIABLE = "KUBECONFIG"

Part = Mapping[str, Any]


class UnreadableKubeconfig(Exception):
    """A file that cannot be read, or is no kubeconfig; the message names it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A named part; its relative paths start in ``folder``, the folder of its file."""

    part: Part
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubeconfig:
    """What the files say together: the first file that sets something wins."""

    current: str | None = None
    contexts: Mapping[str, Entry] = field(default_factory=dict)
    clusters: Mapping[str, Entry] = field(default_factory=dict)
    users: Mapping[str, Entry] = field(default_factory=dict)


def kubeconfig_files(named: Path | None, environ: Mapping[str, str] = os.environ) -> Sequence[Path]:
    """The files to read: the named one, else those of KUBECONFIG, else the default one."""
    if named is not None:
        return (named,)
    listed = [Path(part) for part in environ.get(VARIABLE, "").split(os.pathsep) if part]
    return [path for path in listed or [DEFAULT_FILE.expanduser()] if path.exists()]


def read_kubeconfig(files: Iterable[Path]) -> Kubeconfig:
    """The merged content of these files. Raises UnreadableKubeconfig."""
    current: str | None = None
    found: dict[str, dict[str, Entry]] = {"contexts": {}, "clusters": {}, "users": {}}
    for path in files:
        document = _document(path)
        current = current or document.get("current-context") or None
        for kind, entries in found.items():
            for name, part in _named_parts(document, kind, path):
                entries.setdefault(name, Entry(part, path.parent.absolute()))
    return Kubeconfig(current=current, **found)


def _named_parts(document: Part, kind: str, path: Path) -> Iterable[tuple[str, Part]]:
    """Name and content of each entry of a list: ``contexts`` hold a ``context`` each."""
    listed = document.get(kind) or ()
    if not isinstance(listed, list | tuple):
        raise UnreadableKubeconfig(f"{path}: {kind} is not a list")
    for each in listed:
        part = each.get(kind.removesuffix("s")) or {} if isinstance(each, dict) else None
        if not isinstance(part, dict) or not isinstance(each.get("name"), str):
            raise UnreadableKubeconfig(f"{path}: an entry of {kind} has no name, or no content")
        yield each["name"], part


def _document(path: Path) -> Part:
    try:
        document = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise UnreadableKubeconfig(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UnreadableKubeconfig(f"{path}: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise UnreadableKubeconfig(f"{path}: no kubeconfig")
    return document
