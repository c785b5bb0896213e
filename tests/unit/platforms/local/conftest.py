"""A store in memory for each test, and what to put into it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from asw.platforms.local.executions import NewExecution
from asw.platforms.local.store import Store, open_store

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    """An empty store in a folder of its own."""
    opened = open_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def key(store):
    """An execution in the store."""
    return store.executions.create(new_execution())


def new_execution(name="run-1", uid="uid-1", **fields):
    """An execution about to be made."""
    given = {"workflow_name": "flow", "input": {"a": None}, "created_at": NOW} | fields
    return NewExecution(uid=uid, name=name, execution_name=name, **given)
