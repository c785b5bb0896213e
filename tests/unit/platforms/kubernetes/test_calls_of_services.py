"""Calls of services over the API server in memory: real wiring, scripted connectors."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from asw.api.function_policy import DEFAULT_POLICY, FunctionPolicy, Rules
from asw.asl.resources import ServiceInvocation
from asw.connector.reads import may_repeat
from tests.support.callback_door import callback_door
from tests.support.kube_objects import (
    KEY,
    SETTINGS,
    Object,
    events_of,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import Build, KubeWorld, again, kube_world
from tests.support.warm_pods import WarmPod, listening

DELETE = "arn:aws:states:::dynamodb:deleteItem"
GET = "arn:aws:states:::dynamodb:getItem"
SPEC: Object = {"kind": "aws", "region": "eu-central-1"}


def connection_object(name: str = "lab", **spec: object) -> Object:
    """A Connection."""
    metadata = {"name": name, "namespace": "shop", "uid": f"cn-{name}", "generation": 1}
    given = {name: it for name, it in {**SPEC, **spec}.items() if it is not None}
    return {"metadata": metadata, "spec": given}


def calling(resource: str = DELETE, **fields: object) -> Object:
    """A definition of one call."""
    parameters = {"TableName": "orders", "Key.$": "$.id"}
    call = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **fields}
    return {"StartAt": "Call", "States": {"Call": call}}


@dataclass(kw_only=True)
class Scene:
    """A Workflow that calls a service, and its Connection."""

    world: KubeWorld
    client: object

    @property
    def phase(self) -> str:
        """How the execution is doing."""
        return str(self.world.status.get("phase"))

    async def run(self) -> None:
        """Create the execution."""
        await self.world.apply("execution", execution_object(input={"id": 7}))

    async def scaled(self) -> Object:
        """The Deployment that somebody waits for."""

        async def rounds() -> Object:
            while not (found := self.world.api.named("/deployments/")):
                await self.world.pools.work()
                self.later(1)
                await asyncio.sleep(0.001)
            return found[0]

        return await asyncio.wait_for(rounds(), 30)

    async def pod(self) -> WarmPod:
        """A connector that said hello."""
        made = await WarmPod.start(self.world, self.client, newest=True, slots=4)
        assert (await made.hello())[0] == 200
        await self.world.pools.work()
        return made

    def later(self, seconds: float) -> None:
        """Time goes by, and the execution's worker looks at it."""
        self.world.time.pass_(seconds)
        self.world.reconciler.wake(KEY)

    async def passing(self, asking: "asyncio.Task[tuple[int, Object]]") -> Object:
        """Time goes by until the slot has an answer."""
        while not asking.done():
            self.later(1)
            await asyncio.sleep(0.001)
        return (await asking)[1]

    async def ended(self) -> str:
        """Time goes by until the execution is over: how."""

        async def until() -> None:
            while self.phase not in ("Succeeded", "Failed"):
                self.world.platform.pools.look()
                self.later(5)
                await asyncio.sleep(0.001)

        await asyncio.wait_for(until(), 30)
        return self.phase

    def waits_for(self) -> str:
        """What the status says that the execution waits for."""
        return json.dumps(self.world.status.get("conditions", []))


@asynccontextmanager
async def scene(
    definition: Object | None = None,
    *,
    connection: Object | None = None,
    policy: FunctionPolicy = DEFAULT_POLICY,
    **spec: object,
) -> AsyncIterator[Scene]:
    """A Workflow of one call, by the Connection ``lab`` unless told otherwise."""
    build = Build(tasks=replace(SETTINGS, policy=policy))
    async with kube_world(build) as world, listening(world) as client:
        if connection is not None:
            await world.apply("connection", connection)
        given = {"definition": definition or calling(), "connections": {"default": "lab"}, **spec}
        await world.apply("workflow", workflow_object(**given))
        await world.pools.work()
        yield Scene(world=world, client=client)
        world.platform.pools.clear()


