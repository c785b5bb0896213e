"""Whether what a Function or a Connection names is there, as far as the operator may read it.

It reads ConfigMaps and service accounts, and no Secret. A look costs a request for each name.
"""

from collections.abc import Iterable
from typing import NamedTuple

from asw.api import names
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import Forbidden, NotFound
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, SERVICE_ACCOUNTS
from asw.platforms.kubernetes.workflows.judgements import READY, Judgement


class NamedMap(NamedTuple):
    """A ConfigMap that a field names, and the keys that it must have."""

    name: str
    field: str
    keys: frozenset[str]


class NamedAccount(NamedTuple):
    """A service account that a field names."""

    name: str
    field: str


async def referred(
    client: KubeClient, namespace: str, maps: Iterable[NamedMap], account: NamedAccount | None
) -> Judgement:
    """Judge by the first thing that is missing; others may still create it."""
    for named in maps:
        if (missing := await _missing(client, namespace, named)) is not None:
            return Judgement(names.REASON_CONFIG_MAP_NOT_FOUND, missing, may_pass=True)
    if account is not None and not await _has_account(client, namespace, account.name):
        sentence = f"ServiceAccount {account.name!r} of {account.field} does not exist: create it"
        return Judgement(names.REASON_SERVICE_ACCOUNT_NOT_FOUND, sentence, may_pass=True)
    return READY


async def _missing(client: KubeClient, namespace: str, named: NamedMap) -> str | None:
    """What the ConfigMap lacks, as a sentence."""
    try:
        item = await client.get(CONFIG_MAPS, namespace, named.name)
    except NotFound:
        return f"ConfigMap {named.name!r} of {named.field} does not exist: create it"
    held = (item.get("data") or {}).keys() | (item.get("binaryData") or {}).keys()
    lacking = sorted(named.keys - held)
    if not lacking:
        return None
    return f"ConfigMap {named.name!r} of {named.field} has no key {lacking[0]!r}"


async def _has_account(client: KubeClient, namespace: str, name: str) -> bool:
    try:
        await client.get(SERVICE_ACCOUNTS, namespace, name)
    except NotFound:
        return False
    except Forbidden:
        return True  # under Roles that somebody else wrote, we cannot know
    return True
