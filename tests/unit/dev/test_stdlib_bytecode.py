"""The standard library of an image is compiled for it, wherever that image lies."""

import importlib.util
import marshal
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from dev.images import ROOT

SCRIPT = ROOT / "functions/python3/stdlib_bytecode.py"
LIBRARY = sysconfig.get_path("stdlib").lstrip("/")
NAME = f"/{LIBRARY}/pricing.py"


def compiled(name: str) -> str:
    """Where the bytecode of a module of the library is: this Python may keep its own elsewhere."""
    return f"{LIBRARY}/__pycache__/{name}.{sys.implementation.cache_tag}.pyc"


COMPILED = compiled("pricing")


def compile_(base: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as a Dockerfile does."""
    words = [sys.executable, "-I", str(SCRIPT), str(base), str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.fixture
def base(tmp_path):
    """The root of an image whose Python has one module."""
    module = tmp_path / "base" / NAME.lstrip("/")
    module.parent.mkdir(parents=True)
    module.write_text("price = 3\n")
    return tmp_path / "base"


def test_modules_are_compiled_for_their_place_in_the_image(base, tmp_path):
    """Bytecode goes beside the module, names it by its place, and asks for no source (PEP 552)."""
    done = compile_(base, tmp_path / "made")
    assert done.returncode == 0, done.stderr
    content = (tmp_path / "made" / COMPILED).read_bytes()
    assert content[4] == 0b01  # by hash, unchecked
    assert marshal.loads(content[16:]).co_filename == NAME
    assert not any((tmp_path / "made").rglob("*.py"))


def test_bytecode_that_fits_is_left_as_it_is(base, tmp_path):
    """The base's own is not brought twice; what is of another file is replaced."""
    module = base / NAME.lstrip("/")
    (base / COMPILED).parent.mkdir()
    seconds = int(module.stat().st_mtime)
    header = importlib.util.MAGIC_NUMBER + bytes(4) + seconds.to_bytes(4, "little")
    (base / COMPILED).write_bytes(header + bytes(4))
    assert compile_(base, tmp_path / "made").returncode == 0
    assert not (tmp_path / "made" / COMPILED).exists()
    os.utime(module, (1, 1))
    assert compile_(base, tmp_path / "made").returncode == 0
    assert (tmp_path / "made" / COMPILED).exists()


def test_a_link_leads_to_the_image_and_not_to_the_builder(base, tmp_path):
    """Debian links sitecustomize.py to an absolute place."""
    (base / "etc").mkdir()
    (base / "etc/asw-site.py").write_text("site = 1\n")
    (base / LIBRARY / "linked.py").symlink_to("/etc/asw-site.py")
    assert compile_(base, tmp_path / "made").returncode == 0
    assert (tmp_path / "made" / compiled("linked")).exists()


def test_a_base_with_another_python_is_refused(tmp_path):
    """Nothing would be compiled, and nobody would notice."""
    (tmp_path / "base").mkdir()
    done = compile_(tmp_path / "base", tmp_path / "made")
    assert done.returncode == 1
    assert "another Python" in done.stderr
