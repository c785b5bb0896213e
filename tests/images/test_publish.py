"""`make publish` as its verb runs it: built for two processors, pushed, described and signed."""

import asyncio
import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from asw.images.bases import find_base, source_of
from asw.images.layout import Layout
from asw.images.platforms import PLATFORMS, Platform
from dev.cluster import binaries, kind
from dev.cluster.settings import Settings
from dev.images import ROOT
from tests.support.cluster import require

pytestmark = pytest.mark.skipif(
    not binaries.folder(binaries.COSIGN, Settings.from_environment()).is_dir()
    or not binaries.folder(binaries.SYFT, Settings.from_environment()).is_dir(),
    reason="cosign and syft are built by the first `make publish`, in a quarter of an hour",
)


@pytest.fixture
def cosign(tmp_path, monkeypatch):
    """Runs cosign in a folder with a pair of keys."""
    monkeypatch.setenv("COSIGN_PASSWORD", "of-tests")
    program = binaries.program(binaries.COSIGN, "cosign", Settings.from_environment())

    def run(*words: str) -> str:
        done = subprocess.run(
            [program, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("generate-key-pair")
    return run


async def _published(name: str, folder: Path) -> tuple[str, dict[str, str]]:
    """The digest of an image, and that for each architecture; each can be built upon."""
    source = source_of(name)
    top, body = await source.manifest()
    for platform in map(Platform, PLATFORMS):
        base = await find_base(source, platform, Layout(folder))
        assert base.config["architecture"] == platform.architecture
    manifests = json.loads(body)["manifests"]
    return top.digest, {it["platform"]["architecture"]: it["digest"] for it in manifests}


def test_an_image_is_published_for_both_processors(registry, cosign, tmp_path):
    """One name stands for both, signed with the key; a signed document for each says what is in it.

    Functions can be built upon what was published.
    """
    require(not kind.is_usable(), "builder of its own")
    place = f"{registry.host}/asw"
    words = [place, "--tag", "7", "--key", str(tmp_path / "cosign.key"), "--image", "shell"]
    command = [sys.executable, "-m", "dev.publish", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    whole, each = asyncio.run(_published(f"{place}/shell:7", tmp_path / "layout"))
    assert {f"linux/{architecture}" for architecture in each} == set(PLATFORMS)
    with_key = ("--key", "cosign.pub", "--insecure-ignore-tlog=true")
    assert whole in cosign("verify", *with_key, f"{place}/shell@{whole}")
    for architecture, digest in each.items():
        name = f"{place}/shell@{digest}"
        told = cosign("verify-attestation", *with_key, "--type=cyclonedx", name)
        statement = json.loads(base64.b64decode(json.loads(told)["payload"]))
        listed = {it["purl"] for it in statement["predicate"]["components"] if "purl" in it}
        for package in ("libc6", "python3", "curl", "jq"):
            marks = (f"pkg:deb/debian/{package}@", f"arch={architecture}")
            assert any(all(it in purl for it in marks) for purl in listed), package
