"""Workflows, their pinned revisions, functions and Connections in SQLite."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from asw.api.names import digest12
from asw.asl.values import Json, JsonObject, from_text
from asw.platforms.local.database import dump, transaction
from asw.platforms.local.functions import LocalFunction
from asw.reconciler.platform import (
    Revision,
    WorkflowMissing,
    WorkflowReady,
    WorkflowState,
)

if TYPE_CHECKING:
    from asw.api.objects import OnLost
    from asw.asl.model import Dialect


class Catalogue:
    """The tables ``workflows``, ``revisions``, ``functions`` and ``connections``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put_workflow(
        self,
        name: str,
        *,
        public_name: str,
        text: str,
        dialect: "Dialect" = "ASL",
        default_input: str | None = None,
    ) -> Revision:
        """Make the definition the current one of the workflow, and pin it.

        ``default_input`` is the JSON text of the input of executions that bring none.
        """
        revision = Revision(
            name=f"{name}-{digest12(dialect + public_name + text)}",
            workflow_name=public_name,
            text=text,
            dialect=dialect,
        )
        with transaction(self._connection):
            self._connection.execute(
                "INSERT OR IGNORE INTO revisions VALUES (?, ?, ?, ?)",
                (revision.name, public_name, dialect, text),
            )
            self._connection.execute(
                "INSERT OR REPLACE INTO workflows (name, revision, default_input) VALUES (?, ?, ?)",
                (name, revision.name, default_input),
            )
        return revision

    def configure(
        self,
        name: str,
        *,
        on_lost: "OnLost",
        objects: Path,
        connections: Mapping[str, str] | None = None,
    ) -> None:
        """Set what happens to lost tasks whose function does not say, and the folder of buckets.

        ``connections`` has the names of Connections by service.
        """
        self._connection.execute(
            "UPDATE workflows SET on_lost = ?, objects = ?, connections = ? WHERE name = ?",
            (on_lost, str(objects), dump(dict(connections or {})), name),
        )

    def keep(self, name: str, retention: str | None) -> None:
        """Set how long executions of the workflow are kept: the JSON text of its spec.retention."""
        query = "UPDATE workflows SET retention = ? WHERE name = ?"
        self._connection.execute(query, (retention, name))

    def entry(self, name: str) -> tuple[object, ...] | None:
        """All that is known of the current workflow, for comparison; None if there is none."""
        query = "SELECT * FROM workflows WHERE name = ?"
        row: tuple[object, ...] | None = self._connection.execute(query, (name,)).fetchone()
        return row

    def objects(self, name: str) -> Path:
        """The folder of buckets of the workflow's executions, else the default one."""
        query = "SELECT objects FROM workflows WHERE name = ?"
        row = self._connection.execute(query, (name,)).fetchone()
        return Path("objects" if row is None or row[0] is None else row[0]).absolute()

    def default_input(self, name: str) -> Json:
        """The input of executions of the workflow that bring none."""
        query = "SELECT default_input FROM workflows WHERE name = ?"
        row = self._connection.execute(query, (name,)).fetchone()
        return {} if row is None or row[0] is None else from_text(row[0])

    def on_lost(self, execution_uid: str) -> "OnLost":
        """What happens to the execution's lost tasks, according to its current workflow."""
        query = (
            "SELECT workflows.on_lost FROM executions JOIN workflows"
            " ON workflows.name = executions.workflow_name WHERE executions.uid = ?"
        )
        row = self._connection.execute(query, (execution_uid,)).fetchone()
        return "Retry" if row is None else cast("OnLost", row[0])

    def workflow(self, name: str) -> WorkflowState:
        """The workflow as it is now."""
        row = self._connection.execute(
            "SELECT revision FROM workflows WHERE name = ?", (name,)
        ).fetchone()
        revision = None if row is None else self.revision(row[0])
        return WorkflowMissing() if revision is None else WorkflowReady(revision=revision)

    def named(self, public_name: str) -> str | None:
        """The workflow that definitions know by this name; None if there is none."""
        row = self._connection.execute(
            "SELECT workflows.name FROM workflows JOIN revisions"
            " ON revisions.name = workflows.revision WHERE revisions.workflow_name = ?"
            " ORDER BY workflows.name != ? LIMIT 1",
            (public_name, public_name),
        ).fetchone()
        return None if row is None else str(row[0])

    def revision(self, name: str) -> Revision | None:
        """The pinned definition of that name, or None."""
        row = self._connection.execute(
            "SELECT workflow_name, dialect, text FROM revisions WHERE name = ?", (name,)
        ).fetchone()
        if row is None:
            return None
        workflow_name, dialect, text = row
        return Revision(
            name=name, workflow_name=workflow_name, text=text, dialect=cast("Dialect", dialect)
        )

    def put_function(self, function: LocalFunction) -> None:
        """Make this the function of its name."""
        self._connection.execute(
            "INSERT OR REPLACE INTO functions VALUES (?, ?)",
            (function.name, dump(function.to_plain())),
        )

    def function(self, name: str) -> LocalFunction | None:
        """The function that definitions call by this name."""
        row = self._connection.execute(
            "SELECT function FROM functions WHERE name = ?", (name,)
        ).fetchone()
        return None if row is None else LocalFunction.from_plain(from_text(row[0]))

    def connections(self, execution_uid: str) -> tuple[str, Mapping[str, str]]:
        """The execution's current workflow, and the names of its Connections by service."""
        query = (
            "SELECT revisions.workflow_name, workflows.connections FROM executions"
            " JOIN workflows ON workflows.name = executions.workflow_name"
            " JOIN revisions ON revisions.name = workflows.revision WHERE executions.uid = ?"
        )
        row = self._connection.execute(query, (execution_uid,)).fetchone()
        return ("", {}) if row is None else (row[0], from_text(row[1]))

    def put_connection(self, name: str, connection: Json) -> None:
        """Make this the Connection of its name."""
        self._connection.execute(
            "INSERT OR REPLACE INTO connections VALUES (?, ?)", (name, dump(connection))
        )

    def connection(self, name: str) -> JsonObject | None:
        """The Connection that Workflows call by this name."""
        query = "SELECT connection FROM connections WHERE name = ?"
        row = self._connection.execute(query, (name,)).fetchone()
        found: JsonObject | None = None if row is None else from_text(row[0])
        return found
