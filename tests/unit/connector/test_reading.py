"""Answers of services are read in pieces, and few large ones at a time."""

import asyncio
from types import SimpleNamespace

from asw.connector.sessions import LARGE_AT_A_TIME, SMALL_BYTES, read_body

PIECE = 64 * 1024


class Answer:
    """An answer of so many bytes. The last piece comes once somebody lets it go on."""

    content_length, method = None, "POST"

    def __init__(self, size: int, goes_on: asyncio.Event) -> None:
        self.read, self._size, self._goes_on = 0, size, goes_on
        self.content = SimpleNamespace(iter_chunked=self._pieces)

    async def _pieces(self, _size: int):
        while self.read < self._size:
            piece = min(PIECE, self._size - self.read)
            if self.read + piece == self._size:
                await self._goes_on.wait()
            await asyncio.sleep(0)
            self.read += piece
            yield b"x" * piece

    def close(self) -> None:
        """Hang up."""


async def settled(work) -> None:
    """Everything goes as far as it can."""
    for _ in range(200):
        await asyncio.sleep(0)
    assert not any(it.done() for it in work)


async def test_few_large_answers_are_read_at_a_time():
    """Others wait with what a result has; all are whole in the end."""
    goes_on = asyncio.Event()
    answers = [Answer(4 * SMALL_BYTES, goes_on) for _ in range(3 * LARGE_AT_A_TIME)]
    work = [asyncio.create_task(read_body(it, 10 * SMALL_BYTES)) for it in answers]
    await settled(work)
    far = [it for it in answers if it.read > SMALL_BYTES + PIECE]
    assert len(far) == LARGE_AT_A_TIME
    goes_on.set()
    assert {len(each) for each in await asyncio.gather(*work)} == {4 * SMALL_BYTES}


async def test_small_answers_pass_large_ones_that_wait():
    """A service that is slow to finish ten megabytes keeps no result waiting."""
    never, at_once = asyncio.Event(), asyncio.Event()
    at_once.set()
    large = [Answer(4 * SMALL_BYTES, never) for _ in range(LARGE_AT_A_TIME + 1)]
    work = [asyncio.create_task(read_body(it, 10 * SMALL_BYTES)) for it in large]
    await settled(work)
    assert len(await read_body(Answer(SMALL_BYTES, at_once), 10 * SMALL_BYTES)) == SMALL_BYTES
    for each in work:
        each.cancel()
    await asyncio.gather(*work, return_exceptions=True)
