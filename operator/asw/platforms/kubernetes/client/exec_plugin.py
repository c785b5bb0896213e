"""Credentials of a program that a kubeconfig names (Kubernetes: client-go credential plugins)."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asw.api.instants import parse_instant
from asw.platforms.kubernetes.client.connection import NoConnection

EARLY = timedelta(seconds=60)
"""How long before they expire new credentials are requested."""
_EXTENSION = "client.authentication.k8s.io/exec"
_CLUSTER_FIELDS = (
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority-data",
    "proxy-url",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A token, or a client certificate with its key, as PEM texts."""

    token: str | None = None
    certificate: str | None = None
    key: str | None = None
    expires_at: datetime | None = None


class ExecPlugin:
    """The program; its last credential is kept until it expires."""

    def __init__(
        self,
        part: Mapping[str, Any],
        folder: Path,
        cluster: Mapping[str, Any],
        environ: Mapping[str, str],
    ) -> None:
        self._part = part
        self._folder = folder
        self._cluster = cluster
        self._environ = environ
        self._kept: Credential | None = None

    def credential(self) -> Credential:
        """A credential that is valid now. Raises NoConnection."""
        kept = self._kept
        if kept is None or (
            kept.expires_at is not None and kept.expires_at - EARLY <= datetime.now(UTC)
        ):
            self._kept = kept = self._ask()
        return kept

    def _ask(self) -> Credential:
        command = self._command()
        variables = {str(it["name"]): str(it["value"]) for it in self._part.get("env") or ()}
        is_interactive = self._is_interactive()
        environment = {**self._environ, **variables}
        environment["KUBERNETES_EXEC_INFO"] = json.dumps(self._info(is_interactive=is_interactive))
        try:
            done = subprocess.run(  # noqa: S603 -- the user's kubeconfig names it
                command,
                env=environment,
                stdin=None if is_interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
        except OSError as error:
            hint = str(self._part.get("installHint") or "").strip()
            told = f"the kubeconfig's plugin {command[0]!r}: {error.strerror}"
            raise NoConnection(f"{told}; {hint}" if hint else told) from error
        if done.returncode != 0:
            raise NoConnection(
                f"the kubeconfig's plugin {command[0]!r} ended with exit code {done.returncode}"
            )
        return self._read(done.stdout, command[0])

    def _command(self) -> list[str]:
        command = self._part.get("command")
        if not command:
            raise NoConnection("the kubeconfig's exec names no command")
        program = str(self._folder / command) if "/" in command else str(command)
        return [program, *map(str, self._part.get("args") or ())]

    def _is_interactive(self) -> bool:
        return self._part.get("interactiveMode") != "Never" and sys.stdin.isatty()

    def _info(self, *, is_interactive: bool) -> Mapping[str, Any]:
        spec: dict[str, Any] = {"interactive": is_interactive}
        if self._part.get("provideClusterInfo"):
            spec["cluster"] = {
                key: self._cluster[key] for key in _CLUSTER_FIELDS if key in self._cluster
            }
            for extension in self._cluster.get("extensions") or ():
                if extension.get("name") == _EXTENSION:
                    spec["cluster"]["config"] = extension.get("extension")
        version = self._part.get("apiVersion")
        return {"apiVersion": version, "kind": "ExecCredential", "spec": spec}

    def _read(self, text: str, program: str) -> Credential:
        try:
            answer = json.loads(text)
            status = answer["status"]
            expiry = status.get("expirationTimestamp")
            made = Credential(
                token=status.get("token"),
                certificate=status.get("clientCertificateData"),
                key=status.get("clientKeyData"),
                expires_at=None if expiry is None else parse_instant(expiry),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoConnection(
                f"the kubeconfig's plugin {program!r} printed no ExecCredential"
            ) from error
        if made.token is None and (made.certificate is None or made.key is None):
            raise NoConnection(f"the kubeconfig's plugin {program!r} gave no credentials")
        return made