async def working(it: Scene) -> tuple[WarmPod, Object]:
    """A connector, and the call that it got."""
    await it.run()
    await it.scaled()
    pod = await it.pod()
    answer = await it.passing(pod.asking())
    return pod, answer["task"]


async def test_a_call_is_made_by_a_connector() -> None:
    """No pod before the first call, no Job ever; the pod belongs to the Connection."""
    async with scene(connection=connection_object()) as it:
        assert it.world.api.named("/deployments/") == []
        pod, task = await working(it)
        [deployment] = it.world.api.named("/deployments/")
        labels, metadata = deployment["metadata"]["labels"], deployment["metadata"]
        assert (labels["asw.dev/connection"], labels["asw.dev/function-uid"]) == ("lab", "cn-lab")
        assert metadata["ownerReferences"][0]["kind"] == "Connection"
        event = json.loads(task["event"])
        assert event == {
            "service": "dynamodb",
            "action": "deleteItem",
            "sdk": False,
            "parameters": {"TableName": "orders", "Key": 7},
            "taskId": task["taskId"],
            "origin": event["origin"],
            "isJob": False,
            "role": "",
        }
        execution, machine = event["origin"]
        assert execution.split(":")[5:7] == ["execution", "orders"]
        assert machine.split(":")[5:7] == ["stateMachine", "orders"]
        last = pod.asking({"output": {"Done": True}})
        assert await it.ended() == "Succeeded"
        assert it.world.status["output"] == {"Done": True}
        assert it.world.api.named("/jobs/") == it.world.api.named("/secrets/order") == []
        it.world.platform.pools.clear()
        await last


async def test_history_is_that_of_a_call() -> None:
    """Scheduled with region and parameters, started, succeeded: as on one machine."""
    async with scene(connection=connection_object()) as it:
        pod, _ = await working(it)
        last = pod.asking({"output": 1})
        await it.ended()
        found = {event["type"]: event for event in events_of(it.world.status)}
        names = ["TaskScheduled", "TaskStarted", "TaskSucceeded"]
        assert [name for name in found if not name.startswith(("TaskState", "Exec"))] == names
        assert "us-east-1" in json.dumps(found["TaskScheduled"])
        it.world.platform.pools.clear()
        await last


