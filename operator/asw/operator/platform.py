"""The platform on Kubernetes, put together as the operator runs it."""

from asw.operator.running import utc_now
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.pools.pools import Pools
from asw.platforms.kubernetes.pools.questions import Questions
from asw.platforms.kubernetes.port.asking import Asking
from asw.platforms.kubernetes.port.calls import Calls
from asw.platforms.kubernetes.port.children import Children
from asw.platforms.kubernetes.port.jobs import Jobs
from asw.platforms.kubernetes.port.nested import Nested
from asw.platforms.kubernetes.port.objects import Objects
from asw.platforms.kubernetes.port.platform import KubernetesPlatform
from asw.platforms.kubernetes.port.tasks import Tasks
from asw.platforms.kubernetes.port.telling import Teller
from asw.platforms.kubernetes.port.workers import Workers
from asw.platforms.kubernetes.storage.executions import Executions
from asw.platforms.kubernetes.storage.storage import Storage
from asw.platforms.kubernetes.tasks.settings import TaskSettings
from asw.platforms.kubernetes.workflows.connections import Connections
from asw.platforms.kubernetes.workflows.functions import Functions
from asw.platforms.kubernetes.workflows.readiness import Readiness
from asw.platforms.kubernetes.workflows.workflows import Workflows


def kubernetes_platform(
    client: KubeClient, cache: Cache, storage: Storage, ring: KeyRing, settings: TaskSettings
) -> KubernetesPlatform:
    """The port over the cluster, with production's parts."""
    functions = Functions(client, cache, settings)
    executions = Executions(client, cache, storage)
    children, spans = Children(client, cache, executions), settings.spans
    pools = Pools(utc_now, cache.clock, spans.node_lost_after)
    calls = Calls(cache, functions, pools, settings)
    questions = Questions(pools=pools)
    return KubernetesPlatform(
        cache=cache,
        executions=executions,
        workflows=Workflows(client, cache, settings),
        functions=functions,
        readiness=Readiness(client, cache, functions, settings, ring),
        connections=Connections(client, cache, settings),
        tasks=Tasks(client, cache, functions, settings, ring),
        children=children,
        nested=Nested(client=client, cache=cache, children=children, patience=spans.start_timeout),
        calls=calls,
        jobs=Jobs(cache=cache, calls=calls, questions=questions),
        objects=Objects(cache=cache, calls=calls, functions=functions, questions=questions),
        workers=Workers(cache, functions),
        asking=Asking(clock=utc_now, is_held=settings.has_policies),
        pools=pools,
        teller=Teller(cache),
        clock=utc_now,
    )
