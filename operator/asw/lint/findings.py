"""Findings for the author of files: file, place, code, sentence and remedy. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from asw.asl import problems
from asw.asl.problems import Severity
from asw.lint.locating import Steps
from asw.lint.sources import Part, Position, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding.

    ``subject`` is the object at fault, such as ``Workflow flow``. ``pointer`` is the place in its
    document (JSON Pointer), ``path`` the place in the definition, as AWS writes it. ``code`` comes
    from ``asw.lint.rules`` or ``asw.asl.problems``.
    """

    file: str
    code: str
    message: str
    severity: Severity = "ERROR"
    subject: str = ""
    pointer: str = ""
    path: str = ""
    remedy: str = ""
    position: Position | None = None
    source: Source | None = field(default=None, compare=False, repr=False)
    document: int = field(default=0, compare=False)
    """Number of the document in its file."""

    @property
    def is_warning(self) -> bool:
        """Whether everything can run in spite of it."""
        return self.severity == "WARNING"

    @property
    def place(self) -> str:
        """File, line and column, as compilers write them."""
        return self.file if self.position is None else f"{self.file}:{self.position}"

    @property
    def sentence(self) -> str:
        """The finding in one line: code, message, remedy, and where."""
        whereabouts = ", ".join(part for part in (self.subject, self.path.rstrip("/")) if part)
        said = f"{self.code}: {self.message}"
        if self.remedy:
            said = f"{said.removesuffix('.')}: {self.remedy}"
        return f"{said} ({whereabouts})" if whereabouts else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an object is: a place in a document of a file, and its name for people.

    ``code`` is the folder that a Function's files were packed from.
    """

    file: str
    source: Source | None = field(default=None, compare=False, repr=False)
    document: int = 0
    steps: tuple[str | int, ...] = ()
    subject: str = ""
    code: Path | None = None

    def __str__(self) -> str:
        return f"{self.file}: {self.subject}" if self.subject else self.file

    def about(self, subject: str) -> "Origin":
        """The same place, now with the object at it."""
        return replace(self, subject=subject)

    def at(self, *steps: str | int) -> "Origin":
        """The place of a part of the object."""
        return replace(self, steps=(*self.steps, *steps))

    def position(self, steps: Steps = (), part: Part = "best") -> Position | None:
        """The position to which the steps lead from the object."""
        if self.source is None:
            return None
        return self.source.locate(self.document, (*self.steps, *steps), part)

    def finding(
        self, code: str, message: str, remedy: str = "", *, at: Steps = (), part: Part = "best"
    ) -> Finding:
        """An error at the place to which the steps lead from the object."""
        return Finding(
            file=self.file,
            code=code,
            message=message,
            remedy=remedy,
            subject=self.subject,
            pointer=pointer_of((*self.steps, *at)),
            position=self.position(at, part),
            source=self.source,
            document=self.document,
        )


def pointer_of(steps: Steps) -> str:
    """The steps as a JSON Pointer (RFC 6901), empty for the whole document."""
    return problems.pointer_of(steps) if steps else ""


def steps_of(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON Pointer; ``/`` is the whole document, as AWS writes it."""
    names = pointer.split("/")[1:] if pointer not in ("", "/") else []
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in names)


def has_error(findings: Iterable[Finding]) -> bool:
    """Whether any of them prevents a run."""
    return any(not finding.is_warning for finding in findings)


def in_order(findings: Iterable[Finding], files: Sequence[str] = ()) -> Sequence[Finding]:
    """Without repetition: by file as first named, then as in ``files``, and by place in each."""
    once = list(dict.fromkeys(findings))
    named = [finding.file for finding in once if finding.file not in files]
    files = list(dict.fromkeys([*named, *files]))
    return sorted(
        once,
        key=lambda it: (
            files.index(it.file),
            (it.position.line, it.position.column) if it.position else (0, 0),
        ),
    )
