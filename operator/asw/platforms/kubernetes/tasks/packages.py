"""How a pod sees the packages that were installed for its Function. Pure."""

from dataclasses import dataclass
from typing import Any, Final

PACKAGES_DIR: Final = "/opt/asw/packages"
ARCHITECTURE: Final = "kubernetes.io/arch"
"""Kubernetes: the label of a node's architecture."""
_VOLUME: Final = "asw-packages"


@dataclass(frozen=True, slots=True)
class InstalledPackages:
    """An environment, which is a folder of the claim, and the architecture that it is for."""

    claim: str
    environment: str
    architecture: str
    folder: str = ""
    """Where packages lie in it: Node.js wants the very name ``node_modules``."""

    @property
    def variables(self) -> dict[str, str]:
        """What tells our runtimes where it is."""
        return {"ASW_PACKAGES_DIR": f"{PACKAGES_DIR}/{self.folder}".rstrip("/")}

    @property
    def node_selector(self) -> dict[str, str]:
        """The nodes that it runs on."""
        return {ARCHITECTURE: self.architecture}

    def volume(self) -> dict[str, Any]:
        """The volume, as in a Pod."""
        return {"name": _VOLUME, "persistentVolumeClaim": {"claimName": self.claim}}

    def mount(self) -> dict[str, Any]:
        """Its one folder, for reading."""
        where = {"mountPath": PACKAGES_DIR, "subPath": self.environment}
        return {"name": _VOLUME, **where, "readOnly": True}
