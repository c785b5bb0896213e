"""Schedules on the real cluster: they start runs, survive the operator, and say what is wrong."""

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from asw.api.instants import parse_instant
from tests.support.host_operator import host_operator
from tests.support.playground import run_asw
from tests.support.space import API, Object, Space, workflow

pytestmark = pytest.mark.cluster

PASSING = {"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": True}}}


def schedule(name: str, **spec: Any) -> Object:
    """A Schedule of the Workflow ``etl``."""
    spec = {"workflowRef": {"name": "etl"}, **spec}
    return {"apiVersion": API, "kind": "Schedule", "metadata": {"name": name}, "spec": spec}


def runs_of(space: Space, name: str) -> list[Object]:
    """The Executions that the Schedule started."""
    return space.all("executions", f"--selector=asw.dev/schedule={name}")


def status_of(space: Space, name: str) -> Object:
    """The status of the Schedule."""
    found: Object = space.get("schedule", name)["status"]
    return found


def instants(runs: list[Object]) -> list[datetime]:
    """For which instants they were started, in order."""
    marks = (it["metadata"]["annotations"]["asw.dev/scheduled-time"] for it in runs)
    return sorted(map(parse_instant, marks))


@pytest.mark.alone
def test_kills_skip_and_double_no_instant(space: Space, tmp_path: Path) -> None:
    """Each three seconds have one run, though the operator is killed five times meanwhile."""
    with host_operator(space.cluster, tmp_path / "operator.log") as operator:
        often = schedule("often", every="3s", catchUp="All", input={"of.$": "$$.Schedule.Name"})
        space.apply(workflow("etl", PASSING), often)
        for count in range(1, 6):
            space.until("a run", lambda count=count: len(runs_of(space, "often")) > count)
            operator.kill()
            operator.start()
        space.until("runs", lambda: len(runs_of(space, "often")) >= 10)
        space.kubectl(
            "patch", "schedule/often", "--type=merge", '--patch={"spec":{"suspend":true}}'
        )
        space.until("the pause", lambda: is_at_rest(status_of(space, "often")))
        runs, status = runs_of(space, "often"), status_of(space, "often")
    found = instants(runs)
    assert {after - before for before, after in pairwise(found)} == {timedelta(seconds=3)}
    assert {it["status"]["phase"] for it in runs} == {"Succeeded"}
    assert (status["lastOutcome"], status["missed"]) == ("Succeeded", 0)
    assert runs[0]["status"]["output"] == {"of": "often"}


def is_at_rest(status: Object) -> bool:
    """Whether it is suspended, and nothing runs any more."""
    return bool(status["suspended"]) and status["active"] == 0


def test_backfill_by_the_command_line_runs_the_past(space: Space, tmp_path: Path) -> None:
    """The order of asw backfill is carried out, and asw schedules shows the Schedule."""
    space.apply(workflow("etl", PASSING), schedule("daily", cron="0 3 * * *"))
    where = ("-n", space.namespace)
    days = ("--from", "2026-01-01", "--to", "2026-01-03T12:00:00Z", "--per-minute", "6000")
    done = run_asw(tmp_path, "backfill", *where, "daily", *days)
    assert done.returncode == 0, done.stderr

    def is_over() -> bool:
        return "completionTime" in status_of(space, "daily").get("backfill", {})

    space.until("the backfill", is_over)
    found = instants(runs_of(space, "daily"))
    assert found == [datetime(2026, 1, day, 3, tzinfo=UTC) for day in (1, 2, 3)]
    shown = run_asw(tmp_path, "schedules", *where)
    assert shown.stdout.splitlines()[1].split()[:2] == ["daily", "etl"], shown.stdout


def test_queued_and_replaced_runs_take_turns(space: Space) -> None:
    """Queued runs follow one another; a replaced one is aborted before the next one begins."""
    slow = {"StartAt": "Go", "States": {"Go": {"Type": "Wait", "Seconds": 5, "End": True}}}
    space.apply(
        workflow("etl", slow),
        schedule("queue", every="3s", concurrencyPolicy="Queue"),
        schedule("replace", every="3s", concurrencyPolicy="Replace"),
    )

    def ended(name: str, phase: str) -> list[Object]:
        return [it for it in runs_of(space, name) if it.get("status", {}).get("phase") == phase]

    space.until("two queued runs", lambda: len(ended("queue", "Succeeded")) >= 2)
    space.until("two replaced runs", lambda: len(ended("replace", "Aborted")) >= 2)
    spans = sorted(
        (it["status"]["startTime"], it["status"]["completionTime"])
        for it in ended("queue", "Succeeded")
    )
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert {it["status"]["error"] for it in ended("replace", "Aborted")} == {"Asw.Replaced"}


def test_what_the_schema_cannot_see_is_a_condition(space: Space) -> None:
    """A cron expression that is wrong is told by the object, and mended by an edit."""
    space.apply(workflow("etl", PASSING), schedule("wrong", cron="61 * * * *"))
    space.kubectl("wait", "--for=condition=Stalled", "--timeout=30s", "schedule/wrong")
    (ready,) = [it for it in status_of(space, "wrong")["conditions"] if it["type"] == "Ready"]
    assert "'minute' is wrong" in ready["message"]
    space.kubectl(
        "patch", "schedule", "wrong", "--type=merge", "-p", '{"spec":{"cron":"0 * * * *"}}'
    )
    space.kubectl("wait", "--for=condition=Ready", "--timeout=30s", "schedule/wrong")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"cron": "0 * * * *", "every": "5m"}, "exactly one of cron and every"),
        ({"every": "5m", "timeZone": "UTC"}, "timeZone is for cron"),
        ({"every": "often"}, "spec.every"),
        ({"every": "5m", "catchUp": "Some"}, "spec.catchUp"),
        (
            {"every": "5m", "startAt": "2026-02-01T00:00:00Z", "endAt": "2026-01-01T00:00:00Z"},
            "endAt must be after startAt",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_api_server(
    space: Space, spec: Object, told: str
) -> None:
    """Kubectl apply says at once what is wrong."""
    item = json.dumps(schedule("odd", **spec))
    assert told in space.kubectl("apply", "--filename=-", stdin=item, check=False)


def test_instants_that_are_missed_are_one_event_with_a_count(space: Space) -> None:
    """A run that takes longer than its Schedule's span is told, in one line however often."""
    slow = {"StartAt": "Go", "States": {"Go": {"Type": "Wait", "Seconds": 600, "End": True}}}
    space.apply(workflow("etl", slow), schedule("late", every="3s", concurrencyPolicy="Forbid"))
    of_it = "--field-selector=involvedObject.kind=Schedule,reason=RunForbidden"

    def counted() -> bool:
        found = space.all("events", of_it)
        assert len(found) <= 1
        is_told = any(it["count"] >= 3 for it in found)
        return is_told and status_of(space, "late")["missed"] >= 3

    space.until("a count", counted)
    shown = space.kubectl("describe", "schedule", "late").partition("\nEvents:")[2]
    (line,) = [it for it in shown.splitlines() if "RunForbidden" in it]
    assert line.split()[0] == "Warning"
    assert re.search(r"\(x\d+ over ", line)
    assert "no run for an instant: a run is under way (concurrencyPolicy: Forbid)" in line
