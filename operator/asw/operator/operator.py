"""The operator process: everything is wired in one place."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial

from asw.exits import NOT_SUCCEEDED
from asw.failures import Failure
from asw.operator.archiving import archiving
from asw.operator.describing import Describing
from asw.operator.health import Answers, HealthServer, serve_health
from asw.operator.logs import start_logging
from asw.operator.platform import kubernetes_platform
from asw.operator.ports import listening
from asw.operator.reception import Reception
from asw.operator.rhythm import LONGEST_ROUND_SECONDS, PAUSE_SECONDS
from asw.operator.running import Operator, utc_now
from asw.operator.settings import OperatorSettings
from asw.operator.supervision import Supervisor
from asw.operator.telemetry import telemetry
from asw.operator.territory import Territory
from asw.operator.vitals import Vitals
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.lineage import Lineage
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.keys.keys import Keys, client_context, ensure_keys, read_token_keys
from asw.platforms.kubernetes.keys.serve_keys import ensure_serve_keys, read_callback_keys
from asw.platforms.kubernetes.leader.claims import Claims
from asw.platforms.kubernetes.leader.lease import Candidate, Lease, steady_seconds
from asw.platforms.kubernetes.leader.lease_api import LeaseApi
from asw.platforms.kubernetes.notices.notices import Notices
from asw.platforms.kubernetes.pools.admission import Admission
from asw.platforms.kubernetes.pools.manager import PoolManager
from asw.platforms.kubernetes.port.callbacks import SigningStep
from asw.platforms.kubernetes.port.platform import KubernetesPlatform
from asw.platforms.kubernetes.results.activities import ActivityServer
from asw.platforms.kubernetes.results.address import ServerAddress, outside_address, service_address
from asw.platforms.kubernetes.results.approvals import ApprovalServer
from asw.platforms.kubernetes.results.callbacks import CallbackServer
from asw.platforms.kubernetes.results.forwarding import LeaseHolder
from asw.platforms.kubernetes.results.inbox import Inbox
from asw.platforms.kubernetes.results.results import ResultServer as TaskServer
from asw.platforms.kubernetes.results.warm import WarmServer
from asw.platforms.kubernetes.retention.pace import Pace
from asw.platforms.kubernetes.retention.retirement import Retirement
from asw.platforms.kubernetes.retention.sweeper import Sweeper
from asw.platforms.kubernetes.schedules.clockwork import Clockwork
from asw.platforms.kubernetes.schedules.place import Place
from asw.platforms.kubernetes.storage.storage import Storage
from asw.platforms.kubernetes.tasks.settings import ResultServer, TaskSettings
from asw.platforms.kubernetes.triggers.dispatcher import Dispatcher
from asw.platforms.kubernetes.watch.definitions import Definitions
from asw.platforms.kubernetes.watch.feed import Feed
from asw.platforms.kubernetes.watch.taking_over import Succession
from asw.reconciler.marks import open_marks
from asw.reconciler.platform import PlatformError
from asw.reconciler.reading import MODULES, Reader
from asw.reconciler.reconciler import Reconciler
from asw.reconciler.settings import Settings as ReconcilerSettings
from asw.reconciler.shared import MayAct, StepFunction
from asw.reconciler.turns import Turns
from asw.sandbox.jobs import SandboxError
from asw.sandbox.sandbox import Sandbox
from asw.triggers.judge import MODULES as OF_TRIGGERS
from asw.triggers.judge import judged

logger = logging.getLogger(__name__)


def run(settings: OperatorSettings, connection: Connection) -> None:
    """Run until SIGTERM or SIGINT. Raises Failure if that is, or becomes, impossible."""
    start_logging(settings.log_level, settings.log_format)
    with contextlib.ExitStack() as stack:
        with listening(settings.health_port, "ASW_HEALTH_PORT"):
            health = stack.enter_context(serve_health(settings.health_port, Answers()))
        asyncio.run(_operate(settings, connection, health))


async def _operate(
    settings: OperatorSettings, connection: Connection, health: HealthServer
) -> None:
    sandbox = Sandbox(workers=settings.evaluation_workers, modules=(*MODULES, *OF_TRIGGERS))
    async with KubeClient(connection) as client, contextlib.aclosing(sandbox):
        try:
            await sandbox.start()
        except SandboxError as error:
            raise Failure(str(error), code=NOT_SUCCEEDED) from error
        operator = await assembled(settings, connection, client, sandbox)
        operator.platform.teller.open(telemetry(settings.telemetry))
        operator.answer(health)
        with contextlib.closing(operator.platform.teller):
            verdict = await operator.run()
        if verdict is not None:
            raise Failure(verdict, code=NOT_SUCCEEDED)


async def assembled(
    settings: OperatorSettings,
    connection: Connection,
    client: KubeClient,
    sandbox: Sandbox,
    clock: Callable[[], float] = steady_seconds,
) -> Operator:
    """Every part, wired; nothing runs yet. Lease and claims count time by the clock."""
    keys, callbacks, address = await _keys_and_address(settings, connection, client)
    ring = KeyRing(keys.tokens, partial(read_token_keys, client, settings.namespace))
    cache = Cache(settings.spans, utc_now, lineage=Lineage(ring), retention=settings.retention)
    cache.propagates = settings.propagates
    storage = Storage(client)
    of_tasks = _task_settings(settings, keys, address)
    platform = kubernetes_platform(client, cache, storage, ring, of_tasks)
    platform.workflows.reader = Reader(sandbox)
    switch = _Switch(asyncio.get_running_loop())
    lease = Lease(LeaseApi(connection), _candidate(settings), switch.turn, clock)
    claims = Claims(LeaseApi(connection), settings.installation, settings.watch_namespaces, clock)
    client.guard(lambda namespace: lease.may_act() and claims.covers(namespace))
    turns = Turns(time.thread_time, open_marks(settings.scratch))
    by = sandbox, SigningStep(callbacks, cache)
    reconciler = _reconciler(settings, platform, switch, turns, by)
    platform.connect(reconciler, reconciler.deliver)
    namespaces = settings.watch_namespaces or (None,)
    feed = _feed(settings, client, platform, reconciler, (sandbox, switch.may_act))
    succession = Succession(client=client, feed=feed, reconciler=reconciler, namespaces=namespaces)
    switch.operator = Operator(
        settings=settings,
        pools=_pools(succession, ring, of_tasks, switch.may_act),
        connection=connection,
        client=client,
        platform=platform,
        reconciler=reconciler,
        lease=lease,
        succession=succession,
        territory=Territory(claims=claims, succession=succession, turn=switch.turn),
        vitals=Vitals(),
        supervisor=Supervisor(),
        keys=ring,
        callbacks=callbacks,
        feed=feed,
        notices=_notices(settings, client, feed),
        definitions=_definitions(platform, switch.may_act, turns),
        sweeper=_sweeper(client, storage, succession, switch.may_act),
        retirement=_retirement(settings, client, platform, switch.may_act),
    )
    switch.operator.reception = _reception(switch.operator, keys, address)
    return _with_archive(switch.operator, switch.may_act)


def _pools(
    succession: Succession, ring: KeyRing, settings: TaskSettings, may_act: MayAct
) -> PoolManager:
    platform = succession.feed.platform
    made = PoolManager(
        client=succession.client,
        cache=platform.cache,
        functions=platform.functions,
        pools=platform.pools,
        settings=settings,
        ring=ring,
        namespaces=succession.namespaces,
        surroundings=platform.tasks.surroundings,
        may_act=may_act,
    )
    platform.readiness.warm = made.reports.of_function
    platform.connections.pods = made.reports.of_connection
    return made


def _reception(operator: Operator, keys: Keys, address: ServerAddress | None) -> Reception | None:
    if address is None:
        return None
    settings, cache = operator.settings, operator.feed.cache
    holder = LeaseHolder(
        operator.may_act,
        lambda: operator.lease.holder_address,
        client_context(keys),
        address.name,
    )
    platform, reconciler = operator.platform, operator.reconciler
    inbox = Inbox(cache=cache, executions=platform.executions, reconciler=reconciler)
    warm = WarmServer(
        keys=operator.keys,
        inbox=inbox,
        holder=holder,
        pools=operator.platform.pools,
        admission=Admission(client=operator.client, manager=operator.pools),
        now=utc_now,
        clock=cache.clock,
    )
    callbacks = CallbackServer(keys=operator.callbacks, inbox=inbox, holder=holder, now=utc_now)
    activities = ActivityServer.of(platform, reconciler, operator.callbacks, holder)
    approvals = ApprovalServer(keys=operator.callbacks, inbox=inbox, holder=holder, now=utc_now)
    further = (warm.add_to, callbacks.add_to, activities.add_to, approvals.add_to)
    return Reception(
        server=TaskServer(
            keys=operator.keys, inbox=inbox, holder=holder, now=utc_now, further=further
        ),
        holder=holder,
        keys=keys,
        address=address,
        look_up=partial(_address, settings, operator.connection, operator.client),
        tell=lambda it: operator.tell_address(_result_server(keys, it)),
        own=settings.address,
        port=settings.result_server.port,
    )


class _Switch:
    """Connects the Lease with what it allows, because it is built before the operator."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._taking_over: asyncio.Task[None] | None = None
        self.operator: Operator | None = None

    def may_act(self, namespace: str) -> bool:
        """Whether effects are allowed in the namespace now."""
        return self.operator is not None and self.operator.may_act_in(namespace)

    def turn(self, is_held: bool) -> None:  # noqa: FBT001  the callback of a Lease
        """From the thread of the Lease: it was won or lost."""
        self._loop.call_soon_threadsafe(self._turn, is_held)

    def _turn(self, is_held: bool) -> None:  # noqa: FBT001
        assert self.operator is not None
        if self._taking_over is not None:
            self._taking_over.cancel()
        if is_held:
            self._taking_over = self._loop.create_task(
                self._take_over(self.operator), name="take-over"
            )
        else:
            self.operator.stand_down()

    async def _take_over(self, operator: Operator) -> None:
        """Take over, as often as it takes: a holder that does nothing is worse than no holder."""
        await operator.supervisor.finish(
            "take-over",
            lambda loop: operator.take_over(loop.come_round),
            patience=LONGEST_ROUND_SECONDS,
        )


