"""What `make publish` refuses before it begins, and how it calls things."""

from dataclasses import replace

import pytest

from asw.images.platforms import PLATFORMS, Platform
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
        registry="registry.example/asw",
        tag="7",
        key=key,
        chosen=IMAGES,
        platforms=[platform],
        bases={},
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


def test_each_image_gets_its_own_bases():
    """Python 3.13 is another base than 3.11, whichever argument of a Dockerfile names it."""
    named = {image.name.rpartition("/")[2]: image.bases() for image in IMAGES}
    assert named["python3"] == {"PYTHON_IMAGE": bases.PYTHON}
    assert named["python3.13"] == {"PYTHON_IMAGE": bases.PYTHON_313}
    assert named["nodejs"] == {"PYTHON_IMAGE": bases.PYTHON, "NODE_IMAGE": bases.NODE}


def test_a_release_that_pins_every_base_is_accepted(order):
    """Nothing else is needed, for another platform than this machine's neither."""
    names = ("NODE_IMAGE", "PYTHON313_IMAGE", "PYTHON_IMAGE")
    pins = {name: f"registry.example/{name.lower()}@sha256:00" for name in names}
    publish.check(replace(order, bases=pins, platforms=[Platform(name) for name in PLATFORMS]))


def test_a_release_pins_every_base(order):
    """A base that was forgotten would be taken by its tag, which may move."""
    with pytest.raises(StepError) as failure:
        publish.check(replace(order, bases={"PYTHON_IMAGE": "python@sha256:00"}))
    assert "NODE_IMAGE, PYTHON313_IMAGE, PYTHON_IMAGE" in failure.value.remedy


def test_every_base_can_be_made_for_each_platform():
    """What a Dockerfile of ours builds upon is made here for this machine and for others."""
    for image in IMAGES:
        for name in PLATFORMS:
            for base in image.bases().values():
                assert bases.for_architecture(base, Platform(name).architecture) in bases.MAKERS


def test_bases_of_other_machines_have_names_of_their_own():
    """As on Docker Hub, so that one storage can hold both."""
    own = archives.architecture()
    assert bases.for_architecture(bases.PYTHON, own) == bases.PYTHON
    if own == "amd64":
        arm = bases.for_architecture(bases.PYTHON, "arm64")
        assert arm == "docker.io/arm64v8/python:3.11-slim"
