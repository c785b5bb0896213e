"""The process of ``asw serve``: everything is wired in one place.

It reads its Secret, and again every minute: keys are rotated, and the result server may get another
authority. It may neither write anything nor read anything else of the cluster, but ask who somebody
is, and what they may do. Where there is an archive it reads that, too.
"""

import asyncio
import contextlib
import logging
import signal
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from asw.archive.opening import open_archive
from asw.operator.health import Answers, serve_health
from asw.operator.logs import start_logging
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection, tls_trusting
from asw.platforms.kubernetes.keys.authority import (
    CERTIFICATE_LIFETIME,
    issue_certificate,
    server_context,
)
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.callback_tokens import CallbackKeys
from asw.platforms.kubernetes.keys.serve_keys import ServeKeys, read_serve_keys
from asw.platforms.kubernetes.results.listening import CONNECTIONS, Site, listening
from asw.platforms.kubernetes.results.shares import Shares
from asw.reconciler.platform import PlatformError
from asw.serve.activities import Activities, Limits, Waiting
from asw.serve.app import application
from asw.serve.callbacks import Callbacks
from asw.serve.links import Links
from asw.serve.results import Operator, Results
from asw.serve.reviews import Reviews, asking
from asw.serve.settings import ServeSettings

if TYPE_CHECKING:
    from asw.archive.store import ArchiveStore

logger = logging.getLogger(__name__)

ARCHIVE_SECONDS = 10
"""Time for one statement: as long as anybody waits for it."""
LOOK_SECONDS = 60.0
PAUSE_SECONDS = 2.0
RENEWAL = CERTIFICATE_LIFETIME / 3


def run(settings: ServeSettings, connection: Connection) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError if a port is taken, Failure of the archive."""
    start_logging(settings.log_level, settings.log_format)
    archive = open_archive(settings.archive_url, seconds=ARCHIVE_SECONDS)
    asyncio.run(_run(settings, connection, archive))


async def _run(
    settings: ServeSettings, connection: Connection, archive: "ArchiveStore | None"
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    answers = Answers()
    async with KubeClient(connection) as client:
        with serve_health(settings.health_port, answers):
            door = Door(settings, client, Reviews(ask=asking(connection)), archive)
            opening = asyncio.create_task(door.keep_open(answers))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await opening


@dataclass(slots=True)
class Door:
    """What is served, by the keys as they were last read."""

    settings: ServeSettings
    client: KubeClient
    reviews: Reviews
    archive: "ArchiveStore | None" = None
    context: ssl.SSLContext = field(default_factory=server_context)
    results: Results = field(init=False)
    ring: CallbackRing | None = None
    _trusted: bytes = b""
    _certified_at: datetime | None = None

    def __post_init__(self) -> None:
        self.results = Results(self.settings.results)

    async def keep_open(self, answers: Answers) -> None:
        """Serve until cancelled, once there are keys."""
        while True:
            try:
                await self.look()
                break
            except PlatformError as error:
                logger.warning("not ready: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)
        async with self.open() as site:
            answers.is_ready = site.is_serving
            answers.complaint = lambda: None if site.is_serving() else "it does not listen"
            logger.info("serving on port %s", site.port)
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                with contextlib.suppress(PlatformError):  # what was read last stays good
                    await self.look()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Site]:
        """Serve inside the block; ``look`` comes first."""
        assert self.ring is not None
        limits = Limits(of_address=self.settings.connections_of_address // 2)
        behind = Operator(ring=self.ring, results=self.results)
        activities = Activities(behind=behind, reviews=self.reviews, waiting=Waiting(limits=limits))
        links = Links(ring=self.ring, results=self.results, reviews=self.reviews)
        parts = [Callbacks(behind=behind).add_to, activities.add_to, links.add_to]
        if self.archive is not None:
            from asw.serve.archived import Archived  # noqa: PLC0415 -- needs an extra

            parts.append(Archived(store=self.archive, reviews=self.reviews).add_to)
        shares = Shares(total=CONNECTIONS, each=self.settings.connections_of_address)
        try:
            async with listening(
                application(parts), self.settings.port, self.context, shares
            ) as site:
                yield site
        finally:
            await self.results.close()

    async def look(self) -> None:
        """Read the keys, and use them from now on. Raises PlatformError."""
        keys = await read_serve_keys(self.client, self.settings.namespace)
        if self.ring is None:
            self.ring = CallbackRing(keys.callbacks, self._read_callbacks)
        self._use(keys)

    async def _read_callbacks(self) -> CallbackKeys:
        keys = await read_serve_keys(self.client, self.settings.namespace)
        self._use(keys)
        return keys.callbacks

    def _use(self, keys: ServeKeys) -> None:
        assert self.ring is not None
        self.ring.keys = keys.callbacks
        if keys.results_certificate != self._trusted:
            self.results.trust(tls_trusting(text=keys.results_certificate.decode()))
            self._trusted = keys.results_certificate
        now = datetime.now(UTC)
        if self.settings.tls is not None:
            folder = self.settings.tls
            self.context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
        elif self._certified_at is None or now - self._certified_at >= RENEWAL:
            issue_certificate(self.context, keys.authority, self.settings.names, now)
            self._certified_at = now