def _definitions(platform: KubernetesPlatform, may_act: MayAct, turns: Turns) -> Definitions:
    return Definitions(cache=platform.cache, platform=platform, may_act=may_act, turns=turns)


def _sweeper(
    client: KubeClient, storage: Storage, succession: Succession, may_act: MayAct
) -> Sweeper:
    feed = succession.feed
    return Sweeper(
        client=client,
        cache=feed.cache,
        platform=feed.platform,
        storage=storage,
        feed=feed,
        namespaces=succession.namespaces,
        may_act=may_act,
    )


def _feed(
    settings: OperatorSettings,
    client: KubeClient,
    platform: KubernetesPlatform,
    reconciler: Reconciler,
    by: tuple[Sandbox, MayAct],
) -> Feed:
    (sandbox, may_act), cache = by, platform.cache
    place = Place(
        may_act=may_act,
        grace=settings.workflow_wait,
        namespaces=settings.watch_namespaces or (None,),
        prefixes=tuple(settings.propagates),
    )
    return Feed(
        cache=cache,
        platform=platform,
        reconciler=reconciler,
        schedules=Clockwork(client, cache, place),
        triggers=Dispatcher(client, cache, place, partial(judged, sandbox)),
    )


def _notices(settings: OperatorSettings, client: KubeClient, feed: Feed) -> Notices:
    made = Notices(client, feed.cache, feed.reconciler.counters, settings.events)
    feed.platform.have_told(made.tell)
    feed.schedules.have_told(made.tell)
    feed.triggers.have_told(made.tell)
    return made


