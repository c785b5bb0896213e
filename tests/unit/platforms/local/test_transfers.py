"""What distributed Maps read and write is stored before it is told, and forgotten if it is lost."""

import pytest

from asw.asl.model import ReaderConfig, ResultWriter
from asw.engine.commands import ReadItems, WriteResults
from asw.engine.facts import TaskFailed, TaskStarted, TaskSucceeded
from asw.engine.items import NoSuchObject, Reading, Writing
from asw.engine.task_ids import TaskId
from asw.platforms.local.store import open_store
from asw.platforms.local.tasks import Failed, Succeeded
from asw.platforms.local.transfers import perform
from tests.unit.platforms.local.conftest import NOW

ID = TaskId("uid-1", 7)


class Objects:
    """One object in one bucket; others raise the given error."""

    most_bytes = 1024

    def __init__(self, error):
        self.error = error
        self.written = []

    def get(self, bucket, key):
        """The object, or the error."""
        if key != "rows.json":
            raise self.error
        return b"[1, 2]"

    def put(self, bucket, key, body):
        """The error, unless there is none."""
        if self.error is not None:
            raise self.error
        self.written.append((bucket, key))


def read(key="rows.json"):
    """The command to read this object."""
    reading = Reading(
        resource="arn:aws:states:::s3:getObject",
        parameters={"Bucket": "b", "Key": key},
        config=ReaderConfig(input_type="JSON"),
    )
    return ReadItems(task_id=ID, reading=reading)


def write():
    """The command to write no results at all."""
    writing = Writing(
        writer=ResultWriter(resource="arn:aws:states:::s3:putObject"),
        parameters={"Bucket": "out"},
        results=(),
        map_run_arn="arn:aws:states:r:1:mapRun:flow/All:run",
    )
    return WriteResults(task_id=ID, writing=writing)


async def test_items_are_read():
    """The outcome of a read is the array of items."""
    assert await perform(read(), Objects(None)) == Succeeded(output=[1, 2])


async def test_results_are_written():
    """The outcome of a write names the manifest."""
    objects = Objects(None)
    outcome = await perform(write(), objects)
    assert objects.written == [("out", "run/manifest.json")]
    assert outcome.output["ResultWriterDetails"] == {"Bucket": "out", "Key": "run/manifest.json"}


@pytest.mark.parametrize(
    ("command", "error"),
    [(read("gone"), "States.ItemReaderFailed"), (write(), "States.ResultWriterFailed")],
    ids=["read", "write"],
)
@pytest.mark.parametrize("reason", [NoSuchObject("not there"), OSError("disk full")], ids=repr)
async def test_failures_have_awss_names(command, error, reason):
    """Whatever keeps a transfer from its object fails the Map, with the reason as its cause."""
    outcome = await perform(command, Objects(reason))
    assert isinstance(outcome, Failed)
    assert outcome.error == error
    assert str(reason) in outcome.cause


@pytest.mark.parametrize(
    ("outcome", "fact"),
    [
        (Succeeded(output=[1]), TaskSucceeded(task_id=ID, at=NOW, output=[1], started_at=NOW)),
        (Failed(error="E"), TaskFailed(task_id=ID, at=NOW, error="E", started_at=NOW)),
    ],
    ids=["succeeded", "failed"],
)
def test_outcome_survives_the_process(store, key, tmp_path, outcome, fact):
    """A transfer that ended is a fact, here and after a restart."""
    store.transfers.began(ID, NOW)
    assert store.transfers.transfer(ID).facts() == (TaskStarted(task_id=ID, at=NOW),)
    store.transfers.finish(ID, outcome, NOW)
    assert store.transfers.transfer(ID).facts() == (fact,)
    again = open_store(tmp_path)
    again.transfers.remember([ID, TaskId("uid-1", 8)])
    assert again.transfers.transfer(ID).facts() == (fact,)
    assert again.transfers.transfer(TaskId("uid-1", 8)) is None
    again.close()


def test_unfinished_transfer_is_unknown_afterwards(store, key, tmp_path):
    """Nothing of a transfer is stored before its outcome, so that it is begun anew."""
    store.transfers.began(ID, NOW)
    again = open_store(tmp_path)
    again.transfers.remember([ID])
    assert again.transfers.transfer(ID) is None
    again.close()
    store.transfers.lost(ID)
    assert store.transfers.transfer(ID) is None


def test_closed_transfers_leave_memory(store):
    """What nobody will ask about again is dropped; other executions' transfers are not."""
    other = TaskId("uid-2", 7)
    for task_id in (ID, other):
        store.transfers.began(task_id, NOW)
    store.transfers.keep_only("uid-1", ())
    assert store.transfers.transfer(ID) is None
    assert store.transfers.transfer(other) is not None
