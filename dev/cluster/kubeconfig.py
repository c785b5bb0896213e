"""The user's own kubeconfig file: a context for the cluster goes in with `up` and out with `down`.

Kubectl itself edits the file, entry by entry: it locks it, and leaves everything else alone.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dev.cluster import binaries
from dev.cluster.commands import run
from dev.cluster.settings import NAME, Settings


def user_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Choose the file as kubectl does: of several the first that exists, else the last."""
    named = [Path(part) for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    if not named:
        return Path(environment.get("HOME") or Path.home()) / ".kube" / "config"
    return next((path for path in named if path.is_file()), named[-1])


def add_context(file: Path, settings: Settings) -> None:
    """Put the cluster into a kubeconfig file and make it current; other entries stay."""
    if file == settings.kubeconfig:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    pki = settings.certificates
    authority = f"--certificate-authority={pki}/ca.crt"
    user = [f"--client-certificate={pki}/admin.crt", f"--client-key={pki}/admin.key"]
    for arguments in (
        ["set-cluster", NAME, f"--server={settings.address}", authority, "--embed-certs"],
        ["set-credentials", NAME, *user, "--embed-certs"],
        ["set-context", NAME, f"--cluster={NAME}", f"--user={NAME}"],
        ["use-context", NAME],
    ):
        _edit(file, arguments, settings)


def remove_context(file: Path, settings: Settings) -> None:
    """Take the cluster out again; a file that would be left with nothing in it goes too."""
    if file == settings.kubeconfig or not file.is_file():
        return
    if not Path(binaries.program(binaries.KUBERNETES, "kubectl", settings)).exists():
        return
    content = _read(file, settings)
    if NAME not in _names(content, "contexts"):
        return
    for kind, section in (("context", "contexts"), ("cluster", "clusters"), ("user", "users")):
        if NAME in _names(content, section):
            _edit(file, [f"delete-{kind}", NAME], settings)
    if content.get("current-context") == NAME:
        _edit(file, ["unset", "current-context"], settings)
    if is_empty(_read(file, settings)):
        file.unlink()


def is_empty(content: Mapping[str, Any]) -> bool:
    """Whether a kubeconfig says nothing."""
    sections = ("clusters", "users", "contexts", "current-context", "extensions")
    return not any(content.get(section) for section in sections)


def _names(content: Mapping[str, Any], section: str) -> set[str]:
    return {entry["name"] for entry in content.get(section) or []}


def _read(file: Path, settings: Settings) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_edit(file, ["view", "--raw", "-o", "json"], settings))
    return content


def _edit(file: Path, arguments: list[str], settings: Settings) -> str:
    kubectl = binaries.program(binaries.KUBERNETES, "kubectl", settings)
    return run([kubectl, "config", f"--kubeconfig={file}", *arguments])
