"""What `make publish` refuses before it begins, and how it calls things."""

from dataclasses import replace

import pytest

from asw.images.platforms import Platform
from dev import publish
from dev.cluster import archives, bases
from dev.cluster.errors import StepError
from dev.images import IMAGES


@pytest.fixture
def order(tmp_path):
    """An order for this machine's own platform."""
    key = tmp_path / "cosign.key"
    key.write_text("a key")
    platform = Platform(f"linux/{archives.architecture()}")
    return publish.Order(
        registry="registry.example/asw", tag="7", key=key, platforms=[platform], bases={}
    )


def test_images_lie_side_by_side(order):
    """The chart's image.registry is what they are published to."""
    names = [str(order.name(image)) for image in IMAGES]
    assert names[0] == "registry.example/asw/operator:7"
    assert len(set(names)) == len(IMAGES)


def test_nothing_is_published_unsigned(order, tmp_path):
    """Without a key nothing is built; the failure says how to make one."""
    with pytest.raises(StepError) as failure:
        publish.check(replace(order, key=tmp_path / "none"))
    assert "cosign generate-key-pair" in failure.value.remedy


def test_each_image_gets_its_own_base(order):
    """Python 3.13 is another base than 3.11, made here or pinned by a release."""
    (platform,) = order.platforms
    newer = next(image for image in IMAGES if image.name.endswith("python3.13"))
    made = publish.build_arguments(newer, platform, order)
    assert made == {"PYTHON_IMAGE": bases.PYTHON_313, "PYTHON": "3.13"}
    pins = {image.pin: f"registry.example/{image.pin.lower()}@sha256:00" for image in IMAGES}
    pinned = replace(order, bases=pins)
    publish.check(pinned)
    for image in IMAGES:
        assert pins[image.pin] in publish.build_arguments(image, platform, pinned).values()


def test_a_release_pins_every_base(order):
    """A base that was forgotten would be taken by its tag, which may move."""
    with pytest.raises(StepError) as failure:
        publish.check(replace(order, bases={"PYTHON_IMAGE": "python@sha256:00"}))
    assert "NODE_IMAGE, PYTHON313_IMAGE, PYTHON_IMAGE" in failure.value.remedy


def test_a_foreign_platform_needs_an_emulator(order, tmp_path):
    """A machine that cannot run the steps of a build says so before the first one."""
    foreign = {"amd64": "linux/arm64", "arm64": "linux/amd64"}[archives.architecture()]
    both = replace(order, platforms=[*order.platforms, Platform(foreign)])
    with pytest.raises(StepError, match=f"runs no programs of {foreign}") as failure:
        publish.check(both, emulator=tmp_path / "none")
    assert "qemu-user-static" in failure.value.remedy
    publish.check(order, emulator=tmp_path / "none")


def test_bases_of_other_machines_have_names_of_their_own():
    """As on Docker Hub, so that one storage can hold both."""
    own = archives.architecture()
    assert bases.for_architecture(bases.PYTHON, own) == bases.PYTHON
    if own == "amd64":
        assert bases.for_architecture(bases.PYTHON, "arm64") == bases.ARM_PYTHON
