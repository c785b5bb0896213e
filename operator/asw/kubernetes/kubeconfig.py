"""Which clusters a user knows: contexts of kubeconfig files, merged as kubectl merges them.

Reads names only; how to reach a cluster is ``connection``'s to find out. Source of the rules:
Kubernetes, "Organizing Cluster Access Using kubeconfig Files".
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DEFAULT_FILE = Path("~/.kube/config")
VARIABLE = "KUBECONFIG"


class UnreadableKubeconfig(Exception):
    """A kubeconfig file that cannot be read, or holds something else; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contexts:
    """What the files say together: the first that names something wins.

    ``namespaces`` holds the namespace of each context, where it names one.
    """

    files: tuple[Path, ...] = ()
    current: str | None = None
    namespaces: Mapping[str, str | None] = field(default_factory=dict)


def kubeconfig_files(named: Path | None, environ: Mapping[str, str] = os.environ) -> Sequence[Path]:
    """The files that count: the named one, else those of KUBECONFIG, else the default one."""
    if named is not None:
        return (named,)
    listed = [Path(part) for part in environ.get(VARIABLE, "").split(os.pathsep) if part]
    return [path for path in listed or [DEFAULT_FILE.expanduser()] if path.exists()]


def read_contexts(files: Iterable[Path]) -> Contexts:
    """The contexts of these files. Raises UnreadableKubeconfig."""
    read: list[Path] = []
    current: str | None = None
    namespaces: dict[str, str | None] = {}
    for path in files:
        document = _document(path)
        read.append(path)
        current = current or document.get("current-context") or None
        for entry in document.get("contexts") or ():
            context = entry.get("context") or {}
            namespaces.setdefault(entry["name"], context.get("namespace"))
    return Contexts(files=tuple(read), current=current, namespaces=namespaces)


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise UnreadableKubeconfig(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UnreadableKubeconfig(f"{path}: {error}") from error
    if document is None:
        return {}
    contexts = document.get("contexts") or () if isinstance(document, dict) else None
    is_sound = isinstance(contexts, list | tuple) and all(
        isinstance(each, dict) and "name" in each for each in contexts
    )
    if not is_sound:
        raise UnreadableKubeconfig(f"{path}: no kubeconfig")
    made: Mapping[str, Any] = document
    return made
