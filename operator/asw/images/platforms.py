"""Platforms of nodes, as OCI, pip and npm spell them."""

from dataclasses import dataclass
from typing import Final

PLATFORMS: Final = ("linux/amd64", "linux/arm64")
_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
_NODE: Final = {"amd64": "x64", "arm64": "arm64"}
_OLDEST_GLIBC, _NEWEST_GLIBC = 17, 36
"""manylinux2014 begins with glibc 2.17; the base images have Debian 12's 2.36."""


@dataclass(frozen=True, slots=True)
class Platform:
    """One of PLATFORMS."""

    name: str

    @property
    def architecture(self) -> str:
        """As in an image's configuration."""
        return self.name.partition("/")[2]

    @property
    def cpu(self) -> str:
        """As npm has it."""
        return _NODE[self.architecture]

    @property
    def wheels(self) -> tuple[str, ...]:
        """Tags of the wheels that run there, the newest first (PEP 600)."""
        machine = _MACHINES[self.architecture]
        minors = range(_NEWEST_GLIBC, _OLDEST_GLIBC - 1, -1)
        modern = [f"manylinux_2_{minor}_{machine}" for minor in minors]
        return (*modern, f"manylinux2014_{machine}", f"linux_{machine}")
