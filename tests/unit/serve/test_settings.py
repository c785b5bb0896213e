"""The settings of asw serve."""

import pytest

from asw.operator.settings import InvalidSettings
from asw.serve.settings import ServeSettings

RESULTS = {"ASW_SERVE_RESULTS": "https://asw-results.asw-system.svc:8443/"}


def test_names_and_its_own_address_are_certified() -> None:
    """Those that the chart tells, and the pod's, without blanks."""
    read = ServeSettings.from_environment(
        {**RESULTS, "ASW_SERVE_NAMES": "a, b.svc,", "POD_IP": "10.0.0.7"}
    )
    assert read.names == ("a", "b.svc", "10.0.0.7")
    assert read.results == "https://asw-results.asw-system.svc:8443"
    assert read.tls is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"ASW_SERVE_RESULTS": "http://plain"},
        {"ASW_SERVE_RESULTS": ""},
        {"ASW_SERVE_PORT": "65536"},
        {"ASW_HEALTH_PORT": "x"},
        {"ASW_LOG_LEVEL": "loud"},
    ],
    ids=repr,
)
def test_what_makes_no_sense_is_named(wrong: dict[str, str]) -> None:
    """The message says which variable; tokens never go to plain HTTP."""
    with pytest.raises(InvalidSettings, match=next(iter(wrong))):
        ServeSettings.from_environment({**RESULTS, **wrong})


def test_the_address_of_the_archive_is_told_nobody() -> None:
    """It may hold a password, so the settings do not show it."""
    read = ServeSettings.from_environment({**RESULTS, "ASW_ARCHIVE_URL": "sqlite:///hunter2"})
    assert read.archive_url == "sqlite:///hunter2"
    assert "hunter2" not in repr(read)
    assert ServeSettings.from_environment(RESULTS).archive_url == ""
