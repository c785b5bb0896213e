"""The process of ``asw serve --local``: the application of the cluster's door, before the store."""

import asyncio
import signal
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from asw.platforms.kubernetes.keys.authority import server_context
from asw.platforms.kubernetes.results.listening import CONNECTIONS, listener_at, serving
from asw.platforms.kubernetes.results.shares import Shares
from asw.platforms.local.store import Store
from asw.serve.activities import Activities, Limits, Waiting
from asw.serve.app import application
from asw.serve.callbacks import Callbacks
from asw.serve.guard import PREFIX, Guard, is_loopback
from asw.serve.store import Anybody, LocalStore

CONNECTIONS_OF_ADDRESS = 200
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to listen; ``tls`` is a folder with tls.crt and tls.key."""

    host: str
    port: int
    tls: Path | None = None


def run_here(store: Store, key: str, place: Place, on_open: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``on_open`` hears the port. Raises OSError, also of TLS."""
    asyncio.run(_run(store, key, place, on_open))


async def _run(store: Store, key: str, place: Place, on_open: Callable[[int], None]) -> None:
    stop = asyncio.Event()
    with suppress(NotImplementedError):  # Windows
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    behind = LocalStore(store=store)
    limits = Limits(of_address=CONNECTIONS_OF_ADDRESS // 2)
    activities = Activities(behind=behind, reviews=Anybody(), waiting=Waiting(limits=limits))
    parts = (Callbacks(behind=behind).add_to, activities.add_to)
    # By a name that leads elsewhere nobody gets past a certificate.
    hosts = _LOOPBACK | {place.host} if is_loopback(place.host) else None
    served = application(
        [partial(add, prefixes=("", PREFIX)) for add in parts],
        [Guard(key=key, hosts=hosts).middleware()],
    )
    shares = Shares(total=CONNECTIONS, each=CONNECTIONS_OF_ADDRESS)
    listener = listener_at(place.host, place.port, shares)
    with listener:
        async with serving(served, listener, _tls(place.tls)) as site:
            on_open(site.port)
            await stop.wait()


def _tls(folder: Path | None) -> ssl.SSLContext | None:
    if folder is None:
        return None
    context = server_context()
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context
