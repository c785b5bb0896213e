"""Where a verb acts."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_DATA = Path(".asw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The cluster of a context, or the store in the folder ``data`` where ``is_local``.

    ``namespace`` None stands for the context's own.
    """

    is_local: bool = False
    data: Path = DEFAULT_DATA
    namespace: str | None = None
    context: str | None = None
    kubeconfig: Path | None = None