async def test_a_service_passes_the_token_on() -> None:
    """Its answer is only noted; whoever got the token from it ends the Task."""
    parameters = {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}
    asks = calling("arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters=parameters)
    async with (
        scene(asks, connection=connection_object()) as it,
        callback_door(it.world) as door,
    ):
        pod, task = await working(it)
        token = json.loads(task["event"])["parameters"]["MessageBody"]["token"]
        last = pod.asking({"output": {"MessageId": "1"}})
        await it.world.until(lambda: "TaskSubmitted" in json.dumps(events_of(it.world.status)))
        assert it.phase == "Running"
        assert await door.post("success", token=token, output={"ok": 1}) == (200, {})
        assert await it.ended() == "Succeeded"
        assert it.world.status["output"] == {"ok": 1}
        it.world.platform.pools.clear()
        await last


ROLE = "arn:aws:iam::222222222222:role/trusted"


async def test_a_call_as_a_role_is_made_by_the_roles_connection() -> None:
    """Credentials choose the pod, which has the keys; the Connection of the service gets none."""
    definition = calling(Credentials={"RoleArn": ROLE})
    connections = {"dynamodb": "lab", ROLE: "theirs"}
    theirs = connection_object("theirs")
    async with scene(definition, connection=theirs, connections=connections) as it:
        pod, task = await working(it)
        [deployment] = it.world.api.named("/deployments/")
        assert deployment["metadata"]["labels"]["asw.dev/connection"] == "theirs"
        assert json.loads(task["event"])["role"] == ROLE
        last = pod.asking({"output": {"Done": True}})
        assert await it.ended() == "Succeeded"
        it.world.platform.pools.clear()
        await last


async def test_a_role_that_no_connection_stands_for_is_refused() -> None:
    """A run that decides the role cannot be made as anybody else; the cause says what to add."""
    definition = calling(Credentials={"RoleArn.$": "States.Format('arn:{}', $.id)"})
    connections = {"default": "lab", ROLE: "lab"}
    async with scene(definition, connection=connection_object(), connections=connections) as it:
        await it.run()
        assert await it.ended() == "Failed"
        assert it.world.status["error"] == "Asw.NoConnection"
        assert it.world.status["cause"].startswith(
            "No Connection for the role arn:7: add it to spec.connections of Workflow orders"
        )


async def test_a_connection_that_comes_late_is_waited_for() -> None:
    """As a Function is: what is applied together may arrive in any order."""
    async with scene() as it:
        await it.run()
        await it.world.until(lambda: it.phase == "Running")
        assert it.world.api.named("/deployments/") == []
        await it.world.apply("connection", connection_object())
        await it.scaled()
        pod = await it.pod()
        answer = await it.passing(pod.asking())
        assert json.loads(answer["task"]["event"])["action"] == "deleteItem"


@pytest.mark.parametrize(
    ("connections", "connection", "told"),
    [
        ({}, connection_object(), "add it to spec.connections of Workflow orders"),
        ({"default": "lab"}, None, "No Connection lab, which is for dynamodb: create it"),
        (
            {"dynamodb": "lab"},
            connection_object(workflows=["others"]),
            "Connection lab is not for Workflow orders",
        ),
        (
            {"dynamodb": "lab"},
            connection_object(kind="http", region=None),
            "Connection lab is of kind http, and dynamodb needs one of kind aws",
        ),
    ],
    ids=["not mapped", "missing", "not for this one", "of another kind"],
)
async def test_what_does_not_come_fails_catchably(
    connections: Object, connection: Object | None, told: str
) -> None:
    """The state fails with a name of ours and the remedy; the Workflow said so all along."""
    async with scene(connection=connection, connections=connections) as it:
        conditions = it.world.stored("workflow", "orders")["status"]["conditions"]
        resolved = next(each for each in conditions if each["type"] == "ResolvedRefs")
        assert resolved["reason"] == "ConnectionNotFound"
        assert told in resolved["message"]
        await it.run()
        assert await it.ended() == "Failed"
        assert it.world.status["error"] == "Asw.NoConnection"
        assert told in it.world.status["cause"]


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        ("asw:approval", {"Title": "Go?"}),
        ("arn:aws:states:::states:startExecution", {"StateMachineArn": "orders"}),
    ],
)
async def test_who_calls_no_service_needs_no_connection(resource: str, parameters: Object) -> None:
    """People are asked and executions are started without one: nothing is missing."""
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    definition = {"StartAt": "Ask", "States": {"Ask": task}}
    async with scene(definition, connections={}) as it:
        assert resolved(it)["status"] == "True", resolved(it)["message"]


async def test_a_workflow_is_ready_once_its_connection_is_there() -> None:
    """Told by the Connection's own events."""
    async with scene() as it:
        await it.world.apply("connection", connection_object())
        await it.world.catch_up()
        conditions = it.world.stored("workflow", "orders")["status"]["conditions"]
        assert {each["type"]: each["status"] for each in conditions}["Ready"] == "True"


async def test_a_write_that_is_lost_is_not_made_again() -> None:
    """Its outcome is unknown, which the state may catch."""
    catch = [{"ErrorEquals": ["Asw.CallOutcomeUnknown"], "Next": "Look"}]
    definition = calling(Catch=catch)
    definition["States"]["Look"] = {"Type": "Pass", "Result": "unknown", "End": True}
    async with scene(definition, connection=connection_object()) as it:
        pod, _ = await working(it)
        await pod.vanish()
        assert await it.ended() == "Succeeded"
        assert it.world.status["output"] == "unknown"


async def test_a_read_that_is_lost_is_made_again() -> None:
    """It changes nothing: another connector makes it."""
    async with scene(calling(GET), connection=connection_object()) as it:
        before, event = await made_again(it)
        assert event["action"] == "getItem"
        assert event["taskId"] != before["taskId"]


