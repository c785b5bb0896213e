"""Layers whose bytes follow from their content alone."""

import gzip
import hashlib
import io
import os
import tarfile

import pytest

from asw.failures import Failure
from asw.images.layers import layer_of
from asw.images.layout import Layout


@pytest.fixture
def layout(tmp_path):
    """Where layers are written."""
    return Layout(tmp_path / "layout")


def entries(layout, layer):
    """What a layer has, in order."""
    with tarfile.open(layout.path(layer.blob.digest)) as archive:
        return archive.getmembers()


def write(folder, *, mode=0o644):
    """Two files, one of them in a folder."""
    (folder / "pkg").mkdir(parents=True)
    for name in ("index.py", "pkg/deep.py"):
        (folder / name).write_text(name)
        (folder / name).chmod(mode)
    return {name: folder / name for name in ("pkg/deep.py", "index.py")}


def test_equal_content_has_equal_bytes(tmp_path, layout):
    """Neither times, nor order, nor the modes of a strict umask are in a layer."""
    first = layer_of(write(tmp_path / "a"), layout)
    files = write(tmp_path / "b", mode=0o600)
    for path in files.values():
        os.utime(path, (1, 1))
    assert layer_of(dict(reversed(files.items())), layout) == first


def test_a_layer_has_its_folders_and_no_owner(tmp_path, layout):
    """Files lie below /var/task, folders before what is in them, all of root's, readable by all."""
    found = entries(layout, layer_of(write(tmp_path / "a"), layout))
    names = ["var/task", "var/task/pkg", "var/task/index.py", "var/task/pkg/deep.py"]
    assert [each.name for each in found] == names
    assert {(each.uid, each.gid, each.uname, each.mtime) for each in found} == {(0, 0, "", 0)}
    assert [oct(each.mode) for each in found] == ["0o755", "0o755", "0o644", "0o644"]


def test_programs_and_links_stay_what_they_are(tmp_path, layout):
    """What may be executed stays so; a link within the folder stays a link."""
    (tmp_path / "run").write_text("#!/bin/sh\n")
    (tmp_path / "run").chmod(0o700)
    (tmp_path / "link").symlink_to("run")
    files = {name: tmp_path / name for name in ("run", "link")}
    _, link, program = entries(layout, layer_of(files, layout))
    assert (link.issym(), link.linkname) == (True, "run")
    assert oct(program.mode) == "0o755"


def test_digests_are_those_of_the_bytes(tmp_path, layout):
    """The blob's digest is the file's, the diff id that of what is in it."""
    layer = layer_of(write(tmp_path / "a"), layout)
    content = layout.read(layer.blob.digest)
    assert layer.blob.size == len(content)
    plain = gzip.GzipFile(fileobj=io.BytesIO(content)).read()
    assert layer.diff_id == f"sha256:{hashlib.sha256(plain).hexdigest()}"


def test_a_damaged_layout_is_told(layout):
    """A blob whose bytes are others is not taken for it."""
    blob = layout.put(b"one", "text/plain")
    layout.path(blob.digest).write_bytes(b"two")
    with pytest.raises(Failure, match="has other bytes"):
        layout.read(blob.digest)
