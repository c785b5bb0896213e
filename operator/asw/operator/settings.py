"""The operator's settings, from the environment; the chart's values under other names."""

import math
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from asw.api.arns import Location
from asw.api.function_policy import DEFAULT_POLICY, FunctionPolicy
from asw.api.packages import PackageIndex
from asw.api.pods import Resources
from asw.api.retention import ARCHIVED_RETENTION, DEFAULT_RETENTION, FIELD_OF
from asw.api.warm import LONGEST_IDLE
from asw.api.workflow import OutcomeRetention, Retention
from asw.operator.logs import FORMATS
from asw.platforms.kubernetes.notices.book import Level
from asw.platforms.kubernetes.tasks.settings import (
    DEFAULT_IMAGES,
    DEFAULT_RESOURCES,
    DELETIONS_PER_SECOND,
    MOST_CALLS,
    NO_INDEX,
    ConnectorSettings,
    Spans,
)
from asw.reconciler.scheduler import Limits

DEFAULT_LIMITS = Limits(active=500, starts_per_second=50, burst=100, is_paced=True)
"""What the control plane of a small cluster bears: each active task is a Job and a pod for the
scheduler, the Job controller and etcd. What the nodes bear is learned (``pacing``)."""
_Model = TypeVar("_Model", bound=BaseModel)
NO_BOUND = "none"
"""The word of a variable for no bound, since an empty one means the default."""
COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"
COLLECTORS = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", COLLECTOR)
TRACE_COLLECTOR = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
EVENT_LEVELS = tuple(it.value for it in Level)
LOG_LEVELS = ("debug", "info", "warning", "error")


