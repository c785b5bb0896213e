"""``asw serve --local``: says where it listens, and what stands in its way."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from asw.executions.local.folders import unusable
from asw.executions.target import Target
from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t
from asw.platforms.local.faults import UnusableFolder
from asw.platforms.local.store import open_store
from asw.serve.guard import KEY_FILE, UnsafeKey, is_loopback, key_in
from asw.serve.here import Place, run_here

HOST: Final = "127.0.0.1"
PORT: Final = 8700


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What the options say."""

    host: str | None
    port: int | None
    tls: Path | None


def serve_here(folder: Path, listening: Listening) -> None:
    """Serve the folder's store until a signal. Raises Failure."""
    host = listening.host or HOST
    if listening.tls is None and not is_loopback(host):
        raise Failure(
            t("{host} can be reached from other machines, which takes TLS", host=host),
            remedy=t("name a folder with tls.crt and tls.key by --tls, or leave --host out"),
            code=BAD_INPUT,
        )
    port = PORT if listening.port is None else listening.port
    place = Place(host=host, port=port, tls=listening.tls)
    try:
        with closing(open_store(folder)) as store:
            run_here(store, _key(folder), place, lambda port: _tell(place, port, folder))
    except UnusableFolder as error:
        raise unusable(error, Target(is_local=True, data=folder).options) from error
    except OSError as error:
        raise Failure(
            t("cannot serve: {reason}", reason=error.strerror or error),
            remedy=t("name another --port, or check --host and the files in --tls"),
            code=BAD_INPUT,
        ) from error


def _key(folder: Path) -> str:
    try:
        return key_in(folder)
    except (UnsafeKey, OSError, UnicodeError) as error:
        raise Failure(
            t("{place} is no file that you alone can read", place=folder / KEY_FILE),
            remedy=t("delete it: the next start makes another key"),
            code=BAD_INPUT,
        ) from error


def _tell(place: Place, port: int, folder: Path) -> None:
    scheme = "http" if place.tls is None else "https"
    host = f"[{place.host}]" if ":" in place.host else place.host
    address, file = f"{scheme}://{host}:{port}", folder / KEY_FILE
    click.echo(
        t("serving on {address}; the key is in {place}", address=address, place=file), err=True
    )
