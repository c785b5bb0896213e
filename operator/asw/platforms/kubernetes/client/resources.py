"""The kinds of objects that we read and write, with their REST paths."""

from dataclasses import dataclass

from asw.api.names import GROUP, VERSION


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind at the API server: its group, version and plural."""

    group: str
    version: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        """``apiVersion`` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None, name: str | None = None) -> str:
        """The path of one object, or of all; in all namespaces if ``namespace`` is None."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = "" if namespace is None else f"/namespaces/{namespace}"
        tail = "" if name is None else f"/{name}"
        return f"{root}{scope}/{self.plural}{tail}"


WORKFLOWS = Resource(GROUP, VERSION, "workflows", "Workflow")
EXECUTIONS = Resource(GROUP, VERSION, "executions", "Execution")
FUNCTIONS = Resource(GROUP, VERSION, "functions", "Function")
CONNECTIONS = Resource(GROUP, VERSION, "connections", "Connection")
ACTIVITIES = Resource(GROUP, VERSION, "activities", "Activity")
SCHEDULES = Resource(GROUP, VERSION, "schedules", "Schedule")
TRIGGERS = Resource(GROUP, VERSION, "triggers", "Trigger")
PAYLOADS = Resource(GROUP, VERSION, "payloads", "Payload")
TASK_DEFAULTS = Resource(GROUP, VERSION, "taskdefaults", "TaskDefaults")
JOBS = Resource("batch", "v1", "jobs", "Job")
PODS = Resource("", "v1", "pods", "Pod")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
SECRETS = Resource("", "v1", "secrets", "Secret")
SERVICES = Resource("", "v1", "services", "Service")
EVENTS = Resource("", "v1", "events", "Event")
REVISIONS = Resource("apps", "v1", "controllerrevisions", "ControllerRevision")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
REPLICA_SETS = Resource("apps", "v1", "replicasets", "ReplicaSet")
NAMESPACES = Resource("", "v1", "namespaces", "Namespace")
SERVICE_ACCOUNTS = Resource("", "v1", "serviceaccounts", "ServiceAccount")
PRIORITY_CLASSES = Resource("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass")
CLAIMS = Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
LIMIT_RANGES = Resource("", "v1", "limitranges", "LimitRange")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")

WATCHED = (
    WORKFLOWS,
    EXECUTIONS,
    FUNCTIONS,
    CONNECTIONS,
    ACTIVITIES,
    SCHEDULES,
    TRIGGERS,
    JOBS,
    PODS,
)
"""What every replica watches."""


def namespace_of(path: str) -> str:
    """The namespace in the path of a request; empty where it is about none, or all."""
    return path.partition("/namespaces/")[2].partition("/")[0]
