"""Pushing to and pulling from a real registry: CNCF's distribution."""

import base64
import json
import os
from dataclasses import replace

import pytest

from asw.failures import Failure
from asw.images.bases import source_of
from asw.images.building import Recipe, build
from asw.images.layout import Layout
from asw.images.names import image_name
from asw.images.platforms import PLATFORMS, Platform
from asw.images.pushing import keep, push
from asw.images.registry import open_registry
from tests.support.layouts import write_base
from tests.support.registries import PASSWORD, USER, breaking, free_port, running_registry
from tests.support.token_server import REFRESH, token_server


@pytest.fixture
def code(tmp_path):
    """A folder with a function's code."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "index.py").write_text("def main_handler(event, context): return event\n")
    return folder


@pytest.fixture
def out(tmp_path):
    """Where images are built."""
    return Layout(tmp_path / "out")


@pytest.fixture
async def built(code, base, out):
    """An image of the code, for two platforms."""
    return await build(recipe(code, f"oci:{base}"), out)


def recipe(code, base, platforms=PLATFORMS):
    """The code of a folder on a base."""
    return Recipe(
        folder=code,
        files={path.name: path for path in code.iterdir()},
        lock=None,
        base=source_of(base),
        platforms=[Platform(name) for name in platforms],
    )


async def pushed(built, name, out):
    """Push an image under a name."""
    image = image_name(name)
    async with open_registry(image.registry) as opened:
        await push(built, image, _impatient(opened), out)


def _impatient(opened):
    """The same without pauses between tries."""
    return replace(opened, pause=lambda _tried: 0)


@pytest.fixture
async def guarded(tmp_path):
    """A registry whose logins are exchanged for tokens, and the server of those."""
    folder = tmp_path / "guarded"
    folder.mkdir()
    async with token_server() as (tokens, realm):
        with running_registry(folder, tokens.auth(folder, realm)) as running:
            yield running, tokens


def log_in(tmp_path, host, password=PASSWORD, **more):
    """Do what docker login does."""
    pair = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (tmp_path / "docker").mkdir(exist_ok=True)
    config = {"auths": {host: {"auth": pair}}, **more}
    (tmp_path / "docker" / "config.json").write_text(json.dumps(config))


async def test_what_was_pushed_can_be_pulled(registry, built, out, tmp_path):
    """An image for two platforms comes back byte for byte under its digest, layers included."""
    await pushed(built, f"{registry.host}/team/fn:v1", out)
    source = source_of(f"{registry.host}/team/fn@{built.digest}")
    found, body = await source.manifest()
    assert found.digest == built.digest
    copy = Layout(tmp_path / "copy")
    for entry in json.loads(body)["manifests"]:
        _, manifest = await source.manifest(entry["digest"])
        for layer in json.loads(manifest)["layers"]:
            async with open_registry(registry.host) as opened:
                assert await opened.has_blob("team/fn", layer["digest"])
    for blob in built.own:
        await source.fetch(blob, copy)
        assert copy.read(blob.digest) == out.read(blob.digest)


async def test_a_pushed_image_is_a_base(registry, base, code, out):
    """A base that is pulled gives the same image as one in a folder."""
    below = await build(recipe(code, f"oci:{base}"), out)
    await pushed(below, f"{registry.host}/asw/python3:1", out)
    await keep(below, "below", out)
    pulled = await build(recipe(code, f"{registry.host}/asw/python3:1"), out)
    local = await build(recipe(code, f"oci:{out.folder}:below"), out)
    assert pulled.digest == local.digest


async def test_layers_of_the_same_registry_are_mounted(registry, base, code, out, tmp_path):
    """A base of the registry that is pushed to is neither downloaded nor sent."""
    below = await build(recipe(code, f"oci:{base}"), out)
    await pushed(below, f"{registry.host}/asw/python3:1", out)
    fresh = Layout(tmp_path / "fresh")
    built = await build(recipe(code, f"{registry.host}/asw/python3:1"), fresh)
    await pushed(built, f"{registry.host}/team/fn:v1", fresh)
    layers = {blob.digest for each in built.bases for blob in each.layers}
    assert layers
    own = {blob.digest for blob in built.own}
    assert not any(fresh.path(digest).exists() for digest in layers - own)
    found, _ = await source_of(f"{registry.host}/team/fn:v1").manifest()
    assert found.digest == built.digest


async def test_a_second_push_sends_no_layer(registry, built, out):
    """Pushing what is there already uploads nothing."""
    await pushed(built, f"{registry.host}/team/fn:v1", out)
    before = registry.requests("POST")
    assert before
    await pushed(built, f"{registry.host}/team/fn:v1", out)
    assert registry.requests("POST") == before


async def test_a_login_that_is_missing_is_asked_for(locked_registry, code, built, out):
    """Without a login the failure says how to log in."""
    with pytest.raises(Failure, match="asks for a login") as failure:
        await pushed(built, f"{locked_registry.host}/team/fn:v1", out)
    assert failure.value.remedy == f"docker login {locked_registry.host}"
    assert failure.value.code == 1


async def test_a_wrong_password_is_told(locked_registry, built, out, tmp_path):
    """A login that is refused is told apart from a missing one, and the password is not shown."""
    log_in(tmp_path, locked_registry.host, "wrong-password")
    with pytest.raises(Failure, match="does not accept the login: 401") as failure:
        await pushed(built, f"{locked_registry.host}/team/fn:v1", out)
    assert "wrong-password" not in str(failure.value) + failure.value.remedy


async def test_the_login_of_docker_is_used(locked_registry, built, out, tmp_path):
    """What docker login wrote opens the registry, for pushes and for pulls."""
    log_in(tmp_path, locked_registry.host)
    await pushed(built, f"{locked_registry.host}/team/fn:v1", out)
    found, _ = await source_of(f"{locked_registry.host}/team/fn:v1").manifest()
    assert found.digest == built.digest


async def test_a_credential_helper_is_asked(locked_registry, built, out, tmp_path, monkeypatch):
    """A helper that is named for the registry goes before what the file itself has."""
    helper = tmp_path / "bin" / "docker-credential-tests"
    helper.parent.mkdir()
    answer = json.dumps({"Username": USER, "Secret": PASSWORD})
    helper.write_text(f"#!/bin/sh\ncat > {tmp_path}/asked\necho '{answer}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(helper.parent), prepend=os.pathsep)
    log_in(tmp_path, locked_registry.host, "old", credHelpers={locked_registry.host: "tests"})
    await pushed(built, f"{locked_registry.host}/team/fn:v1", out)
    assert (tmp_path / "asked").read_text() == locked_registry.host


async def test_a_registry_that_is_down_is_named(built, out):
    """A registry that nobody can reach is named with the reason."""
    host = f"127.0.0.1:{free_port()}"
    with pytest.raises(Failure, match=f"cannot reach http://{host}: .*refused"):
        await pushed(built, f"{host}/team/fn:v1", out)


async def test_an_upload_that_is_cut_is_sent_again(registry, tmp_path, code, out):
    """A connection that breaks within a layer, once, costs nothing but time."""
    base = write_base(tmp_path / "large", size=2_000_000)
    built = await build(recipe(code, f"oci:{base.folder}"), out)
    async with breaking(registry.host, after=300_000, times=1) as host:
        await pushed(built, f"{host}/team/fn:v1", out)
    found, _ = await source_of(f"{registry.host}/team/fn:v1").manifest()
    assert found.digest == built.digest


async def test_an_upload_that_is_always_cut_is_told(registry, tmp_path, code, out):
    """The failure names the layer and how far it came; pushing again completes the image."""
    base = write_base(tmp_path / "large", size=2_000_000)
    built = await build(recipe(code, f"oci:{base.folder}"), out)
    async with breaking(registry.host, after=300_000, times=99) as host:
        with pytest.raises(Failure, match=r"broke off the upload of sha256:\w+ after \d+ of") as it:
            await pushed(built, f"{host}/team/fn:v1", out)
    assert "run it again" in it.value.remedy
    await pushed(built, f"{registry.host}/team/fn:v1", out)
    found, _ = await source_of(f"{registry.host}/team/fn:v1").manifest()
    assert found.digest == built.digest


async def test_an_image_that_is_not_there_is_named(registry):
    """A tag that does not exist ends with exit code 4."""
    with pytest.raises(Failure, match="has no image") as failure:
        await source_of(f"{registry.host}/asw/none:1").manifest()
    assert failure.value.code == 4


@pytest.mark.parametrize("kind", ["password", "refresh token"])
async def test_a_login_is_exchanged_for_tokens(guarded, built, out, tmp_path, kind):
    """As at GHCR and Docker Hub: a token for each repository, and no more than one asks for."""
    running, tokens = guarded
    log_in(tmp_path, running.host)
    if kind == "refresh token":
        config = {"auths": {running.host: {"identitytoken": REFRESH}}}
        (tmp_path / "docker" / "config.json").write_text(json.dumps(config))
    await pushed(built, f"{running.host}/team/fn:v1", out)
    assert tokens.granted == ["team/fn:pull", "team/fn:pull,push"]


async def test_whoever_may_only_pull_is_told_at_a_push(guarded, built, out):
    """Without a login a token for pulling comes all the same: the push says what is missing."""
    running, _ = guarded
    with pytest.raises(Failure, match="asks for a login") as failure:
        await pushed(built, f"{running.host}/team/fn:v1", out)
    assert failure.value.remedy == f"docker login {running.host}"
    with pytest.raises(Failure, match="has no image"):
        await source_of(f"{running.host}/team/fn:v1").manifest()


async def test_a_wrong_password_gets_no_token(guarded, built, out, tmp_path):
    """The server of tokens refuses it, and that is what is told."""
    running, _ = guarded
    log_in(tmp_path, running.host, "wrong-password")
    with pytest.raises(Failure, match="does not accept the login: 401"):
        await pushed(built, f"{running.host}/team/fn:v1", out)
