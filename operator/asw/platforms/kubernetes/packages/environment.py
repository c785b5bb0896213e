"""The environment that a Function's lock asks for. Pure."""

from dataclasses import dataclass
from typing import Final

from asw.api.function import PYTHONS, Function
from asw.api.names import digest12
from asw.api.packages import PackageIndex
from asw.asl.errors import START_FAILED
from asw.asl.values import to_text
from asw.platforms.kubernetes.tasks.packages import ARCHITECTURE, InstalledPackages
from asw.reconciler.platform import TaskRefused

_NOT_SET: Final = (
    "spec.packages needs a {} of the cluster, and this operator has none: set "
    "functions.packageIndex.{} of its chart, or let asw build put the packages into an image"
)
NO_INDEX: Final = _NOT_SET.format("package index", "url")
NO_REGISTRY: Final = _NOT_SET.format("registry of npm", "npmUrl")
NODEJS: Final = "nodejs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What is installed once and shared by all Functions of the namespace with an equal lock.

    ``name`` is its folder; it says lock, language and architecture. ``language`` is the version of
    Python, or nodejs.
    """

    namespace: str
    name: str
    language: str
    architecture: str
    claim: str

    @property
    def job(self) -> str:
        """Name of the Job that installs it; while the Job is there, it tells how that went."""
        return f"asw-packages-{self.name}"

    @property
    def installed(self) -> InstalledPackages:
        """How pods see it."""
        folder = "node_modules" if self.language == NODEJS else ""
        return InstalledPackages(self.claim, self.name, self.architecture, folder)


def environment_of(function: Function, index: PackageIndex, architecture: str) -> Environment:
    """The environment of a Function that has spec.packages, whole.

    ``architecture`` is that of nodes unless the Function selects others. Raises TaskRefused if the
    lock cannot be installed.
    """
    packages = function.spec.packages
    assert packages is not None
    language = PYTHONS.get(function.spec.runtime, NODEJS)
    if not (index.npm_url if language == NODEJS else index.url):
        raise TaskRefused(START_FAILED, NO_REGISTRY if language == NODEJS else NO_INDEX)
    if (problem := packages.problem) is not None:
        raise TaskRefused(START_FAILED, problem)
    chosen = function.spec.node_selector.get(ARCHITECTURE, architecture)
    return Environment(
        namespace=function.metadata.namespace,
        name=digest12(to_text([language, chosen, packages.installed])),
        language=language,
        architecture=chosen,
        claim=index.volume.claim_name,
    )
