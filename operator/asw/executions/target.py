"""Where a verb acts."""

from dataclasses import dataclass
from pathlib import Path
from shlex import quote

DEFAULT_DATA = Path(".asw")
SYSTEM = "asw-system"
"""The namespace of the operator, unless somebody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The cluster of a context, or the store in the folder ``data`` where ``is_local``.

    ``namespace`` None stands for the context's own. ``is_archived`` means the archive of
    the cluster alone, for verbs that look.
    """

    is_local: bool = False
    data: Path = DEFAULT_DATA
    namespace: str | None = None
    context: str | None = None
    kubeconfig: Path | None = None
    is_archived: bool = False

    @property
    def options(self) -> str:
        """The options that name this place to other verbs, as a shell takes them."""
        if self.is_local:
            return "--local" if self.data == DEFAULT_DATA else f"--data {quote(str(self.data))}"
        named = {"-n": self.namespace, "--context": self.context, "--kubeconfig": self.kubeconfig}
        return " ".join(f"{name} {quote(str(it))}" for name, it in named.items() if it is not None)