async def made_again(it: Scene) -> tuple[Object, Object]:
    """The pod that makes the call is lost: the task that it had, and the event of the next one."""
    pod, task = await working(it)
    await pod.vanish()
    it.later(60)
    it.world.platform.pools.look()
    other = await it.pod()
    return task, json.loads((await it.passing(other.asking()))["task"]["event"])


async def test_a_write_with_a_token_of_the_states_own_is_made_again() -> None:
    """The service knows by the token that it is the same call."""
    definition = calling("arn:aws:states:::aws-sdk:dynamodb:transactWriteItems")
    given = {"TransactItems": [], "ClientRequestToken.$": "States.Format('{}', $.id)"}
    definition["States"]["Call"]["Parameters"] = given
    async with scene(definition, connection=connection_object()) as it:
        _, event = await made_again(it)
        assert event["parameters"]["ClientRequestToken"] == "7"


async def test_a_connection_may_have_everything_made_again() -> None:
    """By onLost: Retry, where twice does no harm."""
    async with scene(connection=connection_object(onLost="Retry")) as it:
        before, event = await made_again(it)
        assert event["action"] == "deleteItem"
        assert event["taskId"] != before["taskId"]


async def test_a_connection_may_have_nothing_made_again() -> None:
    """By onLost: Fail, not even what only reads."""
    async with scene(calling(GET), connection=connection_object(onLost="Fail")) as it:
        pod, _ = await working(it)
        await pod.vanish()
        assert await it.ended() == "Failed"
        assert it.world.status["error"] == "Asw.CallOutcomeUnknown"


async def test_a_call_without_memory_is_lost_and_not_its_own_fault() -> None:
    """Others were in the same process."""
    async with scene(connection=connection_object()) as it:
        pod, _ = await working(it)
        pod.started_at = 0.0
        await pod.crash("2026-01-01T12:10:00Z", "OOMKilled")
        pod.boot = "f" * 16
        await pod.hello()
        assert await it.ended() == "Failed"
        assert it.world.status["error"] == "Asw.CallOutcomeUnknown"


async def test_a_successor_goes_on_with_what_a_connector_does() -> None:
    """The record binds the call to its process: nothing is made twice."""
    async with scene(connection=connection_object()) as it:
        pod, task = await working(it)
        async with again(it.world) as successor, listening(successor) as client:
            await successor.begin()
            moved = WarmPod(
                world=successor,
                client=client,
                key=pod.key,
                name=pod.name,
                uid=pod.uid,
                boot=pod.boot,
                holds=[task["taskId"]],
            )
            assert (await moved.hello())[0] == 200
            last = moved.asking({"output": 1})
            await successor.until(lambda: successor.status["phase"] == "Succeeded")
            successor.platform.pools.clear()
            await last


async def test_a_function_of_a_users_cannot_take_a_connectors_calls() -> None:
    """Names of Functions have no slash, and a Connection's calls go by nothing else."""
    async with scene(connection=connection_object()) as it:
        await it.world.apply("function", function_object("lab", mode="Warm", warm={"min": 1}))
        await it.world.pools.work()
        await it.run()
        deployments = it.world.api.named("/deployments/")
        assert [each["metadata"]["ownerReferences"][0]["kind"] for each in deployments] == [
            "Function"
        ]
        pod = await it.pod()
        asking = pod.asking()
        while len(it.world.api.named("/deployments/")) == 1:
            await it.world.pools.work()
            it.later(1)
            await asyncio.sleep(0.001)
        assert not asking.done()
        it.world.platform.pools.clear()
        await asking


async def test_a_connector_that_does_not_start_fails_its_calls_in_the_end() -> None:
    """With the time that pods may take to start."""
    async with scene(connection=connection_object()) as it:
        await it.run()
        await it.scaled()
        assert await it.ended() == "Failed"
        assert it.world.status["error"] == "Asw.StartFailed"
        assert "no connector was ready for 600 s" in it.world.status["cause"]


