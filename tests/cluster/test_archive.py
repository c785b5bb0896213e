"""The archive on the real cluster, with a PostgreSQL in it."""

import pytest

from dev import archive
from dev.cluster.settings import Settings
from tests.support.installation import SYSTEM, find_tools, install
from tests.support.space import Space, execution, function, one_task, workflow

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

SOURCE = "def main_handler(event, context):\n    return 'x' * 10_000\n"
POSTGRES = "deployment/asw-postgres"


@pytest.fixture
def _archive(space: Space):
    """An installation that archives, for one test."""
    find_tools()
    try:
        archive.deploy(SYSTEM, Settings.from_environment())
        install("archive.enabled=true", f"archive.secret.name={archive.SECRET}")
        yield
    finally:
        install()
        for kind in (POSTGRES, "service/asw-postgres", f"secret/{archive.SECRET}"):
            space.cluster.kubectl("--namespace", SYSTEM, "delete", kind, "--ignore-not-found")


def archived(space: Space) -> dict[str, str]:
    """Names and phases of what the database has of the namespace; nothing while it is away."""
    return asked(space, "name, phase FROM asw_runs")


def asked(space: Space, what: str) -> dict[str, str]:
    """Two columns of the rows of the namespace."""
    query = f"SELECT {what} WHERE namespace = '{space.namespace}'"
    psql = "psql -h /data -U asw -d postgres -tAc"
    script = f'PGPASSWORD=$PASSWORD exec {psql} "{query}"'
    words = ("--namespace", SYSTEM, "exec", POSTGRES, "--", "sh", "-c", script)
    lines = space.cluster.kubectl(*words).stdout.split()
    return dict(line.split("|") for line in lines)


@pytest.mark.usefixtures("_archive")
def test_what_is_deleted_is_archived_before(space: Space) -> None:
    """Also after a while without a database, in which it stays in the cluster."""
    space.apply(function("big", SOURCE), workflow("big", one_task("big")))
    space.apply(execution("first", "big", ttlSecondsAfterFinished=0))
    space.until("its end", lambda: space.all("executions") == [])
    assert archived(space) == {"first": "Succeeded"}
    scale = ("--namespace", SYSTEM, "scale", POSTGRES)
    space.cluster.kubectl(*scale, "--replicas=0")
    gone = ("--namespace", SYSTEM, "wait", "pods", "--selector=app=asw-postgres", "--for=delete")
    space.cluster.kubectl(*gone, "--timeout=60s")
    space.apply(execution("second", "big", ttlSecondsAfterFinished=0))
    item = space.finished("second")
    assert item["status"]["phase"] == "Succeeded"
    space.cluster.kubectl(*scale, "--replicas=1")
    space.cluster.kubectl("--namespace", SYSTEM, "rollout", "status", POSTGRES)
    space.until("its end", lambda: space.all("executions") == [], limit=180)
    assert archived(space) == {"second": "Succeeded"}, "the database came back empty"


PRINTING = """import time
def main_handler(event, context):
    print("printed by", event, flush=True)
    time.sleep(event["seconds"])
"""


@pytest.mark.usefixtures("_archive")
def test_logs_are_there_after_their_pods(space: Space) -> None:
    """Of a task that ended, and of one that timed out, whose Job goes at once."""
    space.apply(function("printing", PRINTING))
    space.apply(workflow("printing", one_task("printing", TimeoutSeconds=10)))
    space.apply(execution("short", "printing", {"seconds": 0}))
    space.apply(execution("long", "printing", {"seconds": 600}))
    assert space.finished("short")["status"]["phase"] == "Succeeded"
    assert space.finished("long")["status"]["phase"] in ("Failed", "TimedOut")
    uids = {space.get("execution", it)["metadata"]["uid"]: "" for it in ("short", "long")}
    space.until("both logs", lambda: asked(space, "uid, lost FROM asw_log_tails") == uids)
    space.until("the end of its Job", lambda: not space.jobs("long"))
