"""Logs of tasks that the archive keeps, in the order of the starts, beside what pods have."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from asw.api.instants import parse_instant
from asw.asl.values import Json
from asw.executions.archives import Archive
from asw.executions.port import LogLine, LogOptions
from asw.executions.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLog:
    """One task's: ``text`` has a time before each line. ``lost`` says why there is none."""

    state: str
    attempt: int
    number: int
    child: str
    is_cut: bool
    lost: str
    text: str

    def lines(self, options: LogOptions) -> list[LogLine]:
        """Those that the options select."""
        found: deque[LogLine] = deque(maxlen=options.tail)
        for line in self.text.removesuffix("\n").split("\n") if self.text else ():
            at, text = _timed(line)
            if options.since is not None and at and parse_instant(at) < options.since:
                continue
            at = at if options.has_times else ""
            found.append(LogLine(self.state, self.attempt, text, self.number, at, self.child))
        return list(found)


Note = Callable[[KeptLog], None]
"""Told of each log that is not whole."""


async def kept_logs(archive: Archive, run: Run, options: LogOptions) -> AsyncGenerator[KeptLog]:
    """Those of the run, page by page. Raises Failure."""
    wanted = {"state": options.state, "child": options.child}
    asked: Mapping[str, Json] = {
        "namespace": run.namespace,
        "uid": run.uid,
        **{name: it for name, it in wanted.items() if it is not None},
    }
    after: Json = None
    while True:
        page = await archive.logs({**asked, **({} if after is None else {"after": after})})
        for item in page["items"]:
            yield KeptLog(
                state=item["state"],
                attempt=item["attempt"],
                number=item["number"],
                child=item["child"],
                is_cut=item["isCut"],
                lost=item["lost"],
                text=item["text"],
            )
        if (after := page["next"]) is None:
            return


async def beside(
    live: AsyncGenerator[LogLine], kept: AsyncGenerator[KeptLog], options: LogOptions, note: Note
) -> AsyncGenerator[LogLine]:
    """Lines of pods, and of the archive those of tasks without, in the order of the starts.

    A task of which a pod has lines is not taken from the archive, which may have fewer.
    """
    rest, seen = _Ahead(kept), set[tuple[str, int]]()
    async with aclosing(live), aclosing(kept):
        async for line in live:
            if line.number:
                async for log in rest.before(line.number):
                    for told in _told(log, seen, options, note):
                        yield told
                seen.add((line.child, line.number))
            yield line
        async for log in rest.before(None):
            for told in _told(log, seen, options, note):
                yield told


def _told(
    log: KeptLog, seen: set[tuple[str, int]], options: LogOptions, note: Note
) -> list[LogLine]:
    if (log.child, log.number) in seen:
        return []
    if log.is_cut or log.lost:
        note(log)
    return log.lines(options)


class _Ahead:
    """Kept logs, one of which was looked at before its turn."""

    def __init__(self, kept: AsyncGenerator[KeptLog]) -> None:
        self._kept = kept
        self._next: KeptLog | None = None

    async def before(self, number: int | None) -> AsyncIterator[KeptLog]:
        """Those of tasks that started before that one; None for all that are left."""
        while True:
            log = self._next or await anext(self._kept, None)
            self._next = log
            if log is None or (number is not None and log.number >= number):
                return
            self._next = None
            yield log


def _timed(line: str) -> tuple[str, str]:
    """Time and text; a line of which only the end is there has no time."""
    at, _, rest = line.partition(" ")
    try:
        parse_instant(at)
    except (ValueError, OverflowError):
        return "", line
    return at, rest