def _retirement(
    settings: OperatorSettings, client: KubeClient, platform: KubernetesPlatform, may_act: MayAct
) -> Retirement:
    return Retirement(
        client=client,
        cache=platform.cache,
        executions=platform.executions,
        pace=Pace(settings.deletions_per_second),
        may_act=may_act,
    )


def _with_archive(operator: Operator, may_act: MayAct) -> Operator:
    """Before anything is listed: what ended is queued as it is seen."""
    url, cache = operator.settings.archive_url, operator.feed.cache
    if url is not None:
        connect = partial(KubeClient, operator.connection)
        made = operator.archive = operator.retirement.archive = archiving(
            url, cache, connect, may_act
        )
        departures = operator.platform.tasks.departures
        departures.tails, departures.wake = made.tailing, operator.feed.wake
    return operator


async def _keys_and_address(
    settings: OperatorSettings, connection: Connection, client: KubeClient
) -> tuple[Keys, CallbackRing, ServerAddress | None]:
    while True:
        try:
            keys = await ensure_keys(client, settings.namespace, utc_now())
            shared = await ensure_serve_keys(
                client, settings.namespace, keys.ca_certificate, utc_now()
            )
            read = partial(read_callback_keys, client, settings.namespace)
            is_enabled = settings.result_server.is_enabled
            address = await _address(settings, connection, client) if is_enabled else None
            return keys, CallbackRing(shared.callbacks, read), address
        except PlatformError as error:
            logger.warning("not ready: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)


async def _address(
    settings: OperatorSettings, connection: Connection, client: KubeClient
) -> ServerAddress:
    server = settings.result_server
    if server.service is not None:
        return await service_address(client, settings.namespace, server.service)
    return outside_address(server.url, connection.server, server.port)


def _reconciler(
    settings: OperatorSettings,
    platform: KubernetesPlatform,
    switch: _Switch,
    turns: Turns,
    by: tuple[Sandbox, StepFunction],
) -> Reconciler:
    return Reconciler(
        platform,
        ReconcilerSettings(workflow_wait=settings.workflow_wait, limits=settings.task_limits),
        describe=Describing(settings, platform.cache).header,
        may_act=switch.may_act,
        turns=turns,
        sandbox=by[0],
        step=by[1],
    )


def _result_server(keys: Keys, address: ServerAddress) -> ResultServer:
    return ResultServer(url=address.url, name=address.name, ca=keys.ca_certificate.decode())


def _task_settings(
    settings: OperatorSettings, keys: Keys, address: ServerAddress | None
) -> TaskSettings:
    return TaskSettings(
        images=settings.images,
        pull_policy=settings.image_pull_policy,
        resources=settings.task_resources,
        result_server=None if address is None else _result_server(keys, address),
        result_wait=settings.result_wait,
        has_policies=settings.has_policies,
        spans=settings.spans,
        connector=settings.connector,
        policy=settings.function_policy,
        package_index=settings.package_index,
        function_wait=settings.workflow_wait,
        trace_ratio=settings.telemetry.trace_ratio,
    )


def _candidate(settings: OperatorSettings) -> Candidate:
    host = settings.address or ""
    return Candidate(
        namespace=settings.namespace,
        name=settings.lease_name,
        identity=settings.identity,
        address=f"{host}:{settings.result_server.port}" if host else "",
    )