async def test_a_call_that_is_given_up_wants_no_pod() -> None:
    """Whatever else its execution goes on to do, and however long."""
    soon: Object = {"Type": "Wait", "Seconds": 30, "Next": "No"}
    beside = {"StartAt": "Soon", "States": {"Soon": soon, "No": {"Type": "Fail", "Error": "No"}}}
    caught = {"ErrorEquals": ["No"], "Next": "Rest"}
    both = {"Type": "Parallel", "Branches": [calling(), beside], "Catch": [caught], "End": True}
    rest = {"Type": "Wait", "Seconds": 90_000, "End": True}
    definition = {"StartAt": "Both", "States": {"Both": both, "Rest": rest}}
    async with scene(definition, connection=connection_object()) as it:
        await it.run()
        await it.scaled()
        pools = it.world.platform.pools.pools
        assert not all(each.is_idle for each in pools.values())

        def is_given_up() -> bool:
            it.later(1)
            return all(each.is_idle for each in pools.values())

        await it.world.until(is_given_up)


API = "arn:aws:states:::http:invoke"
BASIC: Object = {"basic": {"secretRef": {"name": "stripe-key"}}}


def an_api(**spec: object) -> Object:
    """A Connection to an API."""
    return connection_object("stripe", kind="http", region=None, http=BASIC, **spec)


def asking(method: str = "GET", **authentication: str) -> Object:
    """A definition of one call of an API."""
    arn = "arn:aws:events:us-east-2:123456789012:connection/stripe/81210c42"
    given = authentication or {"ConnectionArn": arn}
    parameters = {"ApiEndpoint": "https://x.example", "Method": method, "Authentication": given}
    return calling(API, Parameters=parameters)


def resolved(it: Scene) -> Object:
    """What the Workflow says of what it calls."""
    conditions = it.world.stored("workflow", "orders")["status"]["conditions"]
    return next(each for each in conditions if each["type"] == "ResolvedRefs")


async def test_an_api_is_called_by_the_connection_that_its_arn_names() -> None:
    """Its pod sees what authorizes calls, as the connector reads it; no map is needed."""
    async with scene(asking("POST"), connection=an_api(), connections={}) as it:
        assert resolved(it)["status"] == "True"
        _, task = await working(it)
        event = json.loads(task["event"])
        assert (event["service"], event["action"]) == ("http", "invoke")
        [deployment] = it.world.api.named("/deployments/")
        assert deployment["metadata"]["labels"]["asw.dev/connection"] == "stripe"
        volumes = deployment["spec"]["template"]["spec"]["volumes"]
        [own] = [each["projected"]["sources"] for each in volumes if each["name"] == "asw-own"]
        items = [{"key": it, "path": f"credentials/{it}"} for it in ("username", "password")]
        assert own == [{"secret": {"name": "stripe-key", "items": items, "optional": True}}]


async def test_a_connection_that_only_a_run_knows_is_not_missed() -> None:
    """The Workflow is ready without; the call says what is missing."""
    definition = asking(**{"ConnectionArn.$": "$.arn"})
    async with scene(definition, connections={}) as it:
        assert resolved(it)["status"] == "True"


@pytest.mark.parametrize(("method", "is_repeated"), [("GET", True), ("POST", False)])
async def test_a_lost_request_is_sent_again_if_it_only_reads(
    method: str, *, is_repeated: bool
) -> None:
    """What the method says: others may have been done."""
    async with scene(asking(method), connection=an_api()) as it:
        pod, _ = await working(it)
        await pod.vanish()
        if not is_repeated:
            assert await it.ended() == "Failed"
            assert it.world.status["error"] == "Asw.CallOutcomeUnknown"
            return
        it.later(60)
        it.world.platform.pools.look()
        other = await it.pod()
        again_ = (await it.passing(other.asking()))["task"]
        assert json.loads(again_["event"])["parameters"]["Method"] == "GET"


def on_a_cluster(action: str, **parameters: object) -> Object:
    """A definition of one call of a cluster."""
    resource = f"asw:{action}" if action.startswith("k8s") else f"arn:aws:states:::{action}"
    return calling(resource, Parameters=parameters)


