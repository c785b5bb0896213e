"""A registry of CNCF's distribution on this machine, and a connection to it that breaks."""

import asyncio
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import yaml

from asw.platforms.kubernetes.results.listening import stop_listening
from tests.support.cluster import require, tool

USER, PASSWORD = "ada", "open-sesame"
_HASH = "$2b$05$abcdefghijklmnopqrstuutXu9KzOt.1yBoZUeFWoT/914/JfszCO"
"""Bcrypt of the password, as htpasswd writes it: distribution reads no other kind."""
_PATIENCE = 30


@dataclass(frozen=True, slots=True)
class RunningRegistry:
    """Where it answers, and what it wrote."""

    host: str
    log: Path

    def requests(self, verb: str) -> list[str]:
        """The paths that were asked for with this verb, in order."""
        lines = self.log.read_text(errors="replace").splitlines()
        marked = [line.partition(f'"{verb} ')[2] for line in lines if f'"{verb} ' in line]
        return [line.partition(" ")[0] for line in marked]


@contextmanager
def running_registry(
    folder: Path, auth: dict[str, object] | None = None
) -> Iterator[RunningRegistry]:
    """A registry with its data in the folder, until the block ends."""
    binary = tool("registry")
    require(binary, "registry")
    assert binary is not None
    host = f"127.0.0.1:{free_port()}"
    config = {
        "version": 0.1,
        "log": {"accesslog": {"disabled": False}, "level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": host, "secret": "of-tests"},
    }
    if auth is not None:
        config["auth"] = auth
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    log = folder / "registry.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [binary, "serve", str(folder / "config.yaml")],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"OTEL_TRACES_EXPORTER": "none"},
        )
    try:
        _await_answer(f"http://{host}/v2/", process, log)
        yield RunningRegistry(host, log)
    finally:
        process.terminate()
        process.wait()


def with_passwords(folder: Path) -> dict[str, object]:
    """The part of its configuration that asks for the user's password."""
    file = folder / "htpasswd"
    file.write_text(f"{USER}:{_HASH}\n")
    return {"htpasswd": {"realm": "tests", "path": str(file)}}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _await_answer(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url):
                return
        except HTTPError as error:
            error.close()
            return
        except URLError:
            time.sleep(0.02)
    raise AssertionError(log.read_text())


@asynccontextmanager
async def breaking(host: str, *, after: int, times: int) -> AsyncIterator[str]:
    """A host that hands on to another, and breaks connections that sent so many bytes.

    Only the first so many times: later ones go through.
    """
    left, name, port = times, *host.split(":")
    connections: set[asyncio.Task[None]] = set()
    ends: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        there, to_there = await asyncio.open_connection(name, int(port))
        ends.append(to_there)
        back = asyncio.create_task(_copy(there, writer))
        sent = 0
        try:
            while piece := await reader.read(65536):
                sent += len(piece)
                if sent > after and left:
                    left -= 1
                    break
                to_there.write(piece)
                await to_there.drain()
        finally:
            back.cancel()
            writer.close()
            to_there.close()
            await asyncio.gather(back, return_exceptions=True)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)  # its task may be cancelled before it begins
        connections.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        await stop_listening(server)
        for each in connections:
            each.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        # Ends of connections that outlive the test would be told as faults of another one.
        for end in ends:
            end.transport.abort()
        await asyncio.gather(*(end.wait_closed() for end in ends), return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
