"""The claim of a namespace's packages, and the Job that installs an environment into it. Pure.

The Job runs in the Function's namespace, at the tenant's cost and with the tenant's rights: no
token of an account, nothing of the operator's. Nothing of a package runs in it either.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from asw.api.function import Function
from asw.api.names import KIND_PACKAGES, LABEL_KIND
from asw.api.packages import PackageIndex
from asw.api.workflow import TaskTemplate
from asw.platforms.kubernetes.packages.environment import NODEJS, Environment
from asw.platforms.kubernetes.tasks.pods import (
    RESTRICTED,
    RESULT_FILE,
    USER,
    literal,
    plain,
)
from asw.platforms.kubernetes.tasks.settings import TaskSettings

CONTAINER: Final = "install"
PROGRAM: Final = "/opt/asw/asw_runtime/installing.py"
"""In the images of our runtimes for Python."""
PROGRAM_NODEJS: Final = "/opt/asw/python3/asw_runtime/installing.py"
"""In the image of runtime nodejs, which has Python for the parent of its warm pods."""
ROOT: Final = "/packages"
NETRC: Final = "/run/asw/index"
WRONG_LOCK: Final = 3
"""The program's status when no further try helps."""
TRIES: Final = 3
LABELS: Final[Mapping[str, str]] = {LABEL_KIND: KIND_PACKAGES}
SELECTOR: Final = f"{LABEL_KIND}={KIND_PACKAGES}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What an install Job depends on.

    ``kept`` names the environments of the namespace that are in use; ``claim_uid`` the claim.
    """

    environment: Environment
    function: Function
    """With its lock."""
    settings: TaskSettings
    kept: Collection[str]
    claim_uid: str
    defaults: TaskTemplate
    """The TaskDefaults of the namespace."""

    @property
    def index(self) -> PackageIndex:
        """Where packages come from."""
        return self.settings.package_index


def claim(index: PackageIndex) -> dict[str, Any]:
    """The claim. It has no owner: it stays until somebody of the namespace deletes it."""
    volume = index.volume
    spec: dict[str, Any] = {
        "accessModes": list(volume.access_modes),
        "resources": {"requests": {"storage": volume.size}},
    }
    if volume.storage_class_name is not None:
        spec["storageClassName"] = volume.storage_class_name
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": volume.claim_name, "labels": dict(LABELS)},
        "spec": spec,
    }


def install_job(installation: Installation) -> dict[str, Any]:
    """The Job. It goes with the claim, because without that it says nothing any more.

    It has no time to live: a Job that succeeded says that its environment is there.
    """
    environment, index = installation.environment, installation.index
    owner = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "name": environment.claim,
        "uid": installation.claim_uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
    no_use = {"containerName": CONTAINER, "operator": "In", "values": [WRONG_LOCK]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": environment.job,
            "labels": dict(LABELS),
            "ownerReferences": [owner],
        },
        "spec": {
            "backoffLimit": TRIES - 1,
            "activeDeadlineSeconds": index.timeout_seconds,
            "podFailurePolicy": {"rules": [{"action": "FailJob", "onExitCodes": no_use}]},
            "template": {
                "metadata": {"labels": dict(LABELS)},
                "spec": _pod(installation),
            },
        },
    }


def _pod(installation: Installation) -> dict[str, Any]:
    function, environment = installation.function.spec, installation.environment
    defaults = installation.defaults
    source = {"persistentVolumeClaim": {"claimName": environment.claim}}
    volumes: list[dict[str, Any]] = [{"name": "asw-packages", **source}]
    if (secret := installation.index.secret_name) is not None:
        shown = {"secretName": secret, "optional": True, "defaultMode": 0o440}
        volumes.append({"name": "asw-index", "secret": shown})
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "nodeSelector": {
            **defaults.node_selector,
            **function.node_selector,
            **environment.installed.node_selector,
        },
        "securityContext": {"fsGroup": USER, "fsGroupChangePolicy": "OnRootMismatch"},
        "containers": [_container(installation)],
        "volumes": volumes,
    }
    lists = {
        "tolerations": plain([*defaults.tolerations, *function.tolerations]),
        "imagePullSecrets": plain([*defaults.image_pull_secrets, *function.image_pull_secrets]),
    }
    return {**spec, **{field: items for field, items in lists.items() if items}}


def _container(installation: Installation) -> dict[str, Any]:
    settings, index = installation.settings, installation.index
    function = installation.function.spec
    assert function.packages is not None
    is_nodejs = installation.environment.language == NODEJS
    mounts: list[dict[str, Any]] = [{"name": "asw-packages", "mountPath": ROOT}]
    variables = {
        "ASW_ENVIRONMENT": installation.environment.name,
        "ASW_INSTALLER": "npm" if is_nodejs else "pip",
        "ASW_LOCK": function.packages.installed if is_nodejs else function.packages.lock,
        "ASW_INDEX_URL": index.npm_url if is_nodejs else index.url,
        "ASW_KEPT": " ".join(sorted({installation.environment.name, *installation.kept})),
        "ASW_RETENTION_SECONDS": str(index.retention_seconds),
    }
    if index.ca:
        variables["ASW_INDEX_CA"] = index.ca
    if index.secret_name is not None:
        mounts.append({"name": "asw-index", "mountPath": NETRC, "readOnly": True})
        variables["NETRC"] = f"{NETRC}/netrc"
    return {
        "name": CONTAINER,
        "image": settings.images[function.runtime],
        "imagePullPolicy": settings.pull_policy,
        "command": ["python3", "-P", PROGRAM_NODEJS if is_nodejs else PROGRAM],
        "env": literal(variables),
        "resources": plain(index.resources),
        "securityContext": {**RESTRICTED, "readOnlyRootFilesystem": True},
        "terminationMessagePath": RESULT_FILE,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
    }
