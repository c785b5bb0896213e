"""Opens the place where a verb acts: the one piece of wiring between targets and the port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from typing import TYPE_CHECKING

from asw.executions.port import Runs
from asw.executions.target import Target
from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t

if TYPE_CHECKING:
    from asw.executions.cluster.access import Access


@asynccontextmanager
async def open_runs(target: Target) -> AsyncIterator[Runs]:
    """The port on the target's place. Raises Failure."""
    async with _open_local(target) if target.is_local else _open_cluster(target) as runs:
        yield runs


@asynccontextmanager
async def _open_local(target: Target) -> AsyncIterator[Runs]:
    from asw.executions.local.folders import unusable  # noqa: PLC0415
    from asw.executions.local.runs import LocalRuns  # noqa: PLC0415 -- each pays for its own place
    from asw.platforms.local.database import FILE_NAME  # noqa: PLC0415
    from asw.platforms.local.faults import UnusableFolder  # noqa: PLC0415
    from asw.platforms.local.store import open_store  # noqa: PLC0415

    if not (target.data / FILE_NAME).exists():
        raise Failure(
            t("{folder} holds no executions", folder=target.data),
            remedy=t("name another folder with --data, or run something: asw run PATH"),
            code=BAD_INPUT,
        )
    try:
        with closing(open_store(target.data)) as store:
            yield LocalRuns(store, target.data)
    except UnusableFolder as error:
        raise unusable(error, target.options) from error


@asynccontextmanager
async def _open_cluster(target: Target) -> AsyncIterator[Runs]:
    from asw.executions.cluster.runs import ClusterRuns  # noqa: PLC0415

    async with open_access(target) as access:
        yield ClusterRuns(access)


@asynccontextmanager
async def open_access(target: Target) -> "AsyncIterator[Access]":
    """The target's cluster itself, for questions that are about no executions. Raises Failure."""
    from asw.executions.cluster.access import Access  # noqa: PLC0415
    from asw.executions.cluster.connecting import find_place, reach  # noqa: PLC0415
    from asw.executions.patience import Patience  # noqa: PLC0415
    from asw.platforms.kubernetes.client.client import KubeClient  # noqa: PLC0415

    place = find_place(target)
    connection = reach(target, place)
    place = replace(place, server=connection.server)
    async with KubeClient(connection, is_strict=True) as client:
        yield Access(client, place, Patience(f"{place} ({place.server})"))
