"""The settings of ``asw serve``, from the environment; the chart sets them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from asw.archive.opening import ARCHIVE_URL
from asw.operator.logs import FORMATS
from asw.operator.settings import LOG_LEVELS, InvalidSettings

_HIGHEST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """All of them."""

    results: str
    """Where the result server is reached: https://NAME.NAMESPACE.svc:8443."""
    namespace: str = "default"
    """The operator's own namespace, with the keys."""
    port: int = 8443
    health_port: int = 8080
    names: tuple[str, ...] = ()
    """Names and addresses in the certificate that is issued here."""
    tls: Path | None = None
    """A folder with tls.crt and tls.key, which are presented instead of such a certificate."""
    connections_of_address: int = 200
    """Connections that one address may have: behind a proxy all have its own."""
    archive_url: str = field(default="", repr=False)
    """SQLAlchemy URL of the archive, which may hold a password; empty if there is none."""
    log_level: str = "info"
    log_format: str = "text"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings in these variables. Raises InvalidSettings."""

        def text(name: str, default: str = "") -> str:
            return environment.get(name, "").strip() or default

        results = text("ASW_SERVE_RESULTS").rstrip("/")
        if not results.startswith("https://"):
            told = f"ASW_SERVE_RESULTS={results!r}: expected https://HOST:PORT of the result server"
            raise InvalidSettings(told)
        names = (*text("ASW_SERVE_NAMES").split(","), text("POD_IP"))
        return cls(
            results=results,
            namespace=text("POD_NAMESPACE", "default"),
            port=_number("ASW_SERVE_PORT", text("ASW_SERVE_PORT", "8443"), _HIGHEST_PORT),
            health_port=_number("ASW_HEALTH_PORT", text("ASW_HEALTH_PORT", "8080"), _HIGHEST_PORT),
            names=tuple(name.strip() for name in names if name.strip()),
            tls=Path(text("ASW_SERVE_TLS")) if text("ASW_SERVE_TLS") else None,
            archive_url=text(ARCHIVE_URL),
            log_level=_choice("ASW_LOG_LEVEL", text("ASW_LOG_LEVEL", "info"), LOG_LEVELS),
            log_format=_choice("ASW_LOG_FORMAT", text("ASW_LOG_FORMAT", "text"), FORMATS),
        )


def _number(name: str, text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise InvalidSettings(f"{name}={text!r}: expected a number, at most {most}")
    return int(text)


def _choice(name: str, text: str, choices: tuple[str, ...]) -> str:
    if text.lower() not in choices:
        raise InvalidSettings(f"{name}={text!r}: expected one of {', '.join(choices)}")
    return text.lower()
