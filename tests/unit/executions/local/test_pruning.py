"""What ``asw prune`` deletes of this machine's store, and what it never does."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from asw.api.workflow import OutcomeRetention, Retention
from asw.asl.errors import Failure
from asw.cli.main import main
from asw.engine.history import Event
from asw.engine.record import Outcome
from asw.engine.task_ids import TaskId
from asw.executions.local.pruning import PruneOrder, past_their_time
from asw.platforms.local.presence import present
from asw.platforms.local.pruning import Ended
from asw.platforms.local.store import open_store
from asw.reconciler.distributed import Child
from asw.reconciler.platform import Redrive, Save
from tests.unit.platforms.local.conftest import new_execution
from tests.unit.platforms.local.test_children import a_start
from tests.unit.platforms.local.test_executions import a_record

NOW = datetime.now(UTC)
DAY = 86_400
NOTHING = PruneOrder()


def over(name, days, workflow="flow", status="SUCCEEDED", ttl=None):
    """An execution that ended so many days ago."""
    return Ended(
        uid=name,
        name=name,
        workflow_name=workflow,
        status=status,
        ended_at=NOW - timedelta(days=days),
        ttl_seconds=ttl,
    )


RUNS = [
    *(over(f"ok-{n}", n) for n in range(12)),
    *(over(f"bad-{n}", n * 10, status="FAILED") for n in range(5)),
    over("other-1", 8, workflow="other"),
    over("short", 1, ttl=3600),
    over("long", 400, ttl=1000 * DAY),
]


@pytest.mark.parametrize(
    ("order", "own", "expected"),
    [
        (NOTHING, {}, "ok-11 ok-10 ok-9 ok-8 ok-7 bad-4 bad-3 other-1 short"),
        (PruneOrder(workflow="other"), {}, "other-1"),
        (PruneOrder(older_than=35 * DAY), {}, "bad-4 long"),
        (PruneOrder(older_than=35 * DAY, workflow="flow"), {}, "bad-4 long"),
        (PruneOrder(keep=4), {}, "long ok-11 ok-10 ok-9 ok-8 ok-7 ok-6 ok-5 ok-4 ok-3 bad-4"),
        (PruneOrder(keep=4, older_than=25 * DAY, workflow="flow"), {},
         "long ok-11 ok-10 ok-9 ok-8 ok-7 ok-6 ok-5 ok-4 ok-3 bad-4 bad-3"),
        (NOTHING, {"flow": Retention(succeeded=OutcomeRetention(limit=11))},
         "ok-11 bad-4 bad-3 other-1 short"),
        (NOTHING, {"flow": Retention(failed=OutcomeRetention(ttl_seconds=400 * DAY))},
         "ok-11 ok-10 ok-9 ok-8 ok-7 other-1 short"),
    ],
)  # fmt: skip
def test_the_rule_is_that_of_clusters(order, own, expected):
    """Its own time, else what its Workflow says, else the default; bounds that are given win."""
    found = past_their_time(RUNS, own, order, NOW)
    assert sorted(each.name for each in found) == sorted(expected.split())


# The store


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The data folder of the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".asw"


@pytest.fixture
def store(folder):
    """Its store, empty."""
    opened = open_store(folder)
    yield opened
    opened.close()


def ended(store, name, days=100, **fields):
    """An execution that failed so many days ago and printed something."""
    key = store.executions.create(new_execution(name=name, uid=f"u-{name}", **fields))
    end(store, key.uid, days)
    return key


def end(store, uid, days=100):
    """It failed so many days ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    outcome = Outcome(status="FAILED", at=at, failure=Failure("E", "because"))
    event = Event(id=1, previous_event_id=0, type="ExecutionStarted", at=at, details={})
    record, fence = a_record(uid=uid, outcome=outcome), store.executions.load(uid).fence
    save = Save(record=record, revision="r-1", history=[event], at=at)
    store.executions.save(uid, save, fence)