class InvalidSettings(ValueError):
    """An environment variable has a value that makes no sense; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultServerSettings:
    """Where the result server listens and how tasks reach it."""

    is_enabled: bool = True
    port: int = 8443
    service: str | None = None
    """Service in the operator's namespace; tasks get its cluster address."""
    url: str | None = None
    """Address for tasks if there is no Service: for an operator outside the cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetrySettings:
    """Where the lines go that Workflows ask for (``spec.logging``), and traces.

    The collector's address and credentials stay in the variables of OpenTelemetry, which its
    exporter reads itself.
    """

    writes_lines: bool = True
    """Whether to standard output."""
    has_collector: bool = False
    """Whether to a collector, by OTLP over HTTP."""
    trace_ratio: float = 0.0
    """The share of traces that a collector gets, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSettings:
    """All settings of the operator."""

    watch_namespaces: tuple[str, ...] = ()
    """The namespaces to watch; empty: all."""
    namespace: str = "default"
    """The operator's own namespace, with keys and Lease."""
    identity: str = field(default_factory=lambda: f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}")
    address: str | None = None
    """The address of this process, for other replicas and the certificate."""
    lease_name: str = "asw-operator"
    images: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_IMAGES))
    image_pull_policy: str = "IfNotPresent"
    result_server: ResultServerSettings = field(default_factory=ResultServerSettings)
    result_wait: timedelta = timedelta(minutes=10)
    spans: Spans = field(default_factory=Spans)
    workflow_wait: timedelta = timedelta(minutes=5)
    task_limits: Limits = field(default_factory=lambda: DEFAULT_LIMITS)
    task_resources: Resources = DEFAULT_RESOURCES
    has_policies: bool = False
    """Whether the chart's admission policies are there: without them answers prove nothing."""
    propagates: tuple[str, ...] = ()
    """Prefixes of labels and annotations that Jobs and pods take from their Execution."""
    evaluation_workers: int = 2
    """Processes that evaluate costly expressions and read long definitions."""
    retention: Retention = DEFAULT_RETENTION
    """Retention of Executions whose Workflow says nothing."""
    deletions_per_second: int = DELETIONS_PER_SECOND
    archive_url: str | None = field(default=None, repr=False)
    """The database that keeps what retention deletes, as SQLAlchemy names it; a password in it."""
    connector: ConnectorSettings = field(default_factory=ConnectorSettings)
    """Who makes calls of services."""
    function_policy: FunctionPolicy = DEFAULT_POLICY
    """What Functions and task templates may ask for."""
    package_index: PackageIndex = NO_INDEX
    """Where packages of Functions are installed from."""
    location: Location = field(default_factory=Location)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    """Where lines about Executions go, and their traces."""
    events: Level = Level.WARNING
    """Which Kubernetes Events are written."""
    log_level: str = "info"
    log_format: str = "text"
    health_port: int = 8080
    scratch: Path | None = None
    """A folder that outlives this process, for marks of what it works on."""

    @property
    def installation(self) -> str:
        """What identifies the installation to all of its replicas: its Lease."""
        return f"{self.namespace}/{self.lease_name}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings in these variables. Raises InvalidSettings."""
        read = _Reader(environment)
        return cls(
            watch_namespaces=read.words("ASW_WATCH_NAMESPACES"),
            namespace=read.text("POD_NAMESPACE", "default"),
            identity=read.text("POD_NAME", "") or cls().identity,
            address=read.text("POD_IP", "") or None,
            lease_name=read.text("ASW_LEASE_NAME", "asw-operator"),
            images={
                runtime: read.text(f"ASW_FUNCTION_IMAGE_{_as_variable(runtime)}", image)
                for runtime, image in DEFAULT_IMAGES.items()
            },
            image_pull_policy=read.text("ASW_FUNCTION_IMAGE_PULL_POLICY", "IfNotPresent"),
            result_server=ResultServerSettings(
                is_enabled=read.flag("ASW_RESULT_SERVER_ENABLED", default=True),
                port=read.port("ASW_RESULT_SERVER_PORT", 8443),
                service=read.text("ASW_RESULT_SERVICE", "") or None,
                url=read.text("ASW_RESULT_SERVER_URL", "").rstrip("/") or None,
            ),
            result_wait=read.seconds("ASW_RESULT_WAIT_SECONDS", 600),
            spans=Spans(
                start_timeout=read.seconds("ASW_START_TIMEOUT_SECONDS", 600),
                image_pull_grace=read.seconds("ASW_IMAGE_PULL_GRACE_SECONDS", 60),
                node_lost_after=read.seconds("ASW_NODE_LOST_AFTER_SECONDS", 300),
            ),
            has_policies=read.flag("ASW_ADMISSION_POLICY_ENABLED", default=False),
            workflow_wait=read.seconds("ASW_WORKFLOW_WAIT_SECONDS", 300),
            task_limits=read.limits(),
            task_resources=read.model("ASW_TASK_RESOURCES", DEFAULT_RESOURCES),
            propagates=read.words("ASW_TASKS_PROPAGATED_PREFIXES"),
            evaluation_workers=read.positive("ASW_EVALUATION_WORKERS", 2),
            retention=read.retention(),
            deletions_per_second=read.number(
                "ASW_RETENTION_DELETIONS_PER_SECOND", DELETIONS_PER_SECOND
            ),
            archive_url=read.text("ASW_ARCHIVE_URL", "") or None,
            connector=read.connector(),
            function_policy=read.model("ASW_FUNCTION_POLICY", DEFAULT_POLICY),
            package_index=read.model("ASW_PACKAGE_INDEX", NO_INDEX),
            location=read.location(),
            telemetry=read.telemetry(),
            events=Level(read.choice("ASW_EVENTS_LEVEL", EVENT_LEVELS, Level.WARNING.value)),
            log_level=read.choice("ASW_LOG_LEVEL", LOG_LEVELS, "info"),
            log_format=read.choice("ASW_LOG_FORMAT", FORMATS, "text"),
            health_port=read.port("ASW_HEALTH_PORT", 8080),
            scratch=read.folder("ASW_SCRATCH"),
        )


