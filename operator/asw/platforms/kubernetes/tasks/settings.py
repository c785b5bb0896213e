"""Settings of the platform on Kubernetes, each with the reason for its default."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from asw import __version__
from asw.api.function_policy import DEFAULT_POLICY, FunctionPolicy
from asw.api.packages import PackageIndex
from asw.api.pods import Resources
from asw.api.waiting_reasons import CONTAINER_GRACE, IMAGE_PULL_GRACE

DEFAULT_IMAGES: Mapping[str, str] = {
    "python3": f"docker.io/asw/python3:{__version__}",
    "python3.11": f"docker.io/asw/python3:{__version__}",
    "python3.13": f"docker.io/asw/python3.13:{__version__}",
    "nodejs": f"docker.io/asw/nodejs:{__version__}",
    "shell": f"docker.io/asw/shell:{__version__}",
}


DEFAULT_RESOURCES = Resources(
    requests={"cpu": "10m", "memory": "32Mi", "ephemeral-storage": "16Mi"},
    limits={"memory": "512Mi", "ephemeral-storage": "1Gi"},
)
"""Of a task whose Function and Workflow say nothing. The requests are what our runtimes need, so
that many small tasks fit on a node; the limits keep one task from taking it all. No limit on cpu:
it would throttle the start of every interpreter, which is most of what a small task does."""


NO_INDEX = PackageIndex()
_ARCHITECTURES: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64"}
"""Kubernetes' names of what the kernel calls otherwise."""


def this_architecture() -> str:
    """That of the operator's own node, as Kubernetes names it."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


DELETIONS_PER_SECOND = 0
"""No bound: how soon the API server answers is one that fits every cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """How long a task may be held up, and by what, before it counts as failed."""

    start_timeout: timedelta = timedelta(minutes=10)
    """Without a pod, or with one that no node accepts (quota, unschedulable), where neither
    Function nor Workflow says otherwise; not while Kueue or an autoscaler is at work."""
    scale_up: timedelta = timedelta(minutes=15)
    """After an autoscaler's last word about a pod: so long it counts as at work (as for the
    cluster autoscaler, max-node-provision-time)."""
    image_pull_grace: timedelta = IMAGE_PULL_GRACE
    container_grace: timedelta = CONTAINER_GRACE
    node_lost_after: timedelta = timedelta(minutes=5)
    """With a pod that is being deleted but does not end, because its node does not answer."""
    timeout_grace: timedelta = timedelta(seconds=10)
    """Past its Function's timeout: our runtimes end themselves, other images must be ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultServer:
    """How task pods reach the result server; ``url`` holds an address, ``name`` is certified."""

    url: str
    name: str
    ca: str


MOST_CALLS = 512
"""Of a connector's pod at a time: slots of one process, which ask in turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSettings:
    """The pods that make calls of services."""

    image: str = f"docker.io/asw/connector:{__version__}"
    slots: int = MOST_CALLS
    """Calls that a pod makes at a time: they mostly wait. 500 of them take 70 MiB."""
    idle_seconds: int = 900
    """Without a call for so long, a Connection has no pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSettings:
    """What all Jobs have in common."""

    images: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_IMAGES))
    """The image of each of our runtimes."""
    pull_policy: str = "IfNotPresent"
    """The pull policy of these images."""
    resources: Resources = DEFAULT_RESOURCES
    """Compute resources of a task, each where neither its Function, nor its Workflow, nor a
    LimitRange of its namespace speaks of it."""
    result_server: ResultServer | None = None
    """None: no push; results arrive at the kubelet's pace and hold 4 KiB."""
    has_policies: bool = False
    """Whether admission policies hold the names of those who answer approvals."""
    result_wait: timedelta = timedelta(minutes=10)
    """How long a task tries to deliver a large outcome."""
    spans: Spans = field(default_factory=Spans)
    """Patience with tasks that do not start or end."""
    connector: ConnectorSettings = field(default_factory=ConnectorSettings)
    """Who makes calls of services."""
    policy: FunctionPolicy = DEFAULT_POLICY
    """What Functions and task templates may ask for."""
    package_index: PackageIndex = NO_INDEX
    """Where packages of Functions are installed from."""
    trace_ratio: float = 0.0
    """The share of traces that is delivered; with 0 tasks are told of none."""
    architecture: str = this_architecture()
    """Of nodes: what packages are installed for unless their Function selects other nodes."""
    function_wait: timedelta = timedelta(minutes=5)
    """How long an Execution's tasks wait, from its creation, for Functions to exist and be ready;
    and how long a Workflow or Function waits, once it shows, for what it names."""