def prune(*words):
    """What it printed, as names, and its remark."""
    done = CliRunner().invoke(main, ["prune", "-o", "name", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return [line.removeprefix("execution.asw.dev/") for line in done.stdout.split()], done.stderr


def names(store):
    """Executions that are there."""
    return set(store.shown.names(with_children=True))


def test_it_deletes_all_of_an_execution(store, folder):
    """Row, history and what its tasks printed; a younger one keeps all of it."""
    for name, days in (("old", 31), ("young", 29)):
        ended(store, name, days)
        logs = folder / "logs" / name / "child"
        logs.mkdir(parents=True)
        (logs / "1.log").write_text("hello")
    assert prune() == (["old"], "executions deleted: 1\n")
    assert names(store) == {"young"}
    assert store.executions.history("u-old") == []
    assert len(store.executions.history("u-young")) == 1
    assert [path.name for path in (folder / "logs").iterdir()] == ["young"]


def test_a_dry_run_deletes_nothing(store):
    """It shows the same ones."""
    ended(store, "old")
    assert prune("--dry-run") == (["old"], "executions that would be deleted: 1\n")
    assert names(store) == {"old"}


def test_what_is_not_over_is_never_deleted(store):
    """Neither one that nobody began, nor one that was interrupted, nor one to be redriven."""
    store.executions.create(new_execution(name="new", uid="u-new"))
    key = store.executions.create(new_execution(name="half", uid="u-half"))
    store.executions.save(key.uid, Save(record=a_record(uid=key.uid), at=NOW), "1")
    again = ended(store, "again")
    store.executions.request_redrive(again.uid, Redrive(number=1))
    assert prune("--keep", "0", "--older-than", "0s") == ([], "no execution is past its time\n")
    assert names(store) == {"new", "half", "again"}


def test_what_a_process_works_on_stays(store, folder):
    """It may still show how the execution ended."""
    key = ended(store, "old")
    with present(folder) as presence:
        presence.add([key.uid])
        assert prune()[0] == []
    assert prune()[0] == ["old"]


def a_child(parent, ordinal, map_state="All"):
    """A child of a distributed Map."""
    record = a_record(uid=f"{parent.uid}-{ordinal}", name=f"{parent.name}-{ordinal}")
    task_id = TaskId(parent.uid, ordinal)
    return Child(task_id=task_id, map_state=map_state, revision="r-1", record=record)


def test_children_of_maps_go_with_their_parent(store):
    """And not before: neither age nor number looks at them."""
    parent = ended(store, "parent", days=1)
    for child in store.children.create(parent, [a_child(parent, n) for n in (1, 2, 3)]):
        end(store, child.uid)
    assert prune()[0] == []
    assert prune("--keep", "0")[0] == ["parent"]
    assert names(store) == set()


def test_a_child_that_runs_keeps_its_parent(store):
    """A Map that was stopped still owes its children their end."""
    parent = ended(store, "parent")
    first, _ = store.children.create(parent, [a_child(parent, n) for n in (1, 2)])
    end(store, first.uid)
    assert prune()[0] == []
    assert len(names(store)) == 3


def nested(store, parent, *, is_awaited):
    """What a Task of the parent ``uid-1`` started."""
    return store.children.start(parent, a_start(pattern=".sync" if is_awaited else ""))


def test_what_a_task_started_outlives_its_starter(store):
    """It belongs to nobody, and goes by its own age."""
    parent = store.executions.create(new_execution(name="parent"))
    child = nested(store, parent, is_awaited=True)
    end(store, parent.uid)
    end(store, child.uid, days=1)
    assert prune()[0] == ["parent"]
    assert names(store) == {child.name}
    assert len(store.executions.history(child.uid)) == 1
    assert prune("--keep", "0")[0] == [child.name]


@pytest.mark.parametrize("is_awaited", [True, False])
def test_what_is_waited_for_stays(store, is_awaited):
    """As long as the one that started it runs and may not have read its end."""
    parent = store.executions.create(new_execution(name="parent"))
    child = nested(store, parent, is_awaited=is_awaited)
    end(store, child.uid)
    assert prune()[0] == ([] if is_awaited else [child.name])


def test_definitions_that_nobody_runs_go_too(store, folder):
    """Those of Workflows and of what is left stay; and nothing goes while somebody works here."""
    put = store.catalogue.put_workflow
    first, second, third = (
        put("flow", public_name="flow", text=f'{{"Comment":"{n}"}}').name for n in range(3)
    )
    for name, revision, days in (("old", first, 100), ("young", second, 1)):
        key = store.executions.create(new_execution(name=name, uid=f"u-{name}"))
        end(store, key.uid, days)
        fence = store.executions.load(key.uid).fence
        record = store.executions.load(key.uid).record
        store.executions.save(key.uid, Save(record=record, revision=revision, at=NOW), fence)
    assert prune()[0] == ["old"]
    known = [store.catalogue.revision(it) is not None for it in (first, second, third)]
    assert known == [False, True, True]


def test_it_takes_what_applied_workflows_and_executions_say(folder, tmp_path):
    """``spec.retention`` and ``spec.ttlSecondsAfterFinished`` of manifests reach the store."""
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    head = {"apiVersion": "asw.dev/v1alpha1"}
    retention = {"succeeded": {"ttlSeconds": 0}}
    items = [
        head | {"kind": "Workflow", "metadata": {"name": "brief"},
                "spec": {"definition": definition, "retention": retention}},
        head | {"kind": "Workflow", "metadata": {"name": "plain"},
                "spec": {"definition": definition}},
        *(head | {"kind": "Execution", "metadata": {"name": f"{workflow}-{name}"},
                  "spec": {"workflowRef": {"name": workflow}, **ttl}}
          for workflow, name, ttl in (
              ("brief", "a", {}), ("brief", "b", {"ttlSecondsAfterFinished": 3600}),
              ("plain", "a", {}), ("plain", "b", {"ttlSecondsAfterFinished": 0}))),
    ]  # fmt: skip
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    Path(tmp_path / "all.json").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["run", "all.json"])
    assert done.exit_code == 0, done.output
    assert sorted(prune()[0]) == ["brief-a", "plain-b"]


def test_a_name_that_leads_elsewhere_deletes_nothing_there(store, folder, tmp_path):
    """Logs are deleted below the folder of logs, and a link is not followed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    (folder / "logs" / "linked").symlink_to(outside)
    for name in ("..", ".", "../../outside", "linked"):
        ended(store, name)
    assert len(prune()[0]) == 4
    assert outside.is_dir()
    assert folder.is_dir()
    assert (folder / "logs").is_dir()


def test_one_that_is_redriven_meanwhile_stays(store):
    """Between the choice and the deletion somebody else may write."""
    key = ended(store, "old")
    store.executions.request_redrive(key.uid, Redrive(number=1))
    assert store.pruning.delete([key.uid, "nobody"]) == set()
    assert names(store) == {"old"}


def test_objects_for_programs(store):
    """``-o json`` prints what was deleted as a List, an empty one too."""
    ended(store, "old")
    words = ["prune", "-o", "json"]
    done = CliRunner().invoke(main, words)
    (item,) = json.loads(done.stdout)["items"]
    assert (item["metadata"]["name"], item["status"]["phase"]) == ("old", "Failed")
    assert json.loads(CliRunner().invoke(main, words).stdout)["items"] == []


def test_a_deletion_does_not_look_at_all_tasks(store):
    """What goes with an execution is found by indexes, however much else there is."""
    plans = [
        row[-1]
        for table in ("tasks", "transfers")
        for row in store.pruning._connection.execute(
            f"EXPLAIN QUERY PLAN DELETE FROM {table} WHERE owner_uid = 'x'"
        )
    ]
    assert all("INDEX" in plan for plan in plans), plans
