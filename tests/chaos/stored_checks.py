"""What is looked at in what is stored: that whatever a status refers to is there, and no more."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from asw.asl.values import from_text
from asw.platforms.kubernetes.client.errors import Damaged
from asw.platforms.kubernetes.storage.reading import (
    read_history,
    read_output,
    references,
    references_of,
)
from asw.platforms.kubernetes.storage.storage import CHUNK_KEY, PAGE_KEY, STORED_KINDS, Storage
from asw.reconciler.platform import ExecutionKey
from tests.chaos.checks import paths_of
from tests.support.kube_api import collection
from tests.support.kube_objects import Object

MAPS = collection("v1", "shop", "configmaps")
Objects = Mapping[str, Object]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSeen:
    """What must not depend on faults: how all ended, their histories, and which Jobs were made."""

    outcomes: Counter[str]
    paths: Counter[str]
    jobs: int

    def differences(self, model: "StoredSeen") -> Iterator[str]:
        """What is otherwise than in the model."""
        for name in ("outcomes", "paths"):
            found, wanted = getattr(self, name), getattr(model, name)
            yield from (f"too many {name}: {text}" for text in found - wanted)
            yield from (f"missing {name}: {text}" for text in wanted - found)
        if self.jobs != model.jobs:
            yield f"{self.jobs} Jobs were made, and not {model.jobs}"


async def look_at(storage: Storage, executions: list[Object], jobs: int) -> StoredSeen:
    """Read everything back, as a user would. Raises Damaged."""
    outcomes: Counter[str] = Counter()
    paths: Counter[str] = Counter()
    for item in executions:
        metadata, status = item["metadata"], item["status"]
        key = ExecutionKey(metadata["namespace"], metadata["name"], metadata["uid"])
        output = json.dumps(await read_output(storage, key, status), sort_keys=True)
        outcomes[f"{key.name} {status.get('phase')} {status.get('error')} {output}"] += 1
        paths.update(paths_of(await read_history(storage, key, status), has_starts=True))
    return StoredSeen(outcomes=outcomes, paths=paths, jobs=jobs)


def referred(objects: Objects, execution: Object) -> set[str]:
    """Names of all objects that the status refers to, by way of others too. Raises Damaged."""
    status = execution.get("status", {})
    chunks = [chunk["name"] for chunk in status.get("historyChunks", ())]
    sealed = chain.from_iterable(from_text(_text(objects, name, CHUNK_KEY)) for name in chunks)
    shown = {*references_of([status, *map(from_text, status.get("history", ())), *sealed])}
    for name in shown:
        _text(objects, name, PAGE_KEY)
    pages: dict[str, str] = {}
    plain = from_text(status["record"]) if "record" in status else None
    while missing := set(references(plain, pages)) - pages.keys():
        pages |= {name: _text(objects, name, PAGE_KEY) for name in missing}
    return {*chunks, *shown, *pages}


def dangling(objects: Objects, execution: Object) -> Iterator[str]:
    """What the status refers to and cannot be had: the first of it."""
    try:
        referred(objects, execution)
    except Damaged as error:
        yield f"{error} (execution {execution['metadata']['name']})"


def unreferenced(objects: Objects, executions: list[Object]) -> list[str]:
    """What is stored and no status refers to."""
    used = set(chain.from_iterable(referred(objects, it) for it in executions))
    stored = {
        it["metadata"]["name"]
        for path, it in objects.items()
        if path.startswith(MAPS)
        and it["metadata"].get("labels", {}).get("asw.dev/kind") in STORED_KINDS
    }
    return sorted(stored - used)


def _text(objects: Objects, name: str, key: str) -> str:
    item: Any = objects.get(f"{MAPS}/{name}")
    if item is None:
        raise Damaged(name)
    text: str = item["data"][key]
    return text
