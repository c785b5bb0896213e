"""Workflows have a current revision and keep all they ever had; functions have one version."""

from asw.platforms.local.functions import LocalFunction
from asw.reconciler.platform import WorkflowMissing, WorkflowReady


def put(store, text="{}", **fields):
    """Make the text the definition of workflow ``flow``."""
    return store.catalogue.put_workflow("flow", public_name="Flow", text=text, **fields)


def test_current_revision_is_the_last_one_put(store):
    """A workflow runs as it was put last."""
    put(store, "{}")
    revision = put(store, '{"a":1}', dialect="TCSL")
    assert store.catalogue.workflow("flow") == WorkflowReady(revision=revision)


def test_old_revisions_stay(store):
    """An execution keeps the definition it began with, whatever happens to its workflow."""
    old = put(store, "{}")
    put(store, '{"a":1}')
    assert store.catalogue.revision(old.name) == old


def test_same_definition_is_the_same_revision(store):
    """A revision is named by its content."""
    assert put(store) == put(store)
    assert put(store).name != put(store, dialect="TCSL").name


def test_unknown_names(store):
    """What was never put is missing."""
    assert store.catalogue.workflow("flow") == WorkflowMissing()
    assert store.catalogue.revision("flow-1") is None
    assert store.catalogue.function("sum") is None


def test_functions_survive(store):
    """A function comes back as it was put, the last one of its name."""
    function = LocalFunction(name="sum", runtime="python3", files={"index.py": "语"})
    store.catalogue.put_function(LocalFunction(name="sum", runtime="shell"))
    store.catalogue.put_function(function)
    assert store.catalogue.function("sum") == function
