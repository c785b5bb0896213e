"""Whose a process is: only those with the cluster's mark are ever ended."""

import subprocess

import pytest

from dev.cluster import processes
from dev.cluster.processes import Daemon
from dev.cluster.settings import MARKER, Settings


@pytest.fixture(name="settings")
def _settings(tmp_path):
    return Settings(cache=tmp_path / "cache", state=tmp_path / "state")


@pytest.fixture(name="proc")
def _proc(tmp_path):
    folder = tmp_path / "proc"
    folder.mkdir()
    return folder


def _process(proc, pid, *environment):
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "environ").write_bytes(b"".join(e.encode() + b"\0" for e in environment))


def test_a_marked_process_is_ours(settings, proc):
    """The mark names the state folder."""
    _process(proc, 7, "HOME=/root", f"{MARKER}={settings.state}")
    assert processes.is_ours(7, settings, proc)


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param(["HOME=/root"], id="no mark"),
        pytest.param([f"{MARKER}=/elsewhere"], id="another cluster's mark"),
        pytest.param([f"{MARKER}={{state}}x"], id="a longer path"),
        pytest.param([f"X{MARKER}={{state}}"], id="another variable that ends like the mark"),
        pytest.param([f"NOTE=see {MARKER}={{state}}"], id="the mark inside another value"),
        pytest.param([], id="a dead process has no environment"),
    ],
)
def test_any_other_process_is_not_ours(environment, settings, proc):
    """Nothing but the exact mark makes a process ours."""
    _process(proc, 7, *(line.format(state=settings.state) for line in environment))
    assert not processes.is_ours(7, settings, proc)


def test_a_missing_process_is_not_ours(settings, proc):
    """A number without a process is nobody's."""
    assert not processes.is_ours(7, settings, proc)


def test_a_pid_file_with_a_number_given_to_another_is_stale(settings, proc):
    """The number was reused by a process without the mark, so ours has ended."""
    settings.pids.mkdir(parents=True)
    (settings.pids / "etcd").write_text("7\n")
    _process(proc, 7, "HOME=/root")
    assert not processes.alive("etcd", settings, proc)


@pytest.mark.parametrize("content", ["", "no number", None], ids=["empty", "garbage", "missing"])
def test_an_unreadable_pid_file_means_not_running(content, settings, proc):
    """A pid file that says nothing is no error."""
    settings.pids.mkdir(parents=True)
    if content is not None:
        (settings.pids / "etcd").write_text(content)
    assert not processes.alive("etcd", settings, proc)


def test_processes_are_found_without_pid_files(settings, proc):
    """Shims, which nobody wrote a pid file for, inherit the mark."""
    _process(proc, 7, f"{MARKER}={settings.state}")
    _process(proc, 8, f"{MARKER}=/elsewhere")
    _process(proc, 9, f"{MARKER}={settings.state}")
    (proc / "self").mkdir()
    assert processes.ours(settings, proc) == [7, 9]


def test_only_our_processes_are_ended(settings):
    """Of two real processes the one that was started by us is killed, whatever pid files say."""
    with subprocess.Popen(["sleep", "60"]) as foreign:
        try:
            processes.start(Daemon(name="ours", argv=("sleep", "60")), settings)
            (settings.pids / "stale").write_text(str(foreign.pid))
            assert processes.alive("ours", settings)
            processes.end(settings)
            assert not processes.alive("ours", settings)
            assert foreign.poll() is None
        finally:
            foreign.kill()


def test_a_process_writes_to_its_log(settings):
    """What a process printed before it ended can be shown."""
    pid = processes.start(Daemon(name="one", argv=("sh", "-c", "echo bad flag")), settings)
    while processes.is_ours(pid, settings):
        pass
    processes.end(settings)
    assert processes.log_tail("one", settings) == "bad flag"
    assert processes.log_tail("two", settings) == ""
