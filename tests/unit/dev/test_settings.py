"""Where the cluster keeps its files."""

from pathlib import Path

import pytest

from dev.cluster.settings import Settings


@pytest.mark.parametrize(
    ("environment", "cache", "state"),
    [
        pytest.param(
            {"HOME": "/home/ada"},
            "/home/ada/.cache/asw-dev",
            "/home/ada/.local/state/asw-dev",
            id="defaults below the home folder",
        ),
        pytest.param(
            {"HOME": "/home/ada", "XDG_CACHE_HOME": "/big", "XDG_STATE_HOME": "/fast"},
            "/big/asw-dev",
            "/fast/asw-dev",
            id="the XDG variables win",
        ),
        pytest.param(
            {"HOME": "/home/ada", "XDG_CACHE_HOME": "relative", "XDG_STATE_HOME": ""},
            "/home/ada/.cache/asw-dev",
            "/home/ada/.local/state/asw-dev",
            id="relative and empty values are ignored",
        ),
    ],
)
def test_folders(environment, cache, state):
    """The folders follow the XDG rules."""
    settings = Settings.from_environment(environment)
    assert (settings.cache, settings.state) == (Path(cache), Path(state))


def test_what_outlives_the_cluster_is_not_in_its_state():
    """Lock, base images and the note about the machine stay when the state is deleted."""
    settings = Settings(cache=Path("/cache"), state=Path("/state"))
    for path in (settings.lock, settings.images, settings.before):
        assert path.is_relative_to("/cache")
    for path in (settings.kubeconfig, settings.pids, settings.certificates, settings.containerd):
        assert path.is_relative_to("/state")
