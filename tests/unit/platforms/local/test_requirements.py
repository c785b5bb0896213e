"""What a requirements.txt names, read as pip reads it, and which modules it brings."""

import pytest

from asw.platforms.local.requirements import brings, included, is_all_hashed, required

LOCK = """\
# made by hand
--no-binary six
-r base.txt
requests[socks]==2.32.5 ; python_version >= "3.11"  # why

six==1.16.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
git+https://host.example/x.git#egg=Thing_One
"""


def test_packages_are_named_with_their_lines():
    """Options, comments and lines that continue others are no packages."""
    assert required(LOCK) == [(4, "requests"), (6, "six"), (9, "Thing_One")]


def test_hashes_are_noticed():
    """Then pip insists on one for each package."""
    assert is_all_hashed(LOCK)
    assert not is_all_hashed("six==1.16.0\n")


def test_files_that_it_includes_belong_to_it():
    """However deep, relative to the one that names them; loops end."""
    files = {
        "requirements.txt": "-r lib/base.txt\n-c gone.txt\n",
        "lib/base.txt": "--requirement=more.txt\n",
        "lib/more.txt": "-r base.txt\n",
        "other.txt": "",
    }
    assert included("requirements.txt", files).keys() == files.keys() - {"other.txt"}


@pytest.mark.parametrize(
    ("package", "module"),
    [
        ("requests", "requests"),
        ("PyYAML", "yaml"),
        ("typing_extensions", "typing_extensions"),
        ("ruamel.yaml", "ruamel"),
        ("google-cloud-storage", "google"),
        ("python-magic", "magic"),
        ("Pillow==10", "PIL"),
    ],
)
def test_a_package_brings_its_module(package, module):
    """By its own name, by one that is well known, or by its part of a namespace."""
    assert brings(f"{package}\n", module)
    assert not brings("six\n", module)
