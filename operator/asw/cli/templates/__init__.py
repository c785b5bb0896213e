"""Workflows to begin with: each folder here is a template.

The files are data: ``__NAME__`` in them stands for the name of the Workflow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from asw.messages import t

NAME_MARK = "__NAME__"
"""Stands for the name of the Workflow in names of files and in their texts."""
SCHEMA_FOLDER = "schema"
"""Beside the files that name schemas in it."""
_SCHEMA_FOLDERS = (
    Path(__file__).parent / "schema",
    Path(__file__).parents[4] / "docs" / "schema",
)


@dataclass(frozen=True, slots=True)
class Template:
    """A workflow to begin with; ``shows`` is a sentence for people."""

    name: str
    shows: str


def templates() -> tuple[Template, ...]:
    """All of them, the simplest first."""
    return (
        Template("hello", t("One function and a Retry: the smallest workflow.")),
        Template("nodejs", t("A function in Node.js, and an error of its own that is caught.")),
        Template("etl", t("Files side by side in a Map, broken ones left out, and a report.")),
        Template("approval", t("Asks, looks for the answer in a loop, and gives up in time.")),
        Template("fan-out", t("A Parallel with an inline and a distributed Map in its branches.")),
        Template("saga", t("Bookings in a row, undone in reverse where one fails.")),
    )


def schemas() -> Mapping[str, str]:
    """Texts of the schemas for editors by file name: of the wheel, or of the checkout's docs."""
    folder = next(folder for folder in _SCHEMA_FOLDERS if folder.is_dir())
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.json"))}


def with_modeline(file: str, text: str) -> str:
    """A YAML file's text with the line that names its schema to editors; others as they are."""
    if not file.endswith(".yaml"):
        return text
    schema = "workflow-test" if file.endswith(".test.yaml") else "manifest"
    return f"# yaml-language-server: $schema={SCHEMA_FOLDER}/{schema}.schema.json\n{text}"


def files_of(template: str, name: str) -> Mapping[str, str]:
    """Texts by file name, of a template that exists, for a Workflow of this name."""
    folder = files(__package__) / template
    return {
        file.name.replace(NAME_MARK, name): _text_of(file, name)
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
    }


def _text_of(file: Traversable, name: str) -> str:
    return file.read_text(encoding="utf-8").replace(NAME_MARK, name)
