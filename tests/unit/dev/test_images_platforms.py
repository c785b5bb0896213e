"""For which platforms `make image` builds."""

import pytest

from asw.images.platforms import PLATFORMS
from dev import images
from dev.cluster import archives


def test_by_itself_it_builds_for_this_machine():
    """The local cluster runs no other."""
    assert images.chosen([]) == [archives.architecture()]


def test_others_are_built_when_they_are_named():
    """All that asw itself builds images for."""
    assert images.chosen(["--platforms", "linux/amd64,linux/arm64"]) == ["amd64", "arm64"]
    assert tuple(PLATFORMS) == images.PLATFORMS


def test_an_unknown_platform_is_refused_with_those_that_are_known(capsys):
    """Before anything is built."""
    with pytest.raises(SystemExit):
        images.chosen(["--platforms", "linux/mips"])
    assert "known are linux/amd64, linux/arm64" in capsys.readouterr().err