class _Reader:
    """Reads one variable at a time; unset and empty mean the default."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str, default: str) -> str:
        return self._environment.get(name, "").strip() or default

    def folder(self, name: str) -> Path | None:
        text = self.text(name, "")
        return Path(text) if text else None

    def words(self, name: str) -> tuple[str, ...]:
        parts = self.text(name, "").split(",")
        return tuple(part.strip() for part in parts if part.strip())

    def number(self, name: str, default: int) -> int:
        text = self.text(name, str(default))
        if not text.isascii() or not text.isdigit():
            raise InvalidSettings(f"{name}={text!r}: expected a whole number")
        return int(text)

    def port(self, name: str, default: int) -> int:
        number = self.number(name, default)
        if number > 65_535:
            raise InvalidSettings(f"{name}='{number}': expected a port, at most 65535")
        return number

    def positive(self, name: str, default: int) -> int:
        number = self.number(name, default)
        if number == 0:
            raise InvalidSettings(f"{name}='0': expected 1 or more")
        return number

    def location(self) -> Location:
        region = self.text("ASW_REGION", "us-east-1")
        return Location(region=region, account=self.text("ASW_ACCOUNT_ID", "123456789012"))

    def telemetry(self) -> TelemetrySettings:
        """OpenTelemetry's own variables say where a collector is, and whether it gets lines."""
        exporters = self.words("OTEL_LOGS_EXPORTER") or ("otlp",)
        return TelemetrySettings(
            writes_lines=self.flag("ASW_LOG_LINES_ENABLED", default=True),
            has_collector=self.collector(*COLLECTORS) is not None and "otlp" in exporters,
            trace_ratio=self.trace_ratio(),
        )

    def collector(self, *names: str) -> str | None:
        """The first of these variables that names one."""
        name = next((it for it in names if self.text(it, "")), None)
        if name is not None and urlsplit(self.text(name, "")).scheme not in ("http", "https"):
            raise InvalidSettings(f"{name}: expected a URL that begins with http:// or https://")
        return name

    def trace_ratio(self) -> float:
        """All traces if they have an address of their own, and none else, unless it is said."""
        name, exporters = "ASW_TRACES_RATIO", self.words("OTEL_TRACES_EXPORTER") or ("otlp",)
        collector = self.collector(TRACE_COLLECTOR, COLLECTOR)
        text = self.text(name, "1" if collector == TRACE_COLLECTOR else "0")
        try:
            ratio = float(text)
        except ValueError:
            ratio = math.nan
        if not 0 <= ratio <= 1:
            raise InvalidSettings(f"{name}={text!r}: expected a number from 0 to 1")
        if ratio and collector is None:
            raise InvalidSettings(f"{name}={text!r}: traces need a collector, so set {COLLECTOR}")
        return ratio if "otlp" in exporters else 0.0

    def limits(self) -> Limits:
        default = DEFAULT_LIMITS
        return replace(
            default,
            active=self.number("ASW_TASKS_MAX_ACTIVE", default.active),
            active_per_namespace=self.number("ASW_TASKS_MAX_ACTIVE_PER_NAMESPACE", 0),
            starts_per_second=self.number("ASW_TASKS_STARTS_PER_SECOND", default.starts_per_second),
            burst=self.positive("ASW_TASKS_STARTS_BURST", default.burst),
        )

    def connector(self) -> ConnectorSettings:
        default = ConnectorSettings()
        return ConnectorSettings(
            image=self.text("ASW_CONNECTOR_IMAGE", default.image),
            slots=self.within("ASW_CONNECTOR_SLOTS", default.slots, 1, MOST_CALLS),
            idle_seconds=self.within(
                "ASW_CONNECTOR_IDLE_SECONDS", default.idle_seconds, 10, LONGEST_IDLE
            ),
        )

    def within(self, name: str, default: int, least: int, most: int) -> int:
        number = self.number(name, default)
        if not least <= number <= most:
            raise InvalidSettings(f"{name}='{number}': expected {least} to {most}")
        return number

    def retention(self) -> Retention:
        is_archived = bool(self.text("ASW_ARCHIVE_URL", ""))
        defaults = ARCHIVED_RETENTION if is_archived else DEFAULT_RETENTION

        def outcome(field: str) -> OutcomeRetention:
            default: OutcomeRetention = getattr(defaults, field)
            name = f"ASW_RETENTION_{field.upper()}"
            return OutcomeRetention(
                ttl_seconds=self.bound(f"{name}_SECONDS", default.ttl_seconds),
                limit=self.bound(f"{name}_LIMIT", default.limit),
            )

        outcomes = {field: outcome(field) for field in FIELD_OF.values()}
        return Retention(**outcomes, job_seconds=self.bound("ASW_RETENTION_JOB_SECONDS", None))

    def bound(self, name: str, default: int | None) -> int | None:
        """A number, or ``none`` where there is to be no bound."""
        text = self.text(name, "").lower()
        if text == NO_BOUND:
            return None
        return self.number(name, 0) if text else default

    def model(self, name: str, default: _Model) -> _Model:
        text = self.text(name, "")
        try:
            return type(default).model_validate_json(text) if text else default
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise InvalidSettings(f"{name}, {place or 'the whole'}: {first['msg']}") from error

    def seconds(self, name: str, default: int) -> timedelta:
        return timedelta(seconds=self.number(name, default))

    def flag(self, name: str, *, default: bool) -> bool:
        return self.choice(name, ("true", "false"), "true" if default else "false") == "true"

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        text = self.text(name, default).lower()
        if text not in choices:
            raise InvalidSettings(f"{name}={text!r}: expected one of {', '.join(choices)}")
        return text


def _as_variable(runtime: str) -> str:
    """The runtime within the name of a variable: PYTHON313 for python3.13."""
    return runtime.replace(".", "").upper()
