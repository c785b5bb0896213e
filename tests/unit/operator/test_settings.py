"""Settings from the environment."""

from datetime import timedelta
from pathlib import Path

import pytest

from asw.api.function_policy import Rules
from asw.api.pods import Resources
from asw.api.retention import DEFAULT_RETENTION
from asw.api.workflow import OutcomeRetention, Retention
from asw.operator.settings import InvalidSettings, OperatorSettings
from asw.platforms.kubernetes.notices.book import Level
from asw.reconciler.scheduler import Limits


def read(**variables):
    return OperatorSettings.from_environment(variables)


def test_defaults():
    """Nothing need be set."""
    settings = read()
    assert settings.watch_namespaces == ()
    assert settings.spans.start_timeout == timedelta(minutes=10)
    assert settings.result_server.is_enabled
    assert settings.scratch is None
    assert settings.images["python3"].startswith("docker.io/asw/python3:")


def test_empty_is_unset():
    """The chart writes empty values for what is not given."""
    assert read(ASW_WATCH_NAMESPACES="", ASW_LEASE_NAME=" ").lease_name == "asw-operator"


def test_values():
    """Lists, spans, flags and names."""
    settings = read(
        POD_NAMESPACE="asw",
        POD_NAME="asw-1",
        ASW_WATCH_NAMESPACES="a, b",
        ASW_RESULT_SERVER_ENABLED="false",
        ASW_RESULT_SERVER_URL="https://10.0.0.1:8443/",
        ASW_NODE_LOST_AFTER_SECONDS="5",
        ASW_FUNCTION_IMAGE_SHELL="mine/shell:2",
        ASW_TASKS_MAX_ACTIVE="0",
        ASW_TASKS_STARTS_BURST="7",
        ASW_RETENTION_FAILED_SECONDS="0",
        ASW_RETENTION_FAILED_LIMIT="7",
        ASW_RETENTION_ABORTED_SECONDS="none",
        ASW_RETENTION_ABORTED_LIMIT="None",
        ASW_RETENTION_JOB_SECONDS="30",
        ASW_REGION="eu-west-1",
        ASW_EVENTS_LEVEL="Normal",
        ASW_LOG_LEVEL="DEBUG",
        ASW_LOG_FORMAT="json",
        ASW_SCRATCH="/var/run/asw",
    )
    assert (settings.namespace, settings.identity) == ("asw", "asw-1")
    assert settings.watch_namespaces == ("a", "b")
    assert not settings.result_server.is_enabled
    assert settings.result_server.url == "https://10.0.0.1:8443"
    assert settings.spans.node_lost_after == timedelta(seconds=5)
    assert settings.task_limits == Limits(active=0, starts_per_second=50, burst=7, is_paced=True)
    assert settings.images["shell"] == "mine/shell:2"
    assert settings.location.region == "eu-west-1"
    assert settings.events is Level.NORMAL
    assert (settings.log_level, settings.log_format) == ("debug", "json")
    assert settings.retention == Retention(
        succeeded=DEFAULT_RETENTION.succeeded,
        failed=OutcomeRetention(ttl_seconds=0, limit=7),
        timed_out=DEFAULT_RETENTION.timed_out,
        aborted=OutcomeRetention(),
        job_seconds=30,
    )
    assert settings.scratch == Path("/var/run/asw")


def test_a_policy_is_read_as_a_whole():
    """By namespace, with what is not said as it is by default; a typing error is named."""
    text = '{"default": {"images": ["a/*"]}, "namespaces": {"n": {"securityContext": "baseline"}}}'
    policy = read(ASW_FUNCTION_POLICY=text).function_policy
    assert policy.rules("n") == Rules(images=("a/*",), security_context="baseline")
    assert policy.rules("m") == Rules(images=("a/*",))
    with pytest.raises(InvalidSettings, match=r"ASW_FUNCTION_POLICY, default\.image: "):
        read(ASW_FUNCTION_POLICY='{"default": {"image": []}}')


