"""What an export of any format holds: machines, functions, and notes on both. Values only."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from asw.asl.model import Dialect
from asw.asl.values import Json, JsonObject
from asw.failures import Failure
from asw.lint.sources import STDIN, name_of

Kind: TypeAlias = Literal["carried", "function", "unsupported", "open", "invalid", "left-out"]
"""carried: in the manifests. function: a Function must be written or built. unsupported: asw has
no such thing. open: a value that the export does not contain. invalid: the definition is wrong.
left-out: not carried over, and the workflow runs without it."""

NEEDS_WORK: tuple[Kind, ...] = ("function", "unsupported", "open", "invalid")
"""Kinds of notes that need action before the workflow runs as it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on the import: its place in the export, and a remedy."""

    kind: Kind
    place: str
    message: str
    remedy: str = ""


class LeadsOut(Failure):
    """The export names a file outside the folder that may be read."""

    def at(self, place: str) -> Failure:
        """The same failure, with the place in the export that names the file."""
        return Failure(f"{place}: {self.message}", remedy=self.remedy, code=self.code)


class Files(Protocol):
    """The files beside the export; paths are relative to its folder, with slashes.

    Both methods raise LeadsOut for a path or link that leads outside.
    """

    def text(self, path: str) -> str | None:
        """The text of a file; None if it is missing, not text, or too large."""

    def names(self, folder: str) -> Sequence[str]:
        """Paths of the files below the folder, relative to it; empty if it is not a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file to import: its content, and the files beside it.

    ``name`` is the file's, for messages; ``values`` fills parameters, by name.
    """

    name: str
    content: JsonObject
    files: Files
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The file's name up to the first dot; empty for standard input."""
        if self.name == name_of(STDIN):
            return ""
        return self.name.rpartition("/")[2].partition(".")[0]

    def at(self, *steps: str) -> str:
        """The place in the file, for messages."""
        return ": ".join(filter(None, (self.name, ".".join(steps))))


@dataclass(frozen=True, slots=True)
class InlineSource:
    """The source is in the export itself."""

    text: str


@dataclass(frozen=True, slots=True)
class FolderSource:
    """The source is in files of this folder; ``path`` is relative to the export's."""

    path: str


@dataclass(frozen=True, slots=True)
class ImageSource:
    """The code is an image for AWS or Tencent."""

    image: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The source is not available; ``where`` says where it is, if known."""

    where: str = ""


Source: TypeAlias = InlineSource | FolderSource | ImageSource | Elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFunction:
    """A function of Lambda or SCF.

    ``name`` is its name in definitions here, ``aliases`` are its other names in the export.
    ``runtime`` is spelled as in the export; None if unknown.
    """

    name: str
    place: str
    source: Source = Elsewhere()
    aliases: frozenset[str] = frozenset()
    runtime: str | None = None
    handler: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: int | None = None
    memory_mb: int | None = None
    scratch_mb: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMachine:
    """A state machine, its definition as an object.

    ``open_tokens`` are the tokens in it for values that the export does not contain.
    """

    name: str
    place: str
    definition: Json
    dialect: Dialect = "ASL"
    open_tokens: frozenset[str] = frozenset()
    has_input: bool = False
    input: Json = None
    description: str = ""
    logging: JsonObject = field(default_factory=dict)
    """What of its history is delivered as lines, as ``spec.logging`` has it."""


@dataclass(frozen=True, slots=True)
class Haul:
    """All that was found in an export."""

    machines: list[FoundMachine] = field(default_factory=list)
    functions: list[FoundFunction] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@contextmanager
def machine_at(place: str, haul: Haul) -> Iterator[None]:
    """Reading one machine: if its definition is missing or broken, the others are read on.

    LeadsOut passes through: nothing of an export that names foreign files is imported.
    """
    try:
        yield
    except LeadsOut:
        raise
    except Failure as failure:
        note = Note(kind="open", place=place, message=failure.message, remedy=failure.remedy)
        haul.notes.append(note)
