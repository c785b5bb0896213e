"""A root for another architecture has what the one at hand has, and nothing of it has run."""

import os
import subprocess
from pathlib import Path

import pytest

from dev.cluster.errors import StepError
from dev.cluster.twins import Twin, download, make_root

CONTROL = """\
Package: greeter
Architecture: arm64
Multi-Arch: same
Version: 1.2
Maintainer: Ada <ada@example.com>
Description: says hello
 politely
"""
FILES = {
    "bin/greet": "for arm64",
    "usr/share/doc/greeter/copyright": "free",
    "usr/share/doc/greeter/changelog.arm64.gz": "new",
    "etc/greet.conf": "loud",
    "usr/share/greeter/grüße": "hello",
}

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/usr/bin/dpkg-deb").exists(), reason="needs root and dpkg"
)


@pytest.fixture
def package(tmp_path):
    """The package for arm64, whose script must not run."""
    folder = tmp_path / "package"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "bin/greet").chmod(0o755)
    (folder / "DEBIAN").mkdir()
    (folder / "DEBIAN/control").write_text(CONTROL)
    (folder / "DEBIAN/conffiles").write_text("/etc/greet.conf\n")
    (folder / "DEBIAN/postinst").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (folder / "DEBIAN/postinst").chmod(0o755)
    words = ["dpkg-deb", "--build", "--root-owner-group", folder, tmp_path / "greeter.deb"]
    subprocess.run(words, check=True, capture_output=True)
    return tmp_path / "greeter.deb"


@pytest.fixture
def twin(tmp_path):
    """The root at hand: the same package installed, its documentation removed, its script run."""
    native = tmp_path / "native"
    for name in ("usr/bin", "etc/alternatives", "var/lib/dpkg/info", "usr/lib/x86_64-linux-gnu"):
        (native / name).mkdir(parents=True)
    (native / "bin").symlink_to("usr/bin")
    (native / "usr/bin/greet").write_text("for amd64")
    (native / "etc/greet.conf").write_text("loud")
    (native / "usr/share/greeter").mkdir(parents=True)
    (native / "usr/share/greeter/grüße").write_text("hello")
    (native / "etc/passwd").write_text("greeter:x:100:")
    (native / "etc/passwd").chmod(0o640)
    os.chown(native / "etc/passwd", 0, 42)
    (native / "etc/alternatives/hello").symlink_to("/usr/bin/greet")
    (native / "etc/ld.so.cache").write_text("of amd64")
    (native / "usr/lib/x86_64-linux-gnu/cache").write_text("of amd64")
    listed = ["/.", "/bin", "/etc", "/usr", "/usr/share", "/usr/share/doc"]
    listed += ["/usr/share/doc/greeter", *(f"/{name}" for name in FILES if "arm64" not in name)]
    (native / "var/lib/dpkg/info/greeter:amd64.list").write_text("\n".join(listed) + "\n")
    return Twin(native=native, architecture="arm64")


@pytest.fixture
def root(twin, package, tmp_path):
    """What is made."""
    target = tmp_path / "root"
    target.mkdir()
    make_root(twin, [package], target)
    return target


def test_programs_are_those_of_the_other_architecture(root):
    """Folders that lie below /usr are there, too, for packages that do not say so."""
    assert (root / "bin").readlink() == Path("usr/bin")
    assert (root / "usr/bin/greet").read_text() == "for arm64"
    assert (root / "bin/greet").stat().st_mode & 0o777 == 0o755


def test_what_scripts_made_is_copied_and_none_runs(root, tmp_path):
    """Accounts and alternatives, with their owners and modes."""
    made = (root / "etc/passwd").stat()
    assert (made.st_mode & 0o777, made.st_uid, made.st_gid) == (0o640, 0, 42)
    assert (root / "etc/alternatives/hello").readlink() == Path("/usr/bin/greet")
    assert not (tmp_path / "ran").exists()


def test_what_is_of_one_architecture_is_not_copied(root):
    """Caches of libraries, and folders that are named for it."""
    assert not (root / "etc/ld.so.cache").exists()
    assert not (root / "usr/lib/x86_64-linux-gnu").exists()


def test_what_was_removed_is_left_out(root):
    """A folder of documentation goes with what only the other package has in it."""
    assert not (root / "usr/share/doc/greeter").exists()
    assert (root / "etc/greet.conf").read_text() == "loud"


def test_packages_are_entered_as_installed(root):
    """By what dpkg itself reads, scripts and settings included."""
    words = ["dpkg-query", f"--admindir={root}/var/lib/dpkg"]
    shown = ["--show", "--showformat", "${binary:Package} ${Version} ${Status}\n${Conffiles}"]
    done = subprocess.run([*words, *shown], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "greeter:arm64 1.2 install ok installed",
        " /etc/greet.conf 51edf3fe813196fe3e2f28e5240e71bf",
    ]
    listed = subprocess.run(
        [*words, "--listfiles", "greeter:arm64"], capture_output=True, text=True, check=True
    )
    assert {"/bin/greet", "/usr/share/greeter/grüße"} <= set(listed.stdout.splitlines())
    assert (root / "var/lib/dpkg/info/greeter:arm64.postinst").exists()


def test_a_root_without_sources_is_refused(tmp_path):
    """Nobody could say where its packages are from."""
    with pytest.raises(StepError, match=r"no etc/apt/sources\.list"):
        download(Twin(native=tmp_path, architecture="arm64"), tmp_path / "packages")
