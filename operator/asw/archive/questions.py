"""What somebody asks the archive, as JSON says it, and what lists answer.

Questions come from tenants: texts, numbers and their counts are bounded, so that the database
refuses none of them. Messages never repeat what was sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from asw.api.instants import instant_text, parse_instant
from asw.api.names import API_VERSION, LABEL_PARENT_UID
from asw.archive.rows import LONGEST_NAME, LONGEST_VALUE, ArchivedRun, storable
from asw.archive.store import ArchiveStore, Position, Search
from asw.asl.values import Json, JsonObject

MOST_ON_A_PAGE: Final = 100
_MOST_CONDITIONS: Final = 16
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_POSITION: Final = re.compile(r"([0-9]{1,15})\.([0-9A-Za-z-]{1,64})", re.ASCII)
Namespace = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
Uid = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
_Value = Annotated[str, StringConstraints(max_length=LONGEST_VALUE)]
_Conditions = Annotated[dict[Name, _Value], Field(max_length=_MOST_CONDITIONS)]


class InvalidQuestion(ValueError):
    """The question is none that the archive answers; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search, how many runs of it at most, and where the page before ended."""

    search: Search
    limit: int
    after: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The newest run with this name and this uid, of those that are given."""

    namespace: str
    name: str | None
    uid: str | None


class Question(BaseModel):
    """What a question may say, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


_Model = TypeVar("_Model", bound=Question)


class _Search(Question):
    namespace: Namespace | None = None
    name: Name | None = None
    workflow: Name | None = None
    phases: Annotated[list[Name], Field(max_length=_MOST_CONDITIONS)] = []
    error: _Value | None = None
    since: Name | None = None
    until: Name | None = None
    labels: _Conditions = {}
    fields: _Conditions = {}
    children: bool = False
    limit: Annotated[int, Field(ge=1, le=MOST_ON_A_PAGE)] = MOST_ON_A_PAGE
    after: Name | None = None


class _Wanted(Question):
    namespace: Namespace
    name: Name | None = None
    uid: Uid | None = None


def read_search(said: Mapping[str, Json]) -> Asked:
    """The search that a JSON object describes. Raises InvalidQuestion."""
    read = validated(_Search, said)
    search = Search(
        namespace=read.namespace,
        name=_text(read.name),
        workflow=_text(read.workflow),
        phases=tuple(map(storable, read.phases)),
        error=_text(read.error),
        since=_millis("since", read.since),
        until=_millis("until", read.until),
        labels=_storable(read.labels),
        fields=_storable(read.fields),
        lacking=() if read.children else (LABEL_PARENT_UID,),
    )
    found = position_in(read.after)
    return Asked(search=search, limit=read.limit, after=None if found is None else Position(*found))


def read_wanted(said: Mapping[str, Json]) -> Wanted:
    """The run that a JSON object names. Raises InvalidQuestion."""
    read = validated(_Wanted, said)
    if read.name is None and read.uid is None:
        raise InvalidQuestion("name or uid: one of them is needed")
    return Wanted(namespace=read.namespace, name=_text(read.name), uid=read.uid)


def answer(store: ArchiveStore, asked: Asked) -> JsonObject:
    """The page: ``next`` is what ``after`` of the next one is, null at the end. It blocks.

    Raises ArchiveAway.
    """
    found = store.list(asked.search, limit=asked.limit + 1, after=asked.after)
    page = found[: asked.limit]
    position = f"{page[-1].ended_at}.{page[-1].uid}" if len(found) > asked.limit else None
    return {"items": [manifest_of(run) for run in page], "next": position}


def manifest_of(run: ArchivedRun) -> JsonObject:
    """The run as an Execution, with as much of it as lists show.

    When it was created is not known any more: it counts from its start.
    """
    started, ended = instant_of(run.started_at), instant_of(run.ended_at)
    status = {"phase": run.phase, "startTime": started, "completionTime": ended}
    if run.error is not None:
        status["error"] = run.error
    return {
        "apiVersion": API_VERSION,
        "kind": "Execution",
        "metadata": {
            "name": run.name,
            "namespace": run.namespace,
            "uid": run.uid,
            "labels": dict(run.labels),
            "creationTimestamp": started or ended,
        },
        "spec": {"workflowRef": {"name": run.workflow}},
        "status": {**status, "redriveCount": run.epoch},
    }


def validated(model: type[_Model], said: Mapping[str, Json]) -> _Model:
    """What is said, as the model has it. Raises InvalidQuestion."""
    try:
        return model.model_validate(said)
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(told["loc"][0]) if told["loc"] else ""
        place = f"{name}: " if name in model.model_fields else ""
        raise InvalidQuestion(f"{place}{told['msg']}") from None


def position_in(text: str | None) -> tuple[int, str] | None:
    """Number and uid that a page ended with. Raises InvalidQuestion."""
    if text is None:
        return None
    found = _POSITION.fullmatch(text)
    if found is None:
        raise InvalidQuestion("after: this is not what another page called next")
    return int(found[1]), found[2]


def _millis(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return round(parse_instant(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise InvalidQuestion(f"{name}: an instant is needed, as RFC 3339 has it") from None


def instant_of(millis: int | None) -> str | None:
    """The instant, as RFC 3339 has it."""
    return None if millis is None else instant_text(_EPOCH + timedelta(milliseconds=millis))


def _text(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _storable(texts: Mapping[str, str]) -> dict[str, str]:
    return {storable(key): storable(value) for key, value in texts.items()}
