"""The dashboard of the chart asks for what the operator shows, and Grafana can draw it."""

import itertools
import json
import re

import pytest
from prometheus_client import CollectorRegistry, ProcessCollector

from asw.operator.metrics import FAMILIES
from tests.chart.conftest import of_kind

ENABLED = "--set=grafanaDashboard.enabled=true"
OF_TARGETS = {"namespace", "pod"}
"""Labels that Prometheus gives to what it collects through a ServiceMonitor."""
WORDS = {"sum", "max", "by", "rate", "increase", "histogram_quantile"}
SELECTED = re.compile(r"(\w+)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
GROUPED = re.compile(r"\bby \(([^)]*)\)")
NAME = re.compile(r"[a-zA-Z_]\w*")


def own_samples():
    """Names in queries of the operator's families, with their labels."""
    for family in FAMILIES:
        if family.kind == "histogram":
            yield f"{family.name}_bucket", {*family.labels, "le"}
            yield f"{family.name}_sum", set(family.labels)
            yield f"{family.name}_count", set(family.labels)
        else:
            yield family.sample, set(family.labels)


def samples():
    """All names that a query may use: those of the process too."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    of_process = {sample.name: set() for it in registry.collect() for sample in it.samples}
    return of_process | dict(own_samples())


def mistakes(expr, known):
    """What a query asks for that is not there."""
    selected = SELECTED.findall(expr)
    if not selected:
        yield "no series"
    labels = set(OF_TARGETS)
    for name, matchers in selected:
        if name not in known:
            yield f"metric {name}"
        own = known.get(name, set()) | OF_TARGETS
        labels |= own
        used = MATCHER.findall(matchers)
        yield from (f"label {it} of {name}" for it in used if it not in own)
        if 'namespace="$namespace"' not in matchers:
            yield f"{name} of all installations"
    groups = [it for group in GROUPED.findall(expr) for it in NAME.findall(group)]
    yield from (f"label {it}" for it in groups if it not in labels)
    rest = re.sub(r"\[[^]]*\]", "", GROUPED.sub("", SELECTED.sub("", expr)))
    yield from (f"word {it}" for it in NAME.findall(rest) if it not in WORDS)


def cells(panel):
    """The places on the grid that a panel covers."""
    at = panel["gridPos"]
    columns = range(at["x"], at["x"] + at["w"])
    return set(itertools.product(columns, range(at["y"], at["y"] + at["h"])))


def overlaps(panels):
    """Titles of panels that lie over others."""
    taken = set()
    for panel in panels:
        if taken & cells(panel):
            yield panel["title"]
        taken |= cells(panel)


@pytest.fixture(scope="module")
def dashboard(render):
    """The dashboard as Grafana's sidecar reads it."""
    return json.loads(of_kind(render(ENABLED), "ConfigMap")["asw-dashboard"]["data"]["asw.json"])


@pytest.fixture(scope="module")
def panels(dashboard):
    """Its panels without the rows."""
    found = [each for each in dashboard["panels"] if each["type"] != "row"]
    assert found
    return found


def test_every_query_asks_for_what_the_operator_shows(panels):
    """Metrics and labels are those of /metrics, and of the installation that is chosen."""
    known = samples()
    found = [
        (panel["title"], mistake)
        for panel in panels
        for target in panel["targets"]
        for mistake in mistakes(target["expr"], known)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("expr", "mistake"),
    [
        ('sum(rate(asw_saves{namespace="$namespace"}[5m]))', "metric asw_saves"),
        ('sum(asw_step_seconds{namespace="$namespace"})', "metric asw_step_seconds"),
        ('sum by (phase) (asw_tasks{namespace="$namespace"})', "label phase"),
        ('sum by (le) (asw_step_seconds_sum{namespace="$namespace"})', "label le"),
        ('asw_tasks{namespace="$namespace",phase="x"}', "label phase of asw_tasks"),
        ('asw_tasks{namespace="$namespace"} / asw_nothing', "word asw_nothing"),
        ("sum(asw_tasks{})", "asw_tasks of all installations"),
        ("sum(asw_tasks)", "no series"),
    ],
    ids=[
        "counter without _total",
        "histogram without suffix",
        "label of another family",
        "le of a sum",
        "selector of another family",
        "bare unknown metric",
        "any namespace",
        "bare metric",
    ],
)
def test_a_query_with_a_mistake_is_found(expr, mistake):
    """The check of queries names what is wrong with them."""
    assert mistake in list(mistakes(expr, samples()))


def test_every_panel_explains_itself(panels):
    """Title, unit and one sentence; no two have the same title."""
    for panel in panels:
        assert panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert re.fullmatch(r"[A-Z0-9][^.]*\.", panel["description"]), panel["title"]
    assert len({panel["title"] for panel in panels}) == len(panels)


def test_panels_have_their_own_ids_and_places(dashboard):
    """Grafana takes ids for identity, and draws what overlaps somewhere else."""
    drawn = dashboard["panels"]
    assert len({panel["id"] for panel in drawn}) == len(drawn)
    assert list(overlaps(drawn)) == []
    assert max(column for panel in drawn for column, _ in cells(panel)) < 24
    assert list(overlaps([drawn[1], drawn[1]])) == [drawn[1]["title"]]


def test_the_data_source_is_chosen(dashboard, panels):
    """No panel names a data source of somebody's Grafana."""
    names = [each["name"] for each in dashboard["templating"]["list"]]
    assert names == ["datasource", "namespace"]
    asked = [it["datasource"]["uid"] for panel in panels for it in (panel, *panel["targets"])]
    assert set(asked) == {"${datasource}"}


def test_the_sidecar_finds_it_by_label_and_folder(render, defaults):
    """By Grafana's convention or by somebody's own, and only where it is asked for."""
    assert of_kind(defaults, "ConfigMap") == {}
    plain = of_kind(render(ENABLED), "ConfigMap")["asw-dashboard"]["metadata"]
    assert plain["labels"]["grafana_dashboard"] == "1"
    assert "annotations" not in plain
    own = "grafanaDashboard.labels.grafana_dashboard=null,grafanaDashboard.labels.mine=yes"
    placed = "grafanaDashboard.folder=Flows,grafanaDashboard.annotations.a=b"
    metadata = of_kind(render(ENABLED, f"--set={own},{placed}"), "ConfigMap")["asw-dashboard"][
        "metadata"
    ]
    assert metadata["labels"]["mine"] == "yes"
    assert "grafana_dashboard" not in metadata["labels"]
    assert metadata["annotations"] == {"a": "b", "grafana_folder": "Flows"}
