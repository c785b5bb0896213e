"""Objects in S3, or in what speaks as S3 does: the reads and writes of distributed Maps.

Items are made here, in a pod of the Connection's, and not in the operator: whatever an object holds
costs only those whose object it is.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, TypeAlias

from asw.asl.errors import ITEM_READER_FAILED, StatesError
from asw.asl.values import to_text
from asw.connector.calls import Call, Done, Failed, Outcome
from asw.connector.objects import CHANGED, Pages, ReadPage, Work, pages_of, to_work_event
from asw.engine.items import Listed, Reading, ResultFile, iterate_items

LARGEST_OBJECT: Final = 16 * 1024 * 1024
"""Bytes of an object that is read, also unpacked: as a JSON value it takes ten times as much."""
READ_SECONDS: Final = 270.0
"""How long all of a reading may take; the operator waits 300 s for an answer."""
MOST_KEPT: Final = 16 * 1024 * 1024
"""Characters of pages that are kept for the questions to come."""
_PIECE: Final = 8 * 1024 * 1024
"""Bytes that are requested at a time."""
_NOTHING_THERE: Final = "Status Code: 416"
"""S3: an empty object has no range of bytes."""

Exchange: TypeAlias = Callable[[Call, dict[str, Any]], Awaitable[dict[str, Any] | Failed]]
"""Makes a call with arguments as botocore takes them; what it gives, or the failure."""


class Objects:
    """Does the work of distributed Maps, one reading at a time."""

    def __init__(self, exchange: Exchange, *, seconds: float = READ_SECONDS) -> None:
        self._exchange = exchange
        self._seconds = seconds
        self._reading = asyncio.Lock()
        self._kept: OrderedDict[str, Pages] = OrderedDict()

    async def do(self, work: Work) -> Outcome:
        """Do the work. What goes wrong is an outcome, too."""
        return await (self._write(work) if isinstance(work, ResultFile) else self._read(work))

    async def _write(self, file: ResultFile) -> Outcome:
        kind = "application/x-ndjson" if file.key.endswith("l") else "application/json"
        place = {"Bucket": file.bucket, "Key": file.key}
        wanted = {**place, "Body": file.body, "ContentType": kind}
        answer = await self._exchange(_call("putObject"), wanted)
        return answer if isinstance(answer, Failed) else Done(output={})

    async def _read(self, work: ReadPage) -> Outcome:
        """The page: of what is here already, unless it is the first one."""
        name = to_text(to_work_event(ReadPage(reading=work.reading)))
        pages = self._kept.get(name) if work.page else None
        if pages is None or (work.version and pages.version != work.version):
            try:
                async with self._reading, asyncio.timeout(self._seconds):
                    pages = await self._read_all(work.reading)
            except TimeoutError:
                cause = f"Reading the objects took more than {self._seconds:g} seconds."
                return Failed(error=ITEM_READER_FAILED, cause=cause)
            except _RefusedError as error:
                return error.failure
            except StatesError as error:
                failure = error.failure
                return Failed(error=ITEM_READER_FAILED, cause=failure.cause or "")
        if work.version and pages.version != work.version:
            return Failed(error=CHANGED, cause="The objects change while they are read.")
        if work.page >= len(pages.texts):
            return Failed(error=CHANGED, cause="There is no such page.")
        self._keep(name, pages, is_last=work.page + 1 == len(pages.texts))
        return pages.answer(work.page)

    async def _read_all(self, reading: Reading) -> Pages:
        store = S3Store(self._exchange, asyncio.get_running_loop())
        try:
            return await asyncio.to_thread(lambda: pages_of(iterate_items(reading, store)))
        finally:
            store.is_over = True

    def _keep(self, name: str, pages: Pages, *, is_last: bool) -> None:
        self._kept.pop(name, None)
        if is_last:
            return
        self._kept[name] = pages
        while len(self._kept) > 1 and sum(it.size for it in self._kept.values()) > MOST_KEPT:
            self._kept.popitem(last=False)


class S3Store:
    """Objects by bucket and key, for a thread of its own; calls are made on the event loop."""

    most_bytes = LARGEST_OBJECT

    def __init__(self, exchange: Exchange, loop: asyncio.AbstractEventLoop) -> None:
        self._exchange = exchange
        self._loop = loop
        self.is_over = False
        """Whether nobody waits for what is read: no further call is made."""

    def get(self, bucket: str, key: str) -> bytes:
        """The object's bytes, all of one version. Raises StatesError if they are too many."""
        body, total = bytearray(), 1
        etag: dict[str, str] = {}
        while len(body) < total:
            until = len(body) + _PIECE - 1
            wanted = {"Bucket": bucket, "Key": key, "Range": f"bytes={len(body)}-{until}", **etag}
            answer = self._ask("getObject", wanted)
            if isinstance(answer, Failed):
                if not body and _NOTHING_THERE in answer.cause:
                    return b""
                raise _RefusedError(answer)
            piece: bytes = answer["Body"].data
            body += piece
            total = _total(answer.get("ContentRange", ""), len(body))
            etag = {"IfMatch": answer["ETag"]} if answer.get("ETag") else {}
            if total > LARGEST_OBJECT:
                raise StatesError(
                    ITEM_READER_FAILED,
                    f"The object '{key}' has {total} bytes; a Map on a cluster reads objects of"
                    f" {LARGEST_OBJECT} bytes at most.",
                )
            if not piece:
                break
        return bytes(body)

    def list(self, bucket: str, prefix: str) -> Iterator[Listed]:
        """The objects whose keys begin with the prefix, as they are asked for."""
        wanted = {"Bucket": bucket, "Prefix": prefix}
        while True:
            answer = self._ask("listObjectsV2", wanted)
            if isinstance(answer, Failed):
                raise _RefusedError(answer)
            for found in answer.get("Contents", ()):
                yield Listed(
                    key=found["Key"],
                    size=found["Size"],
                    etag=found.get("ETag", ""),
                    last_modified=int(found["LastModified"].timestamp()),
                    storage_class=found.get("StorageClass", "STANDARD"),
                )
            following = answer.get("NextContinuationToken")
            if not following:
                return
            wanted = {**wanted, "ContinuationToken": following}

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Not here: files of results come one by one."""
        raise AssertionError(f"{bucket}/{key}: {len(body)} bytes")

    def _ask(self, action: str, wanted: dict[str, Any]) -> dict[str, Any] | Failed:
        if self.is_over:
            raise StatesError(ITEM_READER_FAILED, "nobody waits for the items")
        asked = _awaited(self._exchange(_call(action), wanted))
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()


class _RefusedError(Exception):
    """S3 refused a call, or did not answer it."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(failure.error)
        self.failure = failure


async def _awaited(
    answer: Awaitable[dict[str, Any] | Failed],
) -> dict[str, Any] | Failed:
    return await answer


def _call(action: str) -> Call:
    return Call(service="s3", action=action, sdk=True, parameters=None, task_id="objects")


def _total(content_range: str, so_far: int) -> int:
    """Bytes of the whole object; what came is all of it if the store knows no ranges."""
    _, _, total = content_range.partition("/")
    return int(total) if total.isdigit() else so_far