def test_resources_of_tasks_are_read_as_a_whole():
    """Empty means that tasks have none by default; what is no quantity is named."""
    text = '{"requests": {"cpu": "1m"}, "limits": {}}'
    assert read(ASW_TASK_RESOURCES=text).task_resources.requests == {"cpu": "1m"}
    assert read(ASW_TASK_RESOURCES="{}").task_resources == Resources()
    with pytest.raises(InvalidSettings, match=r"ASW_TASK_RESOURCES, limits\.memory: "):
        read(ASW_TASK_RESOURCES='{"limits": {"memory": "much"}}')


def test_replicas_have_names_of_their_own():
    """Two operators outside a cluster are two candidates for the Lease."""
    assert read().identity != read().identity


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASW_RESULT_WAIT_SECONDS", "10m"),
        ("ASW_HEALTH_PORT", "-1"),
        ("ASW_TASKS_STARTS_BURST", "0"),
        ("ASW_RESULT_SERVER_ENABLED", "yes"),
        ("ASW_LOG_LEVEL", "loud"),
        ("ASW_LOG_FORMAT", "xml"),
    ],
)
def test_nonsense_is_refused(name, value):
    """The message names the variable and its value."""
    with pytest.raises(InvalidSettings, match=f"{name}='{value}'"):
        read(**{name: value})


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, (True, False)),
        ({"ASW_LOG_LINES_ENABLED": "false"}, (False, False)),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, (True, True)),
        ({"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "https://collector/v1/logs"}, (True, True)),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://it:4318", "OTEL_LOGS_EXPORTER": "none"},
            (True, False),
        ),
    ],
)
def test_lines_go_where_the_variables_of_opentelemetry_say(variables, told):
    """And to standard output, unless that is switched off."""
    settings = read(**variables).telemetry
    assert (settings.writes_lines, settings.has_collector) == told


@pytest.mark.parametrize(
    ("variables", "ratio"),
    [
        ({}, 0),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://it:4318"}, 0),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://it:4318", "ASW_TRACES_RATIO": "0.25"}, 0.25),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://it/v1/traces"}, 1),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://it/v1/traces", "ASW_TRACES_RATIO": "0"},
            0,
        ),
        (
            {
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://it/v1/traces",
                "OTEL_TRACES_EXPORTER": "none",
            },
            0,
        ),
    ],
)
def test_traces_are_off_unless_asked_for(variables, ratio):
    """By a ratio, or by an address that is for traces alone; never because lines have a place."""
    assert read(**variables).telemetry.trace_ratio == ratio


@pytest.mark.parametrize("ratio", ["1.5", "-0.1", "nan", "inf", "half"])
def test_a_ratio_is_a_number_from_0_to_1(ratio):
    """The message names the variable and its value."""
    with pytest.raises(InvalidSettings, match=f"ASW_TRACES_RATIO='{ratio}'"):
        read(ASW_TRACES_RATIO=ratio, OTEL_EXPORTER_OTLP_ENDPOINT="http://it:4318")


def test_traces_without_a_collector_are_a_mistake():
    """Nobody would see them, nor that they are missing."""
    with pytest.raises(InvalidSettings, match="set OTEL_EXPORTER_OTLP_ENDPOINT"):
        read(ASW_TRACES_RATIO="0.5")


def test_a_collector_has_a_url():
    """Else each batch would fail with words of a library."""
    with pytest.raises(InvalidSettings, match=r"OTEL_EXPORTER_OTLP_ENDPOINT: .*http://"):
        read(OTEL_EXPORTER_OTLP_ENDPOINT="collector:4318")


def test_the_address_of_the_archive_is_shown_nowhere():
    """A password is in it; whoever logs the settings must not log that."""
    url = "postgresql://asw:hunter2@db/archive"
    settings = OperatorSettings.from_environment({"ASW_ARCHIVE_URL": url})
    assert settings.archive_url == url
    assert "hunter2" not in repr(settings)
    assert OperatorSettings.from_environment({"ASW_ARCHIVE_URL": ""}).archive_url is None
