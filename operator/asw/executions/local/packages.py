"""The packages of functions in a data folder."""

from contextlib import AbstractContextManager
from pathlib import Path

from asw.executions.patience import Patience
from asw.messages import t
from asw.platforms.local.environments import Environments

ENVIRONMENTS = "environments"
"""Folder in the data folder."""


def environments_in(folder: Path) -> Environments:
    """The environments of a data folder; a long wait until one is built is told."""

    def waiting(function: str) -> AbstractContextManager[None]:
        return Patience(t("the packages of function {name}", name=function)).asking()

    return Environments(folder / ENVIRONMENTS, waiting=waiting)