A_MAP: Object = {"ApiVersion": "v1", "Kind": "ConfigMap", "Name": "m"}
TOKENS = FunctionPolicy(default=Rules(service_account_tokens=("",)))


def own_cluster(**kubernetes: object) -> Object:
    """The Connection ``lab`` to the cluster that asw runs in."""
    return connection_object(kind="kubernetes", region=None, kubernetes=kubernetes)


async def test_the_own_cluster_is_called_by_a_pod_of_the_account() -> None:
    """With a short token for the API server, and what trusts that; nothing is mounted by itself."""
    definition = on_a_cluster("k8s:get", **A_MAP)
    connection = own_cluster(serviceAccountName="deployer")
    async with scene(definition, connection=connection, policy=TOKENS) as it:
        _, task = await working(it)
        assert json.loads(task["event"])["service"] == "k8s"
        [deployment] = it.world.api.named("/deployments/")
        pod = deployment["spec"]["template"]["spec"]
        assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == (
            "deployer",
            False,
        )
        [own] = [each["projected"]["sources"] for each in pod["volumes"] if "projected" in each]
        token, authorities, namespace = own
        asked = {"path": "cluster/token", "expirationSeconds": 3600}
        assert token == {"serviceAccountToken": asked}
        assert authorities["configMap"]["name"] == "kube-root-ca.crt"
        assert namespace["downwardAPI"]["items"][0]["path"] == "cluster/namespace"


async def test_a_token_for_the_api_server_needs_to_be_allowed() -> None:
    """As that of a Function does: no pod is made, and both say so."""
    async with scene(on_a_cluster("k8s:get", **A_MAP), connection=own_cluster()) as it:
        assert "spec.kubernetes: audience '' is not among" in resolved(it)["message"]
        await it.run()
        assert await it.ended() == "Failed"
        assert it.world.status["error"] == "Asw.NotAllowed"
        assert it.world.api.named("/deployments/") == []


async def test_a_cluster_elsewhere_is_called_by_a_token_of_a_secret() -> None:
    """ClusterName may be the Connection's own name: then no map is needed."""
    connection = connection_object(
        kind="kubernetes",
        region=None,
        endpoint="https://k.example",
        kubernetes={"secretKeyRef": {"name": "prod", "key": "admin"}},
    )
    definition = on_a_cluster("eks:call", ClusterName="lab", Method="GET", Path="/version")
    async with scene(definition, connection=connection, connections={}) as it:
        assert resolved(it)["status"] == "True"
        await working(it)
        [deployment] = it.world.api.named("/deployments/")
        volumes = deployment["spec"]["template"]["spec"]["volumes"]
        [own] = [each["projected"]["sources"] for each in volumes if each["name"] == "asw-own"]
        items = [{"key": "admin", "path": "credentials/token"}]
        assert own == [{"secret": {"name": "prod", "items": items, "optional": True}}]


@pytest.mark.parametrize(
    ("action", "parameters", "is_repeated"),
    [
        ("k8s:apply", {"Manifest": {}}, True),
        ("k8s:patch", {**A_MAP, "Patch": []}, True),
        ("k8s:patch", {**A_MAP, "Type": "json", "Patch": []}, False),
        ("k8s:delete", A_MAP, False),
        ("k8s:wait", {**A_MAP, "Deleted": True}, True),
        ("eks:call", {"Method": "GET"}, True),
        ("eks:call", {"Method": "POST"}, False),
        ("eks:runJob", {"Job": {}}, False),
        ("eks:describeCluster", {}, True),
    ],
)
def test_which_lost_calls_of_clusters_are_made_again(
    action: str, parameters: Object, *, is_repeated: bool
) -> None:
    """Those that change nothing the second time; a Job would be another one, of another task."""
    service, _, verb = action.partition(":")
    called = ServiceInvocation(service=service, action=verb)
    assert may_repeat(called, parameters) is is_repeated
