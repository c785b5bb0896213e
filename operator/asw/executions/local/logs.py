"""What tasks printed on this machine: the log files of a data folder."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from asw.executions.port import LogLine, LogOptions
from asw.executions.run import Run
from asw.platforms.local.logs import LineTimes, instant_of_line
from asw.platforms.local.store import Store


class LocalLogs:
    """The lines of one execution that the options select. Each is read once."""

    def __init__(self, folder: Path, store: Store, run: Run, options: LogOptions) -> None:
        self._folder = folder / "logs" / run.name
        self._store = store
        self._run = run
        self._options = options
        self._read_bytes: dict[Path, int] = {}

    def read(self, tail: int | None, *, is_last: bool) -> Iterator[LogLine]:
        """Lines that were not read before, task by task; of each at most the last ``tail``.

        Half a line is kept for later, unless this is the last time.
        """
        for task in self._store.shown.tasks(self._run.uid):
            if self._options.state in (None, task.state) and self._options.child in (
                None,
                task.child,
            ):
                path = self._folder / task.child / f"{task.ordinal}.log"
                lines = self._wished(path, is_last=is_last)
                for at, text in lines if tail is None else deque(lines, maxlen=tail):
                    yield LogLine(
                        task.state,
                        task.attempt,
                        text,
                        number=task.ordinal,
                        at=at if self._options.has_times else "",
                        child=task.child,
                    )

    def _wished(self, path: Path, *, is_last: bool) -> Iterator[tuple[str, str]]:
        """The lines that are recent enough, each with its time if that matters."""
        since = "" if self._options.since is None else instant_of_line(self._options.since)
        times = None
        for offset, line in self._lines(path, is_last=is_last):
            text = line.decode(errors="replace")
            if not (since or self._options.has_times):
                yield "", text
                continue
            times = times or LineTimes(path)
            at = times.at(offset)
            if not at or at >= since:
                yield at, text

    def _lines(self, path: Path, *, is_last: bool) -> Iterator[tuple[int, bytes]]:
        """New lines, each with the offset of its first byte in the file."""
        offset = self._read_bytes.get(path, 0)
        try:
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read()
        except OSError:
            return
        if not is_last:
            data = data[: data.rfind(b"\n") + 1]
        self._read_bytes[path] = offset + len(data)
        for line in data.removesuffix(b"\n").split(b"\n") if data else ():
            yield offset, line
            offset += len(line) + 1
