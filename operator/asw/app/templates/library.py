"""The templates that there are, and their files; reads the package's own data, writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from asw.app.messages import t

NAME_MARK = "__NAME__"
"""Stands for the name of the Workflow in names of files and in their texts."""
DEFAULT_TEMPLATE = "hello"


@dataclass(frozen=True, slots=True)
class Template:
    """A workflow to begin with; ``shows`` is a sentence for people."""

    name: str
    shows: str


def templates() -> tuple[Template, ...]:
    """All of them, the simplest first."""
    return (
        Template("hello", t("One function and a Retry: the smallest workflow.")),
        Template("etl", t("Files side by side in a Map, broken ones left out, and a report.")),
        Template("approval", t("Asks, looks for the answer in a loop, and gives up in time.")),
        Template("fan-out", t("A Parallel with an inline and a distributed Map in its branches.")),
        Template("saga", t("Bookings in a row, undone in reverse where one fails.")),
    )


def files_of(template: str, name: str) -> Mapping[str, str]:
    """Texts by file name, of a template that exists, for a Workflow of this name."""
    folder = files(__package__) / template
    return {
        file.name.replace(NAME_MARK, name): _text_of(file, name)
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
    }


def _text_of(file: Traversable, name: str) -> str:
    return file.read_text(encoding="utf-8").replace(NAME_MARK, name)
