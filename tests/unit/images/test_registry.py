"""Uploads to a registry whose connection breaks."""

from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest

from asw.failures import Failure
from asw.images.authorizing import Authorizer
from asw.images.content import Descriptor
from asw.images.registry import Registry

HOST = "127.0.0.1:5000"


class Breaking:
    """A client whose connection is gone after the first piece of each blob."""

    def __init__(self):
        self.streams = []

    @asynccontextmanager
    async def request(self, verb, url, *, data, **_):
        """Take a piece; whoever wrote the others keeps the stream, as a client's writer may."""
        if verb == "PUT":
            self.streams.append(data)
            await anext(data)
            raise aiohttp.ClientOSError("Connection reset by peer")
        yield SimpleNamespace(status=202, url=url, headers={"Location": "/v2/uploads/1"})


def open_files(folder):
    """What this process has open in the folder."""
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the listing itself was open
            if (path := each.readlink()).is_relative_to(folder):
                yield path


async def test_an_upload_that_broke_off_leaves_no_file_open(tmp_path):
    """Each try reads the blob from its start, and the file is closed when the last one failed."""
    file = tmp_path / "blob"
    file.write_bytes(b"x" * 10)
    http = Breaking()
    registry = Registry(HOST, http, Authorizer(HOST, http, is_plain=True), True, lambda _: 0)
    blob = Descriptor(media_type="layer", digest="sha256:1", size=10)
    with pytest.raises(Failure, match="broke off the upload of sha256:1 after 0 of 10 bytes"):
        await registry.upload("team/fn", blob, file)
    assert len(http.streams) == 3
    assert list(open_files(tmp_path)) == []
