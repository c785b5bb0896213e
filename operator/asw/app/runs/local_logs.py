"""What tasks printed on this machine: the log files of a data folder."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from asw.app.runs.port import LogLine, Run
from asw.local.store import Store


class LocalLogs:
    """The lines of one execution, of one state alone where it is named. Each is read once."""

    def __init__(self, folder: Path, store: Store, run: Run, *, state: str | None) -> None:
        self._folder = folder / "logs" / run.name
        self._store = store
        self._run = run
        self._state = state
        self._read_bytes: dict[int, int] = {}

    def read(self, tail: int | None, *, is_last: bool) -> Iterator[LogLine]:
        """Lines that were not read before, task by task; of each at most the last ``tail``.

        Half a line is kept for later, unless this is the last time.
        """
        for task in self._store.shown.tasks(self._run.uid):
            if self._state in (None, task.state):
                for text in self._lines(task.ordinal, tail, is_last=is_last):
                    yield LogLine(task.state, task.attempt, text, task.ordinal)

    def _lines(self, ordinal: int, tail: int | None, *, is_last: bool) -> Iterator[str]:
        try:
            with (self._folder / f"{ordinal}.log").open("rb") as file:
                file.seek(self._read_bytes.get(ordinal, 0))
                data = file.read()
        except OSError:
            return
        if not is_last:
            data = data[: data.rfind(b"\n") + 1]
        self._read_bytes[ordinal] = self._read_bytes.get(ordinal, 0) + len(data)
        lines = data.decode(errors="replace").removesuffix("\n").split("\n") if data else []
        yield from lines if tail is None else deque(lines, maxlen=tail)
