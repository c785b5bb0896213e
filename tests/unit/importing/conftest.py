"""What the tests of imports share: exports made of texts, without a folder."""

from dataclasses import dataclass

import pytest

from asw.importing.cloud_yaml import read_export
from asw.importing.conversion import convert
from asw.importing.formats import read
from asw.importing.found import Export


@dataclass(frozen=True)
class Texts:
    """Files by path, as the port has them."""

    files: dict[str, str]

    def text(self, path):
        """The text of this path, however it is spelled."""
        return self.files.get(path.removeprefix("./"))

    def names(self, folder):
        """Paths below the folder."""
        prefix = "" if folder in ("", ".") else f"{folder.removeprefix('./').rstrip('/')}/"
        return sorted(it.removeprefix(prefix) for it in self.files if it.startswith(prefix))


@dataclass(frozen=True)
class Imported:
    """A conversion, with questions that tests ask of it."""

    conversion: object

    @property
    def workflow(self):
        """The only Workflow."""
        (found,) = self.conversion.workflows
        return found

    @property
    def states(self):
        """Its states."""
        return self.workflow["spec"]["definition"]["States"]

    def function(self, name):
        """The spec of the Function of this object name."""
        return next(
            it["spec"] for it in self.conversion.functions if it["metadata"]["name"] == name
        )

    def notes(self, kind):
        """Places and messages of one kind, a line each."""
        return [
            f"{note.place}: {note.message}" for note in self.conversion.notes if note.kind == kind
        ]


@pytest.fixture
def imported(monkeypatch):
    """Import the first of these files."""
    monkeypatch.setenv("ASW_LANG", "en")

    def bring(files, wanted=None, **values):
        name, text = next(iter(files.items()))
        export = Export(
            name=name, content=read_export(text, name, values), files=Texts(files), values=values
        )
        return Imported(convert(read(export, wanted), export))

    return bring
