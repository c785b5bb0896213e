"""Where a verb finds an execution: on the cluster, and what is gone from there in the archive.

An installation without one answers as if nobody had asked: the cluster's own refusal stays.
"""

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from asw.archive.opening import ARCHIVE_URL, no_extra
from asw.executions.archives import Archive, Unanswered
from asw.executions.naming import means_file, open_named
from asw.executions.port import Runs
from asw.executions.run import Run
from asw.executions.target import SYSTEM, Target
from asw.exits import NOT_FOUND
from asw.failures import Failure
from asw.messages import t

_UID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@asynccontextmanager
async def open_run(word: str, target: Target) -> AsyncIterator[tuple[Runs, Run]]:
    """The execution that is meant, and the port on the place where it is. Raises Failure."""
    if target.is_archived and not means_file(word):
        yield await archived_run(word, target)
        return
    async with open_named(word, target) as (runs, name):
        if means_file(word):
            yield runs, await runs.get(name)
        else:
            yield await find_run(runs, name, target)


async def find_run(runs: Runs, name: str, target: Target) -> tuple[Runs, Run]:
    """The execution of that name, of the place or else of its archive. Raises Failure."""
    try:
        return runs, await runs.get(name)
    except Failure as failure:
        found = await gone_run(name, target) if failure.code == NOT_FOUND else None
        if found is None:
            raise
        return found


async def archived_run(name: str, target: Target) -> tuple[Runs, Run]:
    """The newest execution of that name or uid in the archive. Raises Failure."""
    bundle = await _bundle(archive_of(target), name, namespace_of(target))
    if bundle is None:
        raise Failure(
            t(
                "no execution {name!r} of namespace {namespace} in the archive",
                name=name,
                namespace=namespace_of(target),
            ),
            remedy=t("asw list --archived shows those that are there"),
            code=NOT_FOUND,
        )
    return _run_in(bundle)


async def gone_run(name: str, target: Target) -> tuple[Runs, Run] | None:
    """The same where its place has none: None if there is no archive, or none that we may ask.

    Raises Failure if the archive refuses: nobody knows then that there is no such execution.
    """
    if target.is_local:
        return None
    archive = archive_of(target)
    try:
        bundle = await _bundle(archive, name, namespace_of(target))
    except Unanswered:
        raise
    except Failure:
        return None
    return None if bundle is None else _run_in(bundle)


async def _bundle(archive: Archive, name: str, namespace: str) -> bytes | None:
    found = await archive.bundle({"namespace": namespace, "name": name})
    if found is None and _UID.fullmatch(name):
        found = await archive.bundle({"namespace": namespace, "uid": name})
    return found


def _run_in(bundle: bytes) -> tuple[Runs, Run]:
    """Raises Failure if this asw cannot read it."""
    from asw.executions.bundles.archived import runs_in  # noqa: PLC0415 -- few verbs come here

    runs = runs_in(bundle)
    return runs, runs.bundle.main.run


def require_place(target: Target, kind: str) -> None:
    """Raises Failure if objects of this kind are to be found in an archive."""
    if target.is_archived:
        raise Failure(
            t("the archive has executions, and no {kind}", kind=kind),
            remedy=t("leave --archived out"),
        )


def archive_of(target: Target, environ: Mapping[str, str] = os.environ) -> Archive:
    """The archive of the target's installation; the database itself if its address is given.

    Raises Failure.
    """
    if url := environ.get(ARCHIVE_URL):
        try:
            from asw.archive.direct import open_direct  # noqa: PLC0415 -- needs an extra
        except ImportError as error:
            raise no_extra() from error
        return open_direct(url)
    from asw.executions.cluster.archive import ServedArchive  # noqa: PLC0415
    from asw.executions.cluster.callbacks import Address  # noqa: PLC0415

    system = replace(target, namespace=environ.get("ASW_OPERATOR_NAMESPACE") or SYSTEM)
    ca, token_file = environ.get("ASW_SERVER_CA"), environ.get("ASW_TOKEN_FILE")
    return ServedArchive(
        address=Address(
            url=environ.get("ASW_SERVER") or None,
            ca=None if not ca else Path(ca),
            target=system,
        ),
        target=target,
        token_file=None if not token_file else Path(token_file),
    )


def namespace_of(target: Target) -> str:
    """Where names of the archive are looked up. Raises Failure if nobody says."""
    from asw.executions.cluster.connecting import find_place  # noqa: PLC0415 -- as above

    return target.namespace or find_place(target).namespace
