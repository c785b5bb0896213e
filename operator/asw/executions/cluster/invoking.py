"""Runs a Function alone on a cluster: an Execution of a Workflow of one Task, both thrown away.

Only the operator knows how a task's pod is made, and what it may do; so the Function runs as it
would in any Workflow, and its user needs no right but those to start one. The Execution owns the
Workflow, which is created after it: whoever removes the Execution removes both, and if nobody can,
its retention does.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any, Final

from asw.api.names import API_VERSION, LABEL_INVOCATION, label_value
from asw.asl.values import Json, JsonObject, to_text
from asw.executions.cluster.access import Access
from asw.executions.cluster.failures import missing_crds
from asw.executions.invocations import InvokeOrder
from asw.executions.orders import execution_manifest
from asw.executions.port import StartOrder
from asw.executions.run import Run
from asw.exits import NOT_FOUND
from asw.failures import Denied, Failure, not_found
from asw.messages import t
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import EXECUTIONS, FUNCTIONS, WORKFLOWS

KEPT_SECONDS: Final = 60
"""How long an ended Execution is kept if its command was killed before it could remove it."""
_LONGEST_HEAD: Final = 40


async def require_function(access: Access, name: str) -> None:
    """Raises Failure if no task could run the Function of this name, as far as we may know."""
    try:
        function = await _function(access, name)
    except Denied:
        return  # the right to run it does not need the right to read it
    status = function.get("status") or {}
    generation = function["metadata"].get("generation")
    for condition in status.get("conditions", ()):
        is_current = condition.get("observedGeneration") == generation
        is_amiss = condition["type"] == "Ready" and condition["status"] == "False"
        if is_current and is_amiss:
            raise Failure(
                t(
                    "Function {name} cannot run: {problem}",
                    name=name,
                    problem=condition.get("message") or condition.get("reason"),
                ),
                remedy=t("fix it and apply it again; asw validate --cluster checks its manifest"),
            )


@asynccontextmanager
async def invocation(access: Access, order: InvokeOrder) -> AsyncIterator[Run]:
    """The Execution that runs the Function; nothing of it is left afterwards. Raises Failure."""
    name = f"invoke-{_head(order.function)}-{token_hex(4)}"
    manifest = execution_manifest(
        StartOrder(workflow=name, name=name, has_input=True, input=order.input)
    )
    labels = {LABEL_INVOCATION: label_value(_head(order.function))}
    manifest["metadata"]["labels"] = labels
    namespace = access.place.namespace
    try:
        with access.asking():
            made = await access.client.create(EXECUTIONS, namespace, manifest)
    except NotFound:
        await access.require_namespace()
        raise missing_crds(access.place) from None
    try:
        with access.asking():
            flow = _workflow(name, order, labels, made["metadata"]["uid"])
            await access.client.create(WORKFLOWS, namespace, flow)
        yield Run({**manifest, "metadata": made["metadata"], "status": {"phase": "Pending"}})
    finally:
        await _remove(access, name)


async def _remove(access: Access, name: str) -> None:
    """Remove both at once: what the Execution owns would go a little later."""
    for resource in (EXECUTIONS, WORKFLOWS):
        try:
            with access.asking():
                await access.client.delete(resource, access.place.namespace, name)
        except NotFound:
            continue
        except Failure as failure:
            raise Failure(
                t("cannot remove {name}: {reason}", name=name, reason=failure.message),
                remedy=t(
                    "it is removed {seconds} s after its end; or remove it now:"
                    " kubectl delete execution {name} -n {namespace}",
                    seconds=KEPT_SECONDS,
                    name=name,
                    namespace=access.place.namespace,
                ),
                code=failure.code,
            ) from failure


def _workflow(name: str, order: InvokeOrder, labels: Mapping[str, str], owner: str) -> JsonObject:
    owned: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "Execution",
        "name": name,
        "uid": owner,
    }
    kept: Json = {"ttlSeconds": KEPT_SECONDS}
    return {
        "apiVersion": API_VERSION,
        "kind": "Workflow",
        "metadata": {"name": name, "labels": dict(labels), "ownerReferences": [owned]},
        "spec": {
            "definitionText": to_text(order.definition),
            "retention": dict.fromkeys(("succeeded", "failed", "timedOut", "aborted"), kept),
        },
    }


def _head(function: str) -> str:
    """The readable part of a name of an object, from any name of a Function."""
    kept = "".join(it if it.isascii() and it.isalnum() else "-" for it in function.lower())
    return kept[:_LONGEST_HEAD].strip("-") or "function"


async def _function(access: Access, name: str) -> JsonObject:
    """The Function of this public name; mostly its object has the same. Raises Failure."""
    try:
        found = await access.get(FUNCTIONS, name)
        if (found["spec"].get("name") or name) == name:
            return found
    except Failure as failure:
        if failure.code != NOT_FOUND:
            raise
    items = await access.list(FUNCTIONS, access.place.namespace)
    by_name = {item["spec"].get("name") or item["metadata"]["name"]: item for item in items}
    if name not in by_name:
        raise not_found(
            t(
                "no {kind} {name!r} in namespace {namespace}",
                kind="Function",
                name=name,
                namespace=access.place.namespace,
            ),
            name,
            by_name,
            t("asw get functions shows all"),
        )
    return by_name[name]
