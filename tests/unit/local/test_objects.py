"""Objects as files."""

from pathlib import Path

import pytest

from asw.engine.items import NoSuchObject
from asw.local.objects import FileStore


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """A store with one bucket, ``photos``, and a file beside it."""
    (tmp_path / "objects" / "photos").mkdir(parents=True)
    (tmp_path / "secret").write_text("no object")
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
    ],
)
def test_nothing_else_can_be_named(store: FileStore, bucket: str, key: str) -> None:
    """A missing object, a missing bucket and a way out of the folder are no objects."""
    with pytest.raises(NoSuchObject):
        store.get(bucket, key)
