"""Names of images, and whose logins are used for them."""

import base64
import json

import pytest

from asw.failures import Failure
from asw.images.credentials import login_for
from asw.images.names import image_name
from asw.images.registry import is_loopback

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("text", "whole", "reference"),
    [
        ("python", "docker.io/library/python", "latest"),
        ("asw/python3:0.1.0", "docker.io/asw/python3:0.1.0", "0.1.0"),
        ("localhost/fn", "localhost/fn", "latest"),
        ("127.0.0.1:5000/team/fn:v1", "127.0.0.1:5000/team/fn:v1", "v1"),
        (f"ghcr.io/team/fn:v1@{DIGEST}", f"ghcr.io/team/fn:v1@{DIGEST}", DIGEST),
    ],
)
def test_names_are_completed_as_docker_does(text, whole, reference):
    """A name without a registry is Docker Hub's; a digest goes before a tag."""
    assert str(image_name(text)) == whole
    assert image_name(text).reference == reference


@pytest.mark.parametrize("text", ["", "UPPER/case", "a.b/c:", "a.b/c@sha256:1", "https://a.b/c"])
def test_other_texts_are_refused(text):
    """What is no name of an image is told, with what one looks like."""
    with pytest.raises(Failure, match="not the name of an image"):
        image_name(text)


@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        ("localhost:5000", True),
        ("127.0.0.1", True),
        ("[::1]:5000", True),
        ("127.0.0.1.example.com", False),
        ("registry.example", False),
    ],
)
def test_only_this_machine_is_spoken_to_in_the_clear(registry, expected):
    """Loopback addresses are this machine; names that look like them are not."""
    assert is_loopback(registry) is expected


def pair(user, password):
    """As docker login encodes it."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def config(tmp_path):
    """Writes config.json; returns the environment that names it."""

    def write(content):
        (tmp_path / "config.json").write_text(json.dumps(content))
        return {"DOCKER_CONFIG": str(tmp_path)}

    return write


def test_no_file_means_no_login(tmp_path):
    """Public registries need none."""
    assert login_for("ghcr.io", {"DOCKER_CONFIG": str(tmp_path)}) is None


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("ghcr.io", "ghcr.io"),
        ("https://registry.example/v2/", "registry.example"),
        ("https://index.docker.io/v1/", "docker.io"),
    ],
)
def test_logins_are_found_by_host(config, key, registry):
    """Older tools write addresses as keys; Docker Hub has a key of its own."""
    login = login_for(registry, config({"auths": {key: {"auth": pair("ada", "a:b")}}}))
    assert login is not None
    assert (login.user, login.password) == ("ada", "a:b")
    assert "a:b" not in repr(login)


def test_a_login_of_another_registry_is_not_used(config):
    """A login is sent to its own registry only, down to the port."""
    environment = config({"auths": {"registry.example:5000": {"auth": pair("ada", "x")}}})
    assert login_for("registry.example", environment) is None


def test_a_token_stands_instead_of_a_password(config):
    """Registries with single sign-on leave a token that is exchanged."""
    login = login_for("ghcr.io", config({"auths": {"ghcr.io": {"identitytoken": "t"}}}))
    assert login is not None
    assert login.refresh_token == "t"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"auths": {"ghcr.io": {"auth": "no base64!"}}}, "not base64"),
        ({"credsStore": "that-is-not-there"}, "docker-credential-that-is-not-there: No such file"),
    ],
)
def test_a_login_that_cannot_be_read_is_told(config, content, expected):
    """A broken entry or a missing helper is an error, not a push without login."""
    with pytest.raises(Failure, match=expected) as failure:
        login_for("ghcr.io", config(content))
    assert "docker login" in failure.value.remedy
