"""What is told to the author of files: each with file, place, code, sentence and remedy. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from asw.asl import problems
from asw.asl.problems import Severity
from asw.lint.locating import Steps
from asw.lint.sources import Part, Position, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to tell the author.

    ``subject`` is the object that it is about, such as ``Workflow flow``; ``pointer`` leads to the
    place in its document (JSON Pointer), ``path`` to the one in the definition, as AWS tells it.
    ``code`` is one of ``asw.lint.rules``, or of ``asw.asl.problems``.
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
        """Whether everything can run all the same."""
        return self.severity == "WARNING"

    @property
    def place(self) -> str:
        """File, line and column, as compilers and editors know them."""
        return self.file if self.position is None else f"{self.file}:{self.position}"

    @property
    def sentence(self) -> str:
        """All that there is to say of it, in a line: code, message, where, and the remedy."""
        whereabouts = ", ".join(part for part in (self.subject, self.path.rstrip("/")) if part)
        said = f"{self.code}: {self.message}"
        if self.remedy:
            said = f"{said.removesuffix('.')}: {self.remedy}"
        return f"{said} ({whereabouts})" if whereabouts else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an object comes from: a place in a document of a file, and how people know it."""

    file: str
    source: Source | None = field(default=None, compare=False, repr=False)
    document: int = 0
    steps: tuple[str | int, ...] = ()
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.subject}" if self.subject else self.file

    def about(self, subject: str) -> "Origin":
        """The same place, once it is known what stands there."""
        return replace(self, subject=subject)

    def at(self, *steps: str | int) -> "Origin":
        """A part of the same object."""
        return replace(self, steps=(*self.steps, *steps))

    def position(self, steps: Steps = (), part: Part = "best") -> Position | None:
        """Where the steps lead from the object."""
        if self.source is None:
            return None
        return self.source.locate(self.document, (*self.steps, *steps), part)

    def finding(
        self, code: str, message: str, remedy: str = "", *, at: Steps = (), part: Part = "best"
    ) -> Finding:
        """An error about what the steps lead to from the object."""
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
    """The steps as a JSON Pointer (RFC 6901), which is empty for the whole document."""
    return problems.pointer_of(steps) if steps else ""


def steps_of(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON Pointer; ``/`` is the whole, as AWS has it."""
    names = pointer.split("/")[1:] if pointer not in ("", "/") else []
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in names)


def has_error(findings: Iterable[Finding]) -> bool:
    """Whether any of them keeps things from running."""
    return any(not finding.is_warning for finding in findings)


def in_order(findings: Iterable[Finding], files: Sequence[str] = ()) -> Sequence[Finding]:
    """By file as they were named, then in the order of ``files``; by place in each, each once."""
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
