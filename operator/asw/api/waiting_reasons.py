"""Why a container does not start, in the kubelet's words, and for how long that is borne. Pure.

Kubernetes says so in ``state.waiting`` of a container, as ``reason`` and ``message``.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

IMAGE_PULL_GRACE: Final = timedelta(minutes=1)
"""With an image that cannot be pulled: registries hiccup, but typing errors stay."""
CONTAINER_GRACE: Final = timedelta(seconds=20)
"""With a container that cannot be created: its Secret may come with the next apply."""
NO_IMAGE: Final = frozenset({"InvalidImageName", "ErrImageNeverPull"})
"""Reasons that do not pass by waiting."""
PULL_TROUBLE: Final = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "RegistryUnavailable",
        "ImageInspectError",
        "SignatureValidationFailed",
    }
)
CONTAINER_TROUBLE: Final = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "CreatePodSandboxError",
        "StartError",
    }
)
PASSING: Final = frozenset({"", "ContainerCreating", "PodInitializing"})
"""Reasons of what comes by itself in a moment."""
_KUBELET_IS_LATE: Final = ("failed to sync configmap cache", "failed to sync secret cache")
"""How the kubelet begins when it has not read an object in time; it asks again by itself."""


def passes(waiting: Mapping[str, Any]) -> bool:
    """Whether the container waits for what comes by itself in a moment."""
    is_late = waiting.get("message", "").startswith(_KUBELET_IS_LATE)
    return is_late or waiting.get("reason", "") in PASSING


def grace_of(
    waiting: Mapping[str, Any],
    image_pull: timedelta = IMAGE_PULL_GRACE,
    container: timedelta = CONTAINER_GRACE,
) -> timedelta | None:
    """How long after its pod was made the container may wait so; None if as long as it likes."""
    reason = waiting.get("reason", "")
    if passes(waiting):
        return None
    if reason in NO_IMAGE:
        return timedelta()
    if reason in PULL_TROUBLE:
        return image_pull
    return container if reason in CONTAINER_TROUBLE else None
