"""Objects as files."""

from pathlib import Path

import pytest

from asw.engine.items import NoSuchObject
from asw.platforms.local.objects import FileStore


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """A store with one bucket, ``photos``, and a file outside, to which a link leads."""
    (tmp_path / "objects" / "photos" / "folder").mkdir(parents=True)
    (tmp_path / "objects" / "photos" / "file").touch()
    (tmp_path / "secret").write_text("no object")
    (tmp_path / "objects" / "photos" / "link").symlink_to(tmp_path / "secret")
    return FileStore(tmp_path / "objects")


def test_what_is_put_is_there(store: FileStore) -> None:
    """An object that was put is got and listed under its key."""
    store.put("photos", "2026/a.csv", b"x,y")
    store.put("photos", "b.json", b"[]")
    assert store.get("photos", "2026/a.csv") == b"x,y"
    assert [(it.key, it.size) for it in store.list("photos", "2026/")] == [("2026/a.csv", 3)]


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("photos", "none"),
        ("none", "a"),
        ("photos", "../../secret"),
        ("..", "secret"),
        (".", "photos"),
        ("photos", "/etc/passwd"),
        ("photos", "link"),
        ("photos", "folder"),
        ("photos", ""),
        ("photos", "a\0b"),
        ("photos", "\ud800"),
        ("photos", "x" * 5000),
        ("x" * 5000, "a"),
        ("a\0b", "a"),
    ],
)
def test_nothing_else_can_be_named(store: FileStore, bucket: str, key: str) -> None:
    """A missing object or bucket, a way out and a name that no file can have are no objects."""
    with pytest.raises(NoSuchObject):
        store.get(bucket, key)


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("none", "a"),
        ("photos", "../../new"),
        ("photos", "link"),
        ("photos", "folder"),
        ("photos", "file/below"),
        ("photos", ""),
        ("photos", "x" * 5000),
    ],
)
def test_nothing_else_can_be_written(store: FileStore, bucket: str, key: str) -> None:
    """Where no file can be, none is written, and nothing is left behind."""
    with pytest.raises(NoSuchObject):
        store.put(bucket, key, b"x")
    assert [it.key for it in store.list("photos", "")] == ["file"]


def test_a_bucket_lists_its_own_files(store: FileStore, tmp_path: Path) -> None:
    """By key, as S3 tells of them; neither links out of the bucket nor half-written files."""
    store.put("photos", "folder/b", b"1")
    (tmp_path / "objects" / "photos" / ".0.unfinished").touch()
    assert [(it.key, it.etag) for it in store.list("photos", "fo")] == [
        ("folder/b", '"c4ca4238a0b923820dcc509a6f75849b"')
    ]
    assert [it.key for it in store.list("photos", "")] == ["file", "folder/b"]
    with pytest.raises(NoSuchObject):
        store.list("none", "")


def test_an_object_is_replaced(store: FileStore) -> None:
    """The last body counts."""
    store.put("photos", "file", b"old")
    store.put("photos", "file", b"new")
    assert store.get("photos", "file") == b"new"
