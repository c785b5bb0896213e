"""Names, archives and settings of images."""

import json
import tarfile

import pytest

from dev.cluster import bases
from dev.cluster.archives import ImageConfig, write_archive, write_layer
from dev.cluster.buildah import CERTIFICATES, pip_settings
from dev.cluster.containerd import parse_images
from dev.cluster.images import full_name
from dev.cluster.settings import Settings


@pytest.fixture(name="settings")
def _settings(tmp_path):
    return Settings(cache=tmp_path / "cache", state=tmp_path / "state")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("asw", "docker.io/library/asw:latest"),
        ("asw:dev", "docker.io/library/asw:dev"),
        ("me/asw:dev", "docker.io/me/asw:dev"),
        ("docker.io/asw", "docker.io/library/asw:latest"),
        ("docker.io/library/asw:dev", "docker.io/library/asw:dev"),
        ("localhost/asw", "localhost/asw:latest"),
        ("registry.test:5000/asw:1", "registry.test:5000/asw:1"),
        ("asw@sha256:00", "docker.io/library/asw@sha256:00"),
    ],
)
def test_full_name(name, expected):
    """Names are completed as Docker does it, since the kubelet looks for the complete name."""
    assert full_name(name) == expected


def test_base_images_have_full_names_and_own_archives(settings):
    """A base image is found by its complete name, and no two share an archive."""
    assert [full_name(name) for name in bases.MAKERS] == list(bases.MAKERS)
    assert len({bases.archive(name, settings) for name in bases.MAKERS}) == len(bases.MAKERS)


def _archive(folder, name):
    layer, archive = folder / "layer.tar", folder / name
    write_layer(layer, {"bin/tool": b"#!"}, links={"bin/other": "tool"}, folders=["tmp"])
    write_archive(archive, image="a:1", layer=layer, config=ImageConfig(command=["tool"]))
    return archive


def test_archives_of_equal_content_are_equal(tmp_path):
    """An image that is made again has the same id, so it is not loaded again."""
    assert _archive(tmp_path, "a.tar").read_bytes() == _archive(tmp_path, "b.tar").read_bytes()


def test_an_archive_names_its_image_and_layer(tmp_path):
    """The manifest leads to the configuration and to the layer."""
    with tarfile.open(_archive(tmp_path, "a.tar")) as archive:
        (entry,) = json.load(archive.extractfile("manifest.json"))
        config = json.load(archive.extractfile(entry["Config"]))
        assert entry["RepoTags"] == ["a:1"]
        assert config["config"]["Cmd"] == ["tool"]
        assert config["rootfs"]["diff_ids"] == [f"sha256:{entry['Layers'][0][:-4]}"]
        with tarfile.open(fileobj=archive.extractfile(entry["Layers"][0])) as layer:
            assert layer.getmember("bin/tool").mode == 0o755
            assert layer.getmember("bin/other").linkname == "tool"


def test_pip_settings_are_taken_over():
    """Index and timeout of the machine hold in the build; the environment wins over files."""
    configured = "global.index-url='https://index.test/simple'\nglobal.timeout='9'\n:env:.x='1'\n"
    lines = pip_settings({"PIP_TIMEOUT": "60", "HOME": "/root"}, configured).splitlines()
    assert lines[0] == "[global]"
    assert "index-url = https://index.test/simple" in lines
    assert "timeout = 60" in lines


def test_pip_settings_name_no_files_of_the_machine():
    """Certificates are at the image's own place, and local folders do not exist in it."""
    environment = {"PIP_CERT": "/here/ca.pem", "PIP_FIND_LINKS": "/wheels", "PIP_CACHE_DIR": "/c"}
    assert pip_settings(environment, "") == f"[global]\ncert = {CERTIFICATES}\n"


def test_images_of_the_node_are_read():
    """The table of ctr gives names and what they point at."""
    listing = (
        "REF TYPE DIGEST SIZE PLATFORMS LABELS\n"
        "docker.io/library/a:1 application/vnd.docker.x sha256:aa 1.4 MiB linux/amd64 l=m\n"
        "sha256:bb application/vnd.docker.x sha256:aa 1.4 MiB linux/amd64 l=m\n"
        "\n"
    )
    assert parse_images(listing) == {"docker.io/library/a:1": "sha256:aa", "sha256:bb": "sha256:aa"}
