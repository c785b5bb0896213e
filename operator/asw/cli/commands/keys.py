"""``asw keys``: shows and rotates the keys that sign the tokens of tasks."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from asw.api.instants import parse_instant
from asw.api.names import ANNOTATION_ROTATED, LABEL_TOKEN_KEY
from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.cluster.access import Access, open_access
from asw.executions.target import Target
from asw.exits import ALL_WELL, NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure, some_of
from asw.messages import t
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import JOBS, SECRETS
from asw.platforms.kubernetes.keys.keys import KEYS_NAME, rotation, token_keys
from asw.platforms.kubernetes.keys.serve_keys import (
    SERVE_KEYS_NAME,
    callback_keys,
    callback_rotation,
)

_EXAMPLES = (
    Example(
        command="asw keys show -n asw-system",
        does="Show which keys sign tokens.",
        where="cluster",
    ),
    Example(
        command="asw keys rotate -n asw-system --now",
        does="Sign with a new key, even if tasks with older tokens lose their results.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("action", type=click.Choice(["show", "rotate"]))
@click.option(
    "--now", "is_now", is_flag=True, help="Rotate even if tasks lose the key of their token."
)
@click.option(
    "--forget-callbacks",
    "is_forgetting",
    is_flag=True,
    help="Make all tokens of callbacks invalid that were handed out so far.",
)
@options.place_options
def command(action: str, *, is_now: bool, is_forgetting: bool, target: Target) -> None:
    """Show or rotate the keys that sign the tokens of tasks.

    -n names the namespace of the operator, which contains the Secret asw-keys. rotate makes a new
    key sign; the operator notices it within a minute, without a restart. Tokens of the previous key
    are valid until the next rotation, so running tasks continue and deliver their results.

    A second rotation is refused, with exit code 1, while tasks run whose token would become
    invalid, and within two minutes of the previous one. --now rotates all the same: the results of
    such tasks then come from the termination messages of their pods, and results above 4,096 bytes
    are lost.

    Tokens of callbacks ($$.Task.Token) have keys of their own, in the Secret asw-serve-keys. rotate
    makes a new one sign, and older ones stay good for a year, because people may answer so late.
    --forget-callbacks ends that, if a key may have leaked: Tasks that wait then hear nobody any
    more, and end by their TimeoutSeconds.

    The certificate authority of the result server is not rotated, because running tasks trust the
    one they started with. You need the right to read and patch that Secret, and to list Jobs.
    """
    if action == "show":
        work = show(target)
    else:
        work = rotate(target, is_now=is_now, is_forgetting=is_forgetting)
    sys.exit(asyncio.run(work))


NOTICED_AFTER = timedelta(minutes=2)
"""After this time every replica signs with the new key, because it looks every minute."""


async def show(target: Target) -> int:
    """Show which key signs, and which one is still valid; the exit code."""
    async with open_access(target) as access:
        keys = token_keys(await _secret(access))
    click.echo(t("key {id} signs the tokens of tasks", id=keys.current.id))
    if keys.previous is not None:
        click.echo(t("tokens of key {id} are valid until the next rotation", id=keys.previous.id))
    return ALL_WELL


async def rotate(target: Target, *, is_now: bool, is_forgetting: bool = False) -> int:
    """Make a new key sign; the exit code. Raises Failure if tasks would lose theirs."""
    now = datetime.now(UTC)
    async with open_access(target) as access:
        secret = await _secret(access)
        keys = token_keys(secret)
        if not is_now:
            _require_noticed(secret, now)
            if keys.previous is not None:
                _require_none(await _tasks_signed_by(access, keys.previous.id))
        change = rotation(secret, now)
        with access.asking():
            await access.client.merge(SECRETS, access.place.namespace, KEYS_NAME, change)
        callbacks = await _rotate_callbacks(access, now, is_forgetting=is_forgetting)
    click.echo(t("key {id} signs from now on", id=token_keys(change).current.id))
    click.echo(
        t(
            "tokens of key {id} are valid until the next rotation; running tasks are not affected",
            id=keys.current.id,
        )
    )
    if keys.previous is not None:
        click.echo(t("tokens of key {id} are no longer valid", id=keys.previous.id))
    if callbacks is not None:
        click.echo(callbacks)
    return ALL_WELL


async def _rotate_callbacks(access: Access, now: datetime, *, is_forgetting: bool) -> str | None:
    """What became of the keys of callbacks; None if no operator has made any yet."""
    namespace = access.place.namespace
    try:
        with access.asking():
            secret = await access.client.get(SECRETS, namespace, SERVE_KEYS_NAME)
    except NotFound:
        return None
    change = callback_rotation(secret, now, forgets=is_forgetting)
    with access.asking():
        await access.client.merge(SECRETS, namespace, SERVE_KEYS_NAME, change)
    key = callback_keys(change).current.id
    if is_forgetting:
        return t("key {id} signs callbacks; older tokens of callbacks are no longer valid", id=key)
    return t("key {id} signs callbacks; older tokens of callbacks are valid for a year", id=key)


async def _secret(access: Access) -> Mapping[str, Any]:
    namespace = access.place.namespace
    try:
        with access.asking():
            return await access.client.get(SECRETS, namespace, KEYS_NAME)
    except NotFound:
        raise Failure(
            t("no Secret {name} in namespace {namespace}", name=KEYS_NAME, namespace=namespace),
            remedy=t("name the namespace of the operator with -n"),
            code=NOT_FOUND,
        ) from None


def _require_noticed(secret: Mapping[str, Any], now: datetime) -> None:
    rotated_at = (secret["metadata"].get("annotations") or {}).get(ANNOTATION_ROTATED)
    if rotated_at is None or now - parse_instant(rotated_at) >= NOTICED_AFTER:
        return
    raise Failure(
        t(
            "the keys were rotated at {instant}: a replica may sign with the old one",
            instant=rotated_at,
        ),
        remedy=t("wait two minutes, or add --now"),
        code=NOT_SUCCEEDED,
    )


async def _tasks_signed_by(access: Access, key_id: str) -> Sequence[str]:
    """The Jobs that run with a token of this key, wherever they are."""
    jobs = await access.list(JOBS, None, labels=f"{LABEL_TOKEN_KEY}={key_id}")
    return [
        f"{job['metadata']['namespace']}/{job['metadata']['name']}"
        for job in jobs
        if not any(
            it["type"] in ("Complete", "Failed") and it["status"] == "True"
            for it in (job.get("status") or {}).get("conditions") or ()
        )
    ]


def _require_none(running: Sequence[str]) -> None:
    if running:
        raise Failure(
            t("tasks still run with tokens of the previous key: {names}", names=some_of(running)),
            remedy=t("wait until they are over, or add --now: their results may be lost"),
            code=NOT_SUCCEEDED,
        )
