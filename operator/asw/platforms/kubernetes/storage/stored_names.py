"""Names of the objects that hold parts of an Execution, and what the names tell. Pure.

A name carries owner, kind, the save that first referred to the object, and content. Two kinds of
page have lifetimes that cannot touch: ``-e-`` holds a value of the history, or the output, and
lives as long as the Execution; ``-p-`` belongs to the record alone, and is garbage once a stored
status no longer refers to it. A record may refer to both kinds, the history to its own only.

A save is identified by the resourceVersion that it replaces. That version is gone once any status
was written over it, so a save that would use such a name again is refused. A name that no stored
status refers to, and whose save can no longer be stored, is never referred to again. A late
deletion therefore never hits anything alive, and a repeated save finds its own objects.

Private values lie in Payloads, whose names have a mark before the letter: ``-xe-``.

Older versions named pages ``<uid12>-p-<digest12>``. Those are read like any other, and never
treated as garbage.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from asw.api.names import (
    PRIVATE_MARK,
    digest12,
    event_page_name,
    fence8,
    history_chunk_name,
    record_page_name,
)

DIGITS = 12
"""Characters of a digest in a name."""
_LENGTHS = {"p": 4, "e": 4, "h": 5}
"""Number of parts of a name of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencedNames:
    """Names that the stored status refers to, by digest: for the record and for the history."""

    record: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)


class Naming:
    """The names that one save needs. Equal values share an object, also with ``known`` ones.

    ``pages`` are new texts that the history needs, by name. A page keeps its name as long as the
    record refers to it, because pages name other pages.
    """

    def __init__(
        self, uid: str, version: str, known: ReferencedNames, *, is_private: bool = False
    ) -> None:
        self.is_private = is_private
        self._uid = uid
        self._fence = fence8(version)
        self._mark = PRIVATE_MARK if is_private else ""
        self._known = known
        self._made: dict[str, str] = {}
        self.pages: dict[str, str] = {}

    def of_chunk(self, number: int, text: str) -> str:
        """The name of the n-th sealed run of history."""
        return history_chunk_name(self._uid, number, self._fence, text, self._mark)

    def of_event(self, text: str) -> str:
        """The page of a value in the history, or of the output."""
        digest = digest12(text)
        name = self._known.events.get(digest) or self._made.get(digest)
        if name is None:
            name = event_page_name(self._uid, self._fence, digest, self._mark)
            self._made[digest] = name
            self.pages[name] = text
        return name

    def of_record(self, digest: str) -> tuple[str, bool]:
        """The page of a value in the record, and whether it must be written.

        The history's page is used if there is one, so the history must be named first.
        """
        short = digest[:DIGITS]
        for named in (self._known.record, self._made, self._known.events):
            if (name := named.get(short)) is not None:
                return name, False
        return record_page_name(self._uid, self._fence, digest, self._mark), True


def by_digest(names: Iterable[str]) -> dict[str, str]:
    """The names, by the digest that each ends with."""
    return {name[-DIGITS:]: name for name in names}


def is_of_record_alone(name: str) -> bool:
    """Whether the object is a page that the history never refers to."""
    return _kind_of(name) == "p" and fence_of(name) is not None


def is_of_history(name: str) -> bool:
    """Whether the object is a page that lives as long as the Execution."""
    return _kind_of(name) == "e"


def is_private(name: str) -> bool:
    """Whether the object is a Payload, which fewer people may read than a ConfigMap."""
    return name.split("-")[1].startswith(PRIVATE_MARK)


def fence_of(name: str) -> str | None:
    """``fence8`` of the version that was named by the save that first referred to the object.

    None if the name does not say so.
    """
    words = name.split("-")
    return words[-2] if len(words) == _LENGTHS.get(_kind_of(name)) else None


def _kind_of(name: str) -> str:
    """The letter of its kind; empty for a name that is not ours."""
    _, _, rest = name.partition("-")
    return rest.partition("-")[0].removeprefix(PRIVATE_MARK)
