"""The format of exported executions: gzipped JSON with a version. Pure.

Values are kept as the engine has them: 1.0 is no 1, and nulls stay. See docs/reference/bundles.md.
"""

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from asw.api.history import event_from_line, event_to_line
from asw.api.instants import instant_text, parse_instant
from asw.app.exits import BAD_INPUT
from asw.app.failures import Failure
from asw.app.messages import t
from asw.app.runs.port import Dialect, LogLine, Run, TaskSight
from asw.asl.values import Json, JsonObject, from_text, to_text
from asw.engine.history import Event
from asw.engine.record import Record
from asw.engine.record_text import UnreadableRecord, from_plain, to_plain

FORMAT: Final = "asw-bundle"
VERSION: Final = 1
SUFFIX: Final = ".asw.gz"
_GZIP: Final = b"\x1f\x8b"
_LEVEL: Final = 6
"""As gzip itself: twice as much time would save a few percent."""
_LARGEST: Final = 1 << 30
"""Bytes that a bundle may unfold to: no file of a few kilobytes fills the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One execution in a bundle: its object, events and memory, its tasks and what they printed."""

    run: Run
    events: tuple[Event, ...]
    record: Record | None
    tasks: tuple[TaskSight, ...] = ()
    lines: tuple[LogLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All of a bundle. ``children`` are those of distributed Maps that did not succeed.

    ``redacted`` says what was taken out: empty for nothing, ``all`` for every value, else paths.
    """

    made_by: str
    made_at: datetime
    main: Exported
    definition_text: str | None = None
    dialect: Dialect = "ASL"
    workflow: JsonObject | None = None
    functions: tuple[JsonObject, ...] = ()
    children: tuple[Exported, ...] = ()
    redacted: tuple[str, ...] = ()
    has_logs: bool = False
    missing: tuple[str, ...] = field(default=())


def to_bytes(bundle: Bundle) -> bytes:
    """The file. The same bundle gives the same bytes."""
    # A lone surrogate, which JSON may hold and UTF-8 may not, is written as its escape.
    text = to_text(_plain(bundle)).encode(errors="backslashreplace")
    return gzip.compress(text, _LEVEL, mtime=0)


def from_bytes(content: bytes, name: str) -> Bundle:
    """The bundle in a file of this name. Raises Failure for anything else."""
    if not content.startswith(_GZIP):
        raise _not_one(name, t("it is not gzipped"))
    try:
        plain = from_text(_unfolded(content))
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(name, str(error)) from error
    except ValueError as error:
        raise _not_one(name, t("it holds no JSON")) from error
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise _not_one(name, t("it does not say that it is one"))
    version = plain.get("version")
    if version != VERSION:
        raise Failure(
            t(
                "{file} is a bundle of version {version}; this asw reads version {known}",
                file=name,
                version=version,
                known=VERSION,
            ),
            remedy=t(
                "it was made by asw {version}: use that or a newer one", version=plain.get("asw")
            ),
            code=BAD_INPUT,
        )
    try:
        return _read(plain)
    except (KeyError, TypeError, ValueError, AttributeError, UnreadableRecord) as error:
        raise _damaged(name, f"{type(error).__name__}: {error}") from error


def is_bundle(path: Path) -> bool:
    """Whether the file begins as bundles do."""
    try:
        with path.open("rb") as file:
            return file.read(2) == _GZIP
    except OSError:
        return False


def _unfolded(content: bytes) -> bytes:
    """The content without gzip. Raises EOFError where it is cut, ValueError where too large."""
    unfolding = zlib.decompressobj(wbits=31)
    text = unfolding.decompress(content, _LARGEST)
    if unfolding.unconsumed_tail:
        raise ValueError("too large")
    if not unfolding.eof:
        raise EOFError(t("it ends in the middle"))
    return text


def _not_one(name: str, why: str) -> Failure:
    return Failure(
        t("{file} is no bundle: {why}", file=name, why=why),
        remedy=t("asw export NAME -o FILE writes one"),
        code=BAD_INPUT,
    )


def _damaged(name: str, why: str) -> Failure:
    return Failure(
        t("{file} is damaged: {why}", file=name, why=why),
        remedy=t("copy it again from where it was made, in binary mode, or export it anew"),
        code=BAD_INPUT,
    )


# To JSON and back


def _plain(bundle: Bundle) -> dict[str, Json]:
    definition = None
    if bundle.definition_text is not None:
        definition = {"text": bundle.definition_text, "dialect": bundle.dialect}
    return {
        "format": FORMAT,
        "version": VERSION,
        "asw": bundle.made_by,
        "exportedAt": instant_text(bundle.made_at),
        "redacted": list(bundle.redacted),
        "hasLogs": bundle.has_logs,
        "missing": list(bundle.missing),
        **_plain_exported(bundle.main),
        "definition": definition,
        "workflow": bundle.workflow,
        "functions": list(bundle.functions),
        "children": [_plain_exported(each) for each in bundle.children],
    }


def _plain_exported(exported: Exported) -> dict[str, Json]:
    return {
        "execution": exported.run.manifest,
        "history": [event_to_line(event) for event in exported.events],
        "record": None if exported.record is None else to_plain(exported.record),
        "tasks": [_plain_task(task) for task in exported.tasks],
        "logs": [
            {
                "state": line.state,
                "attempt": line.attempt,
                "task": line.number,
                "child": line.child,
                "at": line.at,
                "text": line.text,
            }
            for line in exported.lines
        ],
    }


_TASK_FIELDS: Final = ("state", "number", "attempt", "function", "job", "pod", "node", "trouble")


def _plain_task(task: TaskSight) -> dict[str, Json]:
    return {name: getattr(task, name) for name in _TASK_FIELDS}


def _read(plain: Mapping[str, Any]) -> Bundle:
    definition = plain["definition"] or {}
    return Bundle(
        made_by=str(plain["asw"]),
        made_at=parse_instant(plain["exportedAt"]),
        main=_read_exported(plain),
        definition_text=definition.get("text"),
        dialect=definition.get("dialect", "ASL"),
        workflow=plain["workflow"],
        functions=tuple(plain["functions"]),
        children=tuple(_read_exported(each) for each in plain["children"]),
        redacted=tuple(plain["redacted"]),
        has_logs=bool(plain["hasLogs"]),
        missing=tuple(plain["missing"]),
    )


def _read_exported(plain: Mapping[str, Any]) -> Exported:
    record = plain["record"]
    run = Run(plain["execution"])
    if not run.name or not run.namespace:
        raise ValueError("an execution has a name")
    return Exported(
        run=run,
        events=tuple(event_from_line(line) for line in plain["history"]),
        record=None if record is None else from_plain(record),
        tasks=tuple(
            TaskSight(**{name: task[name] for name in _TASK_FIELDS if name in task})
            for task in plain["tasks"]
        ),
        lines=tuple(
            LogLine(
                it["state"],
                it["attempt"],
                it["text"],
                number=it["task"],
                at=it.get("at", ""),
                child=it.get("child", ""),
            )
            for it in plain["logs"]
        ),
    )
