"""Workflows and Functions are reconciled until the API server takes it."""

from aiohttp import web

from asw.platforms.kubernetes.watch import definitions
from tests.support.kube_objects import function_object, workflow_object
from tests.support.kube_world import PATHS, kube_world


async def test_all_are_reconciled_when_the_lease_is_won():
    """While nobody held it, nobody looked."""
    async with kube_world() as world:
        world.feed.workflow("ADDED", world.api.put(PATHS["workflow"], workflow_object()))
        world.feed.function("ADDED", world.api.put(PATHS["function"], function_object()))
        await world.definitions.reconcile_all()
        assert world.stored("workflow", "orders")["status"]["revision"]
        assert world.stored("function", "sum")["status"]["codeRef"]


async def test_outage_is_outlasted(monkeypatch):
    """Events are not repeated: the write is."""
    monkeypatch.setattr(definitions, "RETRY_SECONDS", (0, 0, 0))
    async with kube_world() as world:
        for _ in range(3):
            world.api.fail("PUT", "workflows", web.json_response({}, status=503))
        await world.apply("workflow", workflow_object())
        assert world.stored("workflow", "orders")["status"]["revision"]


async def test_long_outage_is_left_to_the_next_round(monkeypatch, caplog):
    """It is said, and tried again with all others."""
    monkeypatch.setattr(definitions, "RETRY_SECONDS", ())
    async with kube_world() as world:
        world.api.fail("PUT", "workflows", web.json_response({"message": "no"}, status=503))
        await world.apply("workflow", workflow_object())
        assert "status" not in world.stored("workflow", "orders")
        assert "503: no" in caplog.text


async def test_refusal_is_said(caplog):
    """A missing permission is named in the log."""
    async with kube_world() as world:
        world.api.fail("PUT", "functions", web.json_response({"message": "forbidden"}, status=403))
        await world.apply("function", function_object())
        assert "forbidden" in caplog.text


async def test_object_that_went_round_its_schema_is_said(caplog):
    """An installation without our schema lets anything through."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definitionText="{}"))
        assert "set exactly one of" in caplog.text
        assert world.feed.cache.workflows == {}


async def test_deleted_definitions_are_forgotten():
    """What is gone is not called any more."""
    async with kube_world() as world:
        for kind, item in (("workflow", workflow_object()), ("function", function_object())):
            stored = await world.apply(kind, item)
            await world.show(kind, stored, "DELETED")
        assert world.feed.cache.workflows == {}
        assert world.feed.cache.functions == {}
