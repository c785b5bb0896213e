"""What /metrics shows, and that its reference names all of it."""

import asyncio
import re
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from asw.operator.metric_families import Sources
from asw.operator.metrics import FAMILIES, Metrics
from asw.operator.supervision import Supervisor
from asw.operator.vitals import Vitals
from asw.platforms.kubernetes.leader.claims import Claims
from asw.platforms.kubernetes.leader.lease import Candidate, Lease
from tests.support.kube_objects import execution_object, workflow_object
from tests.support.kube_world import kube_world

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "metrics.md"


@asynccontextmanager
async def an_operator():
    """A world over the API server in memory, and its metrics by sample."""
    async with kube_world() as world:
        candidate = Candidate(namespace="asw", name="lease", identity="one", address="")
        vitals, supervisor = Vitals(), Supervisor()
        metrics = Metrics(
            Sources(
                reconciler=world.reconciler,
                client=world.client,
                cache=world.feed.cache,
                lease=Lease(None, candidate, lambda _: None),
                vitals=vitals,
                supervisor=supervisor,
                claims=Claims(None, "asw/lease", ()),
                pools=world.platform.pools,
                teller=world.platform.teller,
                holder=None,
            )
        )

        def samples():
            families = text_string_to_metric_families(metrics.text().decode())
            return {
                (it.name, *it.labels.values()): it.value for each in families for it in each.samples
            }

        async with supervisor.keeping("tick", lambda _: asyncio.Event().wait(), patience=60):
            await asyncio.sleep(0)
            yield world, vitals, samples


async def test_every_family_is_shown():
    """From the start on, as the type that the table says; the process tells of itself too."""
    async with an_operator() as (world, vitals, samples):
        vitals.expect(["/api/v1/pods"])
        await world.apply("workflow", workflow_object())
        shown = {name for name, *_ in samples()}
    for family in FAMILIES:
        suffix = {"counter": "_total", "gauge": "", "histogram": "_bucket"}[family.kind]
        assert family.name + suffix in shown, family.name
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total"} <= shown


async def test_a_run_shows():
    """Phases, ends, transitions, requests and durations follow what happened."""
    async with an_operator() as (world, _, samples):
        definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
        await world.apply("workflow", workflow_object(definition=definition))
        await world.apply("execution", execution_object())
        await world.until(lambda: world.stored("execution").get("status", {}).get("completionTime"))
        await world.until(lambda: not world.reconciler.live)
        found = samples()
        await world.show("execution", world.stored("execution"), "DELETED")
        assert samples()["asw_executions", "Succeeded"] == 0
    assert found["asw_executions", "Pending"] == 0
    assert found["asw_executions", "Succeeded"] == 1
    assert found["asw_executions_started_total",] == 1
    assert found["asw_executions_ended_total", "SUCCEEDED"] == 1
    assert found["asw_executions_ended_total", "FAILED"] == 0
    assert found["asw_state_transitions_total",] == 1
    assert found["asw_api_writes_total", "executions", "status"] == 1
    assert found["asw_api_request_seconds_count", "executions", "status"] == 1
    assert found["asw_save_seconds_count",] == found["asw_save_seconds_bucket", "+Inf"] == 1
    assert found["asw_waiting_passes",] == 0


def test_names_are_as_prometheus_wants_them():
    """A prefix, base units, no abbreviations; a family is of our own or of the library."""
    for family in FAMILIES:
        assert re.fullmatch(r"asw_[a-z]+(_[a-z]+)*", family.name)
        assert family.help.endswith(".")
        if family.kind == "histogram":
            assert family.name.endswith("_seconds")


def test_the_reference_names_all_of_them():
    """docs/reference/metrics.md has one row a family, in the words of /metrics, and no other."""
    wanted = [_row(family) for family in FAMILIES]
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `asw_")]
    assert rows == wanted, "write these rows:\n" + "\n".join(wanted)


def _row(family):
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"| `{family.sample}` | {family.kind} | {labels} | {family.help} |"


def test_alerts_ask_for_what_there_is():
    """Every series in the chart's alerts is one of the table."""
    rules = ROOT / "charts" / "asw" / "templates" / "prometheusrule.yaml"
    asked = set(re.findall(r"\basw_[a-z_]+", rules.read_text("utf-8")))
    suffixes = ("", "_bucket", "_count", "_sum")
    assert asked
    assert asked <= {family.sample + suffix for family in FAMILIES for suffix in suffixes}
