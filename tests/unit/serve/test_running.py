"""The process of asw serve as it is put together: by its Secret, and with an archive or without."""

import ssl
from datetime import UTC, datetime

import aiohttp
import pytest

from asw.archive.opening import open_archive
from asw.platforms.kubernetes.keys.authority import new_authority
from asw.platforms.kubernetes.keys.serve_keys import ensure_serve_keys
from asw.serve.reviews import Reviews
from asw.serve.running import ARCHIVE_SECONDS, Door
from asw.serve.settings import ServeSettings
from tests.support.archives import a_row, allowed, an_archive
from tests.support.kube_api import kube_api


@pytest.mark.parametrize("has_archive", [True, False])
async def test_the_archive_is_served_where_there_is_one(tmp_path, has_archive):
    """Its routes answer over TLS beside all others; without an address they do not exist."""
    an_archive(tmp_path, (a_row(), b"bundle")).close()
    url = f"sqlite:///{tmp_path}/archive.db" if has_archive else ""
    environment = {
        "ASW_SERVE_RESULTS": "https://results",
        "ASW_SERVE_PORT": "0",
        "ASW_SERVE_NAMES": "127.0.0.1",
        "ASW_ARCHIVE_URL": url,
    }
    settings = ServeSettings.from_environment(environment)
    now = datetime.now(UTC)  # the ssl module has no other clock
    async with kube_api() as (_, client):
        results = new_authority("results", now).certificate
        keys = await ensure_serve_keys(client, settings.namespace, results, now)
        archive = open_archive(settings.archive_url, seconds=ARCHIVE_SECONDS)
        door = Door(settings, client, Reviews(ask=allowed), archive)
        await door.look()
        trusted = ssl.create_default_context(cadata=keys.authority.certificate.decode())
        said = {"token": "token-of-ann", "namespace": "shop", "uid": "u1"}
        async with door.open() as site, aiohttp.ClientSession() as session:
            address = f"https://127.0.0.1:{site.port}/v1/archive/bundle"
            async with session.post(address, json=said, ssl=trusted) as answer:
                found = answer.status, await answer.read()
    assert found[0] == (200 if has_archive else 404)
    assert (found[1] == b"bundle") is has_archive
