"""A data folder that cannot be used is told in the user's language."""

from pathlib import Path

import pytest

from asw.executions.local.folders import unusable
from asw.exits import BAD_INPUT
from asw.platforms.local.faults import FolderFault, UnusableFolder

FOLDER = Path("my/store")


@pytest.mark.parametrize("fault", FolderFault, ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_fault_names_the_folder_and_the_way_out(fault, language, monkeypatch):
    """Whoever reads it knows which folder, and that there may be another."""
    monkeypatch.setenv("ASW_LANG", language)
    failure = unusable(
        UnusableFolder(fault, FOLDER, OSError(28, "it is full", "x")), "--data my/store"
    )
    assert str(FOLDER) in failure.message
    assert "--data" in failure.remedy
    assert failure.code == BAD_INPUT


@pytest.mark.parametrize("fault", FolderFault, ids=lambda fault: fault.name.lower())
def test_in_english_it_says_what_the_fault_says(fault):
    """The store and the command line tell the same of it."""
    error = UnusableFolder(fault, FOLDER, OSError(28, "it is full", "x"))
    assert unusable(error, "--local").message == str(error)
