"""The archive's writer: a thread with an event loop, a client and a database of its own.

The operator's event loop only hands over what ended and hears what became of it. To read a long
history, to compress it and to wait for a database would each hold it up.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Final, TypeVar

from asw.archive.errors import ArchiveAway
from asw.archive.reading import Ended, Known, RunReader
from asw.archive.store import ArchiveStore
from asw.archive.tail_reading import Read, read_tail
from asw.archive.tail_rows import Pruning, TailRows, TaskOf
from asw.archive.tails import Tail
from asw.archive.writing import BATCH_SECONDS, MOST_AT_ONCE, Packed, Written, packed, write
from asw.failures import Failure
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import Forbidden
from asw.reconciler.counters import Histogram
from asw.reconciler.platform import Unavailable

MOST_BYTES: Final = 8 << 20
"""Bytes of bundles after which a transaction is written, however few runs they are."""
READERS: Final = 4
"""Objects that are asked for at a time."""
CLOSING_SECONDS: Final = 10.0
_Result = TypeVar("_Result")


class ArchiveWriter:
    """See the module. ``batch_seconds`` counts transactions, ``bytes`` what they held."""

    def __init__(
        self,
        url: str,
        connect: Callable[[], AbstractAsyncContextManager[KubeClient]],
        known: Known,
    ) -> None:
        self._url = url
        self._connect = connect
        self._known = known
        self._store: ArchiveStore | None = None
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._turn = asyncio.Lock()
        self._reader: RunReader | None = None
        self._client: KubeClient
        self._pruning = Pruning()
        self._is_open = threading.Event()
        self._opening = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="archive", daemon=True)
        self.batch_seconds = Histogram(BATCH_SECONDS)
        self.bytes = 0

    def start(self) -> None:
        """Begin; the database is asked for only when it is needed."""
        self._thread.start()
        self._is_open.wait()

    def close(self) -> None:
        """End; a batch that is being written is waited for, but not for ever."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(CLOSING_SECONDS)

    async def archive(self, ended: Sequence[Ended]) -> Written:
        """Write those that the archive lacks. Never raises for the archive's sake."""
        return await self._there(self._archive(ended))

    async def known(self, uids: Collection[str]) -> Mapping[str, int]:
        """Which of these the archive has, with their epochs. Raises ArchiveAway."""
        return await asyncio.to_thread(self._known_to_archive, uids)

    async def read_tail(self, pod: str, blank: Tail, limit: int) -> Read:
        """The end of the pod's log as this tail, or why there is none. Never raises for that."""
        return await self._there(read_tail(self._client, pod, blank, limit))

    async def put_tails(self, tails: Sequence[Tail]) -> None:
        """Write them, all or none. Raises ArchiveRefused, ArchiveAway."""
        await asyncio.to_thread(self._with_tails, lambda it: it.put(tails))

    async def known_tails(self, tasks: Collection[TaskOf]) -> Collection[TaskOf]:
        """Those of the tasks that the archive has a tail of. Raises ArchiveAway."""
        return await asyncio.to_thread(self._with_tails, lambda it: it.known(tasks))

    async def prune_tails(self, until: int) -> bool:
        """Remove some tails taken before that runs never followed; False if none is so old.

        Raises ArchiveAway.
        """
        return await asyncio.to_thread(self._with_tails, lambda it: self._pruning.prune(it, until))

    def _with_tails(self, work: Callable[[TailRows], _Result]) -> _Result:
        with self._open() as store:
            return work(store.tails)

    def _known_to_archive(self, uids: Collection[str]) -> Mapping[str, int]:
        with self._open() as store:
            return store.known(uids)

    async def _there(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    # In the thread

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with self._connect() as client:
            self._client, self._reader = client, RunReader(client, self._known)
            self._is_open.set()
            await self._stop.wait()
        if self._store is not None:
            self._store.close()

    @contextmanager
    def _open(self) -> Iterator[ArchiveStore]:
        """The database, its tables as they must be. Raises ArchiveAway.

        After that it is opened anew: it may come back as another one, restored or empty.
        """
        with self._opening:
            store = self._store
            if store is None:
                store = ArchiveStore(self._url)
                with _closing(store):
                    store.migrate()
                self._store = store
        with _closing(store):
            try:
                yield store
            except ArchiveAway:
                self._store = None
                raise

    async def _archive(self, ended: Sequence[Ended]) -> Written:
        written = Written()
        try:
            with self._open() as store:
                known = store.known([it.key.uid for it in ended])
                lacking = [it for it in ended if known.get(it.key.uid, -1) < it.epoch]
                written.known = {it.key.uid for it in ended} - {it.key.uid for it in lacking}
                await self._write_all(store, lacking, written)
        except ArchiveAway as away:
            written.away = str(away)
        return written

    async def _write_all(
        self, store: ArchiveStore, lacking: Sequence[Ended], written: Written
    ) -> None:
        batch, size = list[Packed](), 0
        for at in range(0, len(lacking), READERS):
            some = lacking[at : at + READERS]
            for one in await asyncio.gather(*(self._packed(it, written) for it in some)):
                if one is not None:
                    batch.append(one)
                    size += len(one[1])
            if len(batch) >= MOST_AT_ONCE or size >= MOST_BYTES:
                self._write(store, batch, written)
                batch, size = [], 0
        self._write(store, batch, written)

    async def _packed(self, ended: Ended, written: Written) -> Packed | None:
        """The run as it is stored; None if there is none, or it cannot be read now, or ever."""
        uid = ended.key.uid
        assert self._reader is not None
        try:
            item = await self._reader.item(ended)
            if item is not None:
                async with self._turn:  # one at a time: each may be large
                    return packed(await self._reader.read(item))
        except (Unavailable, Forbidden):
            written.unread.add(uid)
        except Failure as failure:
            written.refused[uid] = failure.message
        except Exception as error:  # noqa: BLE001  one that is odd must not keep the others waiting
            written.refused[uid] = type(error).__name__
        else:
            written.none.add(uid)
        return None

    def _write(self, store: ArchiveStore, batch: Sequence[Packed], written: Written) -> None:
        if not batch:
            return
        began = time.perf_counter()
        refused = write(store, batch)
        self.batch_seconds.add(time.perf_counter() - began)
        self.bytes += sum(len(content) for _, content in batch)
        written.refused |= refused
        written.archived |= {run.uid for run, _ in batch} - refused.keys()


@contextmanager
def _closing(store: ArchiveStore) -> Iterator[None]:
    """Inside, a database that is away is let go of."""
    try:
        yield
    except ArchiveAway:
        store.close()
        raise
