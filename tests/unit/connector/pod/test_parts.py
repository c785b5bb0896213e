"""The parts of the connector's process that decide something by themselves."""

import pytest

from asw.connector.pod.ledger import REMEMBERED, Ledger, Standing
from asw.connector.pod.line import Pauses
from asw.connector.pod.run import Pod
from asw.connector.pod.settings import BadSettings, Settings, is_address
from asw.connector.pod.task import Task, instant

VARIABLES = {
    "ASW_POLL_URL": "https://10.0.0.1:8443/",
    "ASW_POLL_TOKEN": "secret-token\n",
    "ASW_POD_UID": "pod-uid-1",
    "ASW_CA": "pem",
}


def test_a_task_is_new_once():
    """It is held until nothing more is to be said, and then remembered."""
    ledger = Ledger()
    assert ledger.receive("a") is Standing.NEW
    assert ledger.receive("a") is Standing.HELD
    assert ledger.held == ["a"]
    ledger.finish("a")
    assert ledger.held == []
    assert ledger.receive("a") is Standing.FINISHED


def test_a_drain_takes_no_task_but_keeps_those_that_are_here():
    """What arrives after the operator was told is not held, so it is not here."""
    ledger = Ledger()
    ledger.receive("a")
    ledger.is_draining = True
    assert ledger.receive("b") is Standing.DRAINING
    assert ledger.receive("a") is Standing.HELD
    assert (ledger.held, ledger.is_draining) == (["a"], True)


def test_what_is_remembered_is_bounded():
    """The last thousand, whatever a pod has done in its life."""
    ledger = Ledger()
    for number in range(REMEMBERED + 1):
        ledger.receive(str(number))
        ledger.finish(str(number))
    assert ledger.receive("0") is Standing.NEW
    assert ledger.receive(str(REMEMBERED)) is Standing.FINISHED


def test_pauses_grow_and_end_within_bounds():
    """From a twentieth of a second to five; what the operator asks for counts up to 30 s."""
    pauses = Pauses()
    taken = [pauses.take() for _ in range(20)]
    assert 0.025 <= taken[0] <= 0.075
    assert 2.5 <= taken[-1] <= 7.5
    assert 2 <= Pauses().take(2) <= 2.5
    assert 30 <= Pauses().take(10_000) <= 37.5


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://10.0.0.1:8443", True),
        ("https://[::1]:8443/", True),
        ("https://asw-results.asw.svc", True),
        ("http://10.0.0.1", False),
        ("https://", False),
        ("https://10.0.0.1:0", False),
        ("https://10.0.0.1:99999", False),
        ("https://user@10.0.0.1", False),
        ("https://10.0.0.1/path", False),
        ("https://10.0.0.1?query", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_only_an_address_is_asked_at(url, is_one):
    """A holder that an answer names is asked only where nothing but host and port is said."""
    assert is_address(url) is is_one


def test_settings_have_the_defaults_of_the_contract():
    """64 slots, outcomes offered for ten minutes; the token is trimmed and does not show."""
    settings = Settings.of(VARIABLES)
    assert (settings.slots, settings.result_seconds, settings.call_seconds) == (64, 600, 0)
    assert (settings.url, settings.token) == ("https://10.0.0.1:8443", "secret-token")
    assert "secret-token" not in repr(settings)


@pytest.mark.parametrize(
    "variables",
    [
        {"ASW_CONCURRENCY": "0"},
        {"ASW_CONCURRENCY": "1.5"},
        {"ASW_RESULT_WAIT": "-1"},
        {"ASW_RESULT_WAIT": "nan"},
        {"ASW_TIMEOUT_SECONDS": "inf"},
    ],
    ids=str,
)
def test_a_number_that_makes_no_sense_is_told_by_its_variable(variables):
    """The process does not begin with it."""
    with pytest.raises(BadSettings, match=next(iter(variables))):
        Settings.of({**VARIABLES, **variables})


def test_a_task_has_its_own_time_or_the_pods():
    """As in the contract of warm pods."""
    plain = {"taskId": "a-1", "event": "{}", "environment": {"ASW_STATE": "Pay"}}
    assert Task.of(plain, 9) == Task(task_id="a-1", event="{}", state="Pay", seconds=9)
    assert Task.of({**plain, "timeoutSeconds": 2.5}, 9).seconds == 2.5


def test_instants_are_rfc_3339():
    """In UTC, to the millisecond."""
    assert instant(1_767_268_800.25) == "2026-01-01T12:00:00.250Z"


class _Broken:
    """An operator of which every request is a fault of ours."""

    on_move = None

    async def post(self, _verb, _body):
        raise KeyError("payload-of-a-user")


async def test_a_fault_of_ours_ends_the_process_in_order(caplog):
    """By a drain and 1, so that calls of other slots are told; the log does not quote it."""

    async def answering(_event):
        return b""

    pod = Pod(Settings.of(VARIABLES), _Broken(), answering, lambda: None)
    assert await pod.run() == 1
    assert "a part of the connector has failed: KeyError" in caplog.text
    assert "payload-of-a-user" not in caplog.text
