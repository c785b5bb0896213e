"""What the cluster does to the machine, and that it takes only its own things away again."""

from pathlib import Path

import pytest

from dev.cluster import machine, packages
from dev.cluster.errors import StepError
from dev.cluster.firewall import removal_script
from dev.cluster.machine import Before
from dev.cluster.mounts import mounts_below, parse_mounts
from dev.cluster.settings import Settings

MOUNTINFO = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu
31 22 0:40 / /state/kubelet/pods/a\\040b/volume rw - tmpfs tmpfs rw
32 31 0:41 / /state/kubelet/pods/a\\040b/volume/sub rw master:4 shared:5 - tmpfs tmpfs rw
33 22 0:42 / /state-of-others rw - overlay overlay rw
"""

SAVED = """\
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:CNI-0a1b - [0:0]
:DOCKER - [0:0]
-A PREROUTING -m comment --comment "to DOCKER" -j DOCKER
-A PREROUTING -m comment --comment "service portals" -j KUBE-SERVICES
-A POSTROUTING -s 10.244.0.5/32 -j CNI-0a1b
-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-X
COMMIT
*filter
:INPUT ACCEPT [0:0]
-A INPUT -m comment --comment "not KUBE-SERVICES" -j ACCEPT
COMMIT
"""


def test_mounts_below_a_folder_are_found_last_first():
    """Inner mounts come before outer ones, and folders that only begin alike are left alone."""
    found = mounts_below(Path("/state"), parse_mounts(MOUNTINFO))
    assert [str(path) for path in found] == [
        "/state/kubelet/pods/a b/volume/sub",
        "/state/kubelet/pods/a b/volume",
    ]


def test_mounts_have_kinds():
    """The kind of a file system is found after the optional fields."""
    assert [mount.kind for mount in parse_mounts(MOUNTINFO)] == [
        "ext4",
        "cgroup",
        "tmpfs",
        "tmpfs",
        "overlay",
    ]


def test_only_our_firewall_rules_are_removed():
    """Jumps into our chains go, then the chains; foreign rules and tables are not named."""
    assert removal_script(SAVED).splitlines() == [
        "*nat",
        '-D PREROUTING -m comment --comment "service portals" -j KUBE-SERVICES',
        "-D POSTROUTING -s 10.244.0.5/32 -j CNI-0a1b",
        "-F KUBE-SERVICES",
        "-F CNI-0a1b",
        "-X KUBE-SERVICES",
        "-X CNI-0a1b",
        "COMMIT",
    ]


def test_a_clean_firewall_needs_no_script():
    """Where nothing of ours is left, nothing is done."""
    assert removal_script("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n") == ""


def test_the_note_about_the_machine_survives(tmp_path):
    """What is remembered is recalled, until it is forgotten."""
    settings = Settings(cache=tmp_path, state=tmp_path / "state")
    before = Before(switches={"net.ipv4.ip_forward": "0"}, folders=["/a"], kubeconfigs=["/b"])
    assert machine.recall(settings) is None
    machine.remember(before, settings)
    assert machine.recall(settings) == before
    machine.forget(settings)
    assert machine.recall(settings) is None


def test_a_broken_note_is_no_note(tmp_path):
    """A half-written or foreign note does not stop the clearing."""
    settings = Settings(cache=tmp_path, state=tmp_path / "state")
    for content in ("", "{", '{"other": 1}'):
        settings.before.write_text(content)
        assert machine.recall(settings) is None


@pytest.fixture(name="apt")
def _apt(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_the_mirror_is_the_source_of_the_release(apt):
    """Other sources come first, and Debian's own has several suites."""
    folder = apt / "sources.list.d"
    (folder / "a.list").write_text("# deb http://old.test/debian bookworm main\n")
    (folder / "b.list").write_text("deb [signed-by=/k] https://cloud.test/apt cloud main\n")
    (folder / "debian.sources").write_text(
        "Types: deb\n# a comment\nURIs: http://mirror.test/debian-security\n"
        "Suites: bookworm-security\n\n"
        "Types: deb deb-src\nURIs: http://mirror.test/debian\nSuites: bookworm bookworm-updates\n"
    )
    assert packages.mirror(apt) == "http://mirror.test/debian"


def test_the_mirror_is_found_in_the_old_format(apt):
    """A machine with one-line sources serves as well."""
    (apt / "sources.list").write_text("deb http://mirror.test/debian/ bookworm main contrib\n")
    assert packages.mirror(apt) == "http://mirror.test/debian/"


def test_a_machine_without_debian_sources_gets_a_remedy(apt):
    """What cannot be done is said with what helps."""
    with pytest.raises(StepError, match="what helps: use Docker with kind"):
        packages.mirror(apt)
