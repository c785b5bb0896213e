"""What an export holds, in words of no format: machines, functions, and notes about both. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from asw.asl.model import Dialect
from asw.asl.values import Json, JsonObject
from asw.failures import Failure
from asw.lint.sources import STDIN, name_of

Kind: TypeAlias = Literal["carried", "function", "unsupported", "open", "invalid", "left-out"]
"""carried: it is in the manifests. function: a Function has to be written or built.
unsupported: asw has nothing of the kind. open: a value that the export does not tell.
invalid: the definition is wrong. left-out: not there, and the workflow runs without it."""

NEEDS_WORK: tuple[Kind, ...] = ("function", "unsupported", "open", "invalid")
"""Kinds of notes that somebody has to act on before the workflow runs as it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to tell about the import: where it stands in the export, and the remedy."""

    kind: Kind
    place: str
    message: str
    remedy: str = ""


class LeadsOut(Failure):
    """The export names a file that lies outside of what may be read for it."""

    def at(self, place: str) -> Failure:
        """The same, with the place in the export that names it."""
        return Failure(f"{place}: {self.message}", remedy=self.remedy, code=self.code)


class Files(Protocol):
    """The files beside the export; paths are relative to its folder, with slashes.

    Both methods raise LeadsOut for a path or a link that leads out of what may be read.
    """

    def text(self, path: str) -> str | None:
        """The text of a file; None where there is none, or where it is no text of fair size."""

    def names(self, folder: str) -> Sequence[str]:
        """Paths of the files below the folder, relative to it; none where it is no folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file to import: its content, and what may be looked at beside it.

    ``name`` is the file's, for people; ``values`` fills parameters, by name.
    """

    name: str
    content: JsonObject
    files: Files
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The file's name without what stands after the first dot; empty for standard input."""
        if self.name == name_of(STDIN):
            return ""
        return self.name.rpartition("/")[2].partition(".")[0]

    def at(self, *steps: str) -> str:
        """The place in the file, for people."""
        return ": ".join(filter(None, (self.name, ".".join(steps))))


@dataclass(frozen=True, slots=True)
class InlineSource:
    """The source stands in the export itself."""

    text: str


@dataclass(frozen=True, slots=True)
class FolderSource:
    """The source is in files of this folder; ``path`` is relative to the export's."""

    path: str


@dataclass(frozen=True, slots=True)
class ImageSource:
    """It is an image of AWS's or Tencent's kind."""

    image: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The source is not at hand; ``where`` says where it is, for people; may be empty."""

    where: str = ""


Source: TypeAlias = InlineSource | FolderSource | ImageSource | Elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFunction:
    """A function of Lambda or SCF.

    ``name`` is what definitions call it by here, ``aliases`` are its other names in the export.
    ``runtime`` is spelled as there; None where nothing is known.
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

    ``open_tokens`` are the texts in it that stand for what the export does not tell.
    """

    name: str
    place: str
    definition: Json
    dialect: Dialect = "ASL"
    open_tokens: frozenset[str] = frozenset()
    has_input: bool = False
    input: Json = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Haul:
    """Everything that was found."""

    machines: list[FoundMachine] = field(default_factory=list)
    functions: list[FoundFunction] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
