"""The environment that a Function's lock asks for. Pure."""

from dataclasses import dataclass
from typing import Final

from asw.api.function import PYTHONS, Function
from asw.api.names import digest12
from asw.api.packages import PackageIndex, digest_text, lock_problem
from asw.asl.errors import START_FAILED
from asw.asl.values import to_text
from asw.platforms.kubernetes.tasks.packages import ARCHITECTURE, InstalledPackages
from asw.reconciler.platform import TaskRefused

NO_INDEX: Final = (
    "spec.packages needs a package index of the cluster, and this operator has none: set "
    "functions.packageIndex.url of its chart, or let asw build put the packages into an image"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What is installed once and shared by all Functions of the namespace with an equal lock.

    ``name`` is its folder; it says lock, Python and architecture.
    """

    namespace: str
    name: str
    python: str
    architecture: str
    claim: str

    @property
    def job(self) -> str:
        """Name of the Job that installs it; while the Job is there, it tells how that went."""
        return f"asw-packages-{self.name}"

    @property
    def installed(self) -> InstalledPackages:
        """How pods see it."""
        return InstalledPackages(self.claim, self.name, self.architecture)


def environment_of(function: Function, index: PackageIndex, architecture: str) -> Environment:
    """The environment of a Function that has spec.packages, whole.

    ``architecture`` is that of nodes unless the Function selects others. Raises TaskRefused if the
    lock cannot be installed.
    """
    packages = function.spec.packages
    assert packages is not None
    assert packages.requirements is not None
    if not index.is_set:
        raise TaskRefused(START_FAILED, NO_INDEX)
    if (problem := lock_problem(packages.requirements)) is not None:
        raise TaskRefused(START_FAILED, problem)
    python = PYTHONS[function.spec.runtime]
    chosen = function.spec.node_selector.get(ARCHITECTURE, architecture)
    name = digest12(to_text([python, chosen, digest_text(packages.requirements)]))
    return Environment(
        namespace=function.metadata.namespace,
        name=name,
        python=python,
        architecture=chosen,
        claim=index.volume.claim_name,
    )
