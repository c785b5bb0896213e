"""The archive that an environment names, and what is said of one that cannot be opened."""

import builtins

import pytest

from asw.archive.opening import open_archive, require_file
from asw.exits import BAD_INPUT
from asw.failures import Failure


def test_none_is_named():
    """An installation without an archive has none."""
    assert open_archive("", seconds=1) is None


@pytest.mark.parametrize(
    "url", ["hunter2", "mysql://me:hunter2@h/db", "sqlite:////no/such/folder/hunter2"]
)
def test_an_address_of_nothing_is_refused_without_repeating_it(url):
    """The variable is named, and how its value looks."""
    with pytest.raises(Failure, match="ASW_ARCHIVE_URL is not usable") as refused:
        open_archive(url, seconds=1)
    assert "hunter2" not in refused.value.message
    assert (refused.value.code, "sqlite:////FILE" in refused.value.remedy) == (BAD_INPUT, True)


def test_readers_make_no_file(tmp_path):
    """A mistyped name is told; the file of the archive is the operator's to make."""
    with pytest.raises(Failure, match="no such file"):
        require_file(f"sqlite:///{tmp_path}/typo.db")
    assert not list(tmp_path.iterdir())
    (tmp_path / "archive.db").touch()
    require_file(f"sqlite:///{tmp_path}/archive.db?mode=ro")


def test_a_missing_extra_is_named(monkeypatch):
    """Who lacks SQLAlchemy learns what to install."""
    whole = builtins.__import__

    def without(name, *given, **more):
        if name == "asw.archive.store":
            raise ImportError(name)
        return whole(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Failure, match="cannot use archives") as refused:
        open_archive("sqlite:///x", seconds=1)
    assert "asw[archive]" in refused.value.remedy
