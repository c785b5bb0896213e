"""What tasks printed on this machine: the log files of a data folder."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from asw.app.runs.port import LogLine, LogWish, Run
from asw.local.store import Store


class LocalLogs:
    """The lines of one execution, those that are wished for. Each is read once."""

    def __init__(self, folder: Path, store: Store, run: Run, wish: LogWish) -> None:
        self._folder = folder / "logs" / run.name
        self._store = store
        self._run = run
        self._wish = wish
        self._read_bytes: dict[Path, int] = {}

    def read(self, tail: int | None, *, is_last: bool) -> Iterator[LogLine]:
        """Lines that were not read before, task by task; of each at most the last ``tail``.

        Half a line is kept for later, unless this is the last time.
        """
        for task in self._store.shown.tasks(self._run.uid):
            if self._wish.state in (None, task.state) and self._wish.child in (None, task.child):
                path = self._folder / task.child / f"{task.ordinal}.log"
                for text in self._lines(path, tail, is_last=is_last):
                    yield LogLine(
                        task.state, task.attempt, text, number=task.ordinal, child=task.child
                    )

    def _lines(self, path: Path, tail: int | None, *, is_last: bool) -> Iterator[str]:
        try:
            with path.open("rb") as file:
                file.seek(self._read_bytes.get(path, 0))
                data = file.read()
        except OSError:
            return
        if not is_last:
            data = data[: data.rfind(b"\n") + 1]
        self._read_bytes[path] = self._read_bytes.get(path, 0) + len(data)
        lines = data.decode(errors="replace").removesuffix("\n").split("\n") if data else []
        yield from lines if tail is None else deque(lines, maxlen=tail)
