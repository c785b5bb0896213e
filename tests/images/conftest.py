"""Registries and bases."""

from pathlib import Path

import pytest

from tests.support.layouts import write_base
from tests.support.registries import running_registry, with_passwords


@pytest.fixture(autouse=True)
def _no_logins(tmp_path, monkeypatch):
    """No login of whoever runs the tests is used."""
    folder = tmp_path / "docker"
    folder.mkdir()
    (folder / "config.json").write_text("{}")  # buildah minds a folder without
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))


@pytest.fixture
def registry(tmp_path):
    """A registry that asks nobody for a login."""
    (tmp_path / "registry").mkdir()
    with running_registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def locked_registry(tmp_path):
    """A registry that asks for a user and a password."""
    folder = tmp_path / "locked"
    folder.mkdir()
    with running_registry(folder, with_passwords(folder)) as running:
        yield running


@pytest.fixture
def base(tmp_path) -> Path:
    """The folder of a base's layout."""
    return write_base(tmp_path / "base").folder
