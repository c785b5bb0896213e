"""How long a container may wait, by the reason that the kubelet gives."""

from datetime import timedelta

import pytest

from asw.api.waiting_reasons import CONTAINER_GRACE, IMAGE_PULL_GRACE, grace_of


@pytest.mark.parametrize(
    ("reason", "message", "grace"),
    [
        ("ContainerCreating", "", None),
        ("CrashLoopBackOff", "", None),
        ("CreateContainerConfigError", "failed to sync secret cache: timed out", None),
        ("CreateContainerConfigError", 'secret "x" not found', CONTAINER_GRACE),
        ("ImagePullBackOff", "", IMAGE_PULL_GRACE),
        ("InvalidImageName", "", timedelta()),
    ],
)
def test_how_long_it_is_borne(reason, message, grace):
    """What passes by itself is borne for ever, a typing error not at all, others for a while."""
    assert grace_of({"reason": reason, "message": message}) == grace
