"""Names of images: ``registry/repository:tag@digest``, completed as Docker completes them."""

import re
from dataclasses import dataclass
from typing import Final

from asw.failures import Failure
from asw.messages import t

HUB: Final = "docker.io"
_REPOSITORY: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME: Final = re.compile(
    rf"(?P<repository>{_REPOSITORY}(?:/{_REPOSITORY})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[a-f0-9]{64}))?"
)
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageName:
    """A name in its parts; at most ``tag`` and ``digest`` are empty."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.place}{tag}" + (f"@{self.digest}" if self.digest else "")

    @property
    def place(self) -> str:
        """Registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def reference(self) -> str:
        """What the registry is asked for: the digest, else the tag, else ``latest``."""
        return self.digest or self.tag or "latest"


def image_name(text: str) -> ImageName:
    """The parts of a name. Raises Failure."""
    first, slash, rest = text.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = HUB, text
    found = _NAME.fullmatch(rest)
    if found is None or not _HOST.fullmatch(first):
        raise Failure(
            t("{text!r} is not the name of an image", text=text),
            remedy=t("write registry/repository, with :tag or @sha256:... where it needs one"),
        )
    repository = found["repository"]
    if first == HUB and "/" not in repository:
        repository = f"library/{repository}"
    return ImageName(
        registry=first,
        repository=repository,
        tag=found["tag"] or "",
        digest=found["digest"] or "",
    )
