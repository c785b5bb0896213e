"""Large values move from the record to immutable objects; ``restoring`` is the inverse. Pure.

Works on the plain tree of ``asw.engine.record_text``. A user's value whose text has more than
``PAGE_LIMIT_BYTES`` becomes ``{"$page": name}``, or ``{"$parts": [names]}`` if one object cannot
hold it. A value that equals the execution's own input becomes ``{"$input": true}``, because the
spec keeps that forever. Users' data that look like any of these are wrapped in
``{"$value": ...}``.

Results of finished iterations and children lie in runs of 64, ``{"$runs": nodes, "rest": ...}``.
Once all 64 have ended, a run becomes a page; 16 such pages get an index, 16 indexes another one.
Each is written once, and the references stay short however long the Map is.

Equal values share a page, also with the history. The name of a page follows from the save that
first needed it (``stored_names``). A value that is the same object as at the last save is not even
looked at again (``Texts``).
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asw.api.names import PAGE_LIMIT_BYTES
from asw.asl.values import Json, to_text
from asw.engine.outputs import PAGE as RUN
from asw.engine.outputs import Outputs
from asw.engine.record_text import OUTPUTS_FIELDS, PAYLOAD_FIELDS
from asw.platforms.kubernetes.storage.stored_names import Naming

RECORD_BUDGET_BYTES = 14 * 1024
"""Bytes that the record and the list of its pages may take of the status."""
LISTED_BYTES = 150
"""Bytes that one entry of that list takes."""
SMALL_PAGE_BYTES = 512
"""Bytes from which a value counts as large once the budget is exceeded."""
PART_CHARACTERS = 170_000
"""Characters of a text that one object holds: at most 664 KiB; Kubernetes takes 1 MiB."""
INPUT_REFERENCE_BYTES = 64
LINE_BYTES = 60
"""Bytes that a line of control takes of the record's text at least, whatever leaves it."""
FAN_OUT = 16
"""Pages that share an index, once all of them are final."""
SHORT_LIST = 4
"""Nodes that stay in the record when room is short; further ones go into an index."""

PAGE, PARTS, INPUT, VALUE, RUNS, INDEX = "$page", "$parts", "$input", "$value", "$runs", "$index"
REST = "rest"
MARKS: Final = frozenset({PAGE, PARTS, INPUT, VALUE, RUNS, INDEX})

Node = dict[str, Json]


@dataclass(frozen=True, slots=True)
class SizedText:
    """What is known of an object's text: its size in bytes, and its digests if it is large.

    ``value`` keeps the object alive, so that its identity stays unique. ``digests`` are those of
    the parts of the text that objects hold; ``inner`` are names of pages that it refers to.
    """

    value: Any
    size: int = 0
    is_input: bool = False
    digests: Sequence[str] = ()
    inner: frozenset[str] = frozenset()


class Texts:
    """What was computed for objects that stay the same from save to save.

    Values are frozen and shared between records, so identity is enough. Entries that the last
    stored save did not ask for are forgotten, and so are those of a save that was not stored: its
    names died with it. The texts themselves are not kept.
    """

    def __init__(self) -> None:
        self._now: dict[int, SizedText] = {}
        self._stored: dict[int, SizedText] = {}

    def turn(self) -> None:
        """Begin another save."""
        self._now = {}

    def keep(self) -> None:
        """The save was stored."""
        self._stored, self._now = self._now, {}

    def of(self, value: Any, make: Callable[[], SizedText]) -> SizedText:
        """The entry of this very object, computed now if need be."""
        made = self._now.get(id(value)) or self._stored.get(id(value)) or make()
        self._now[id(value)] = made
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """A record's text for the status, and the pages that it needs.

    ``direct`` are those that the text itself names, with their digests; ``needed`` are all of
    them; ``pages`` are the texts of those that are not stored yet.
    """

    text: str
    direct: Mapping[str, str]
    needed: frozenset[str]
    pages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Thrift:
    """Values above the limit leave the record; when room is short, unfinished runs do too."""

    limit: int
    is_room_short: bool


_THRIFT: Final = (
    _Thrift(PAGE_LIMIT_BYTES, is_room_short=False),
    _Thrift(PAGE_LIMIT_BYTES, is_room_short=True),
    _Thrift(SMALL_PAGE_BYTES, is_room_short=True),
)


def paged(
    naming: Naming,
    plain: Mapping[str, Any],
    input_text: str | None,
    texts: Texts,
    *,
    budget: int = RECORD_BUDGET_BYTES,
) -> Paged:
    """The record within its budget of bytes: large values paged, then more, then all of it.

    ``plain`` holds ``Outputs`` as they are.
    """
    is_hopeless = budget <= 0 or LINE_BYTES * len(plain.get("frames", ())) > budget
    for thrift in _THRIFT[-1:] if is_hopeless else _THRIFT:
        pager = _Pager(naming, thrift, input_text, texts)
        text = to_text(pager.tree(plain))
        if len(text.encode()) + LISTED_BYTES * len(pager.direct) <= budget:
            return pager.result(text)
    pager.direct.clear()
    return pager.result(to_text(pager.named(pager.store(text))))


class _Pager:
    """One attempt. ``needed`` collects the pages, ``pages`` the texts of new ones."""

    def __init__(
        self, naming: Naming, thrift: _Thrift, input_text: str | None, texts: Texts
    ) -> None:
        self._naming = naming
        self._thrift = thrift
        self._input_text = input_text
        self._texts = texts
        self._digests: dict[str, str] = {}
        self._inner: set[str] = set()
        self._pages: dict[str, str] = {}
        self.direct: dict[str, str] = {}

    def result(self, text: str) -> Paged:
        """The result, with this text for the status."""
        needed = self._inner | self._digests.keys()
        return Paged(text=text, direct=self.direct, needed=frozenset(needed), pages=self._pages)

    def tree(self, node: Any) -> Json:
        """The tree with large users' values replaced."""
        if isinstance(node, dict):
            final = final_runs([it for key in OUTPUTS_FIELDS if (it := node.get(key)) is not None])
            return {key: self._field(key, value, final) for key, value in node.items()}
        if isinstance(node, list):
            return [self.tree(item) for item in node]
        return node

    def named(self, node: Node) -> Node:
        """Note that the text of the status itself names the node's pages; the node."""
        for name in names_of(node):
            self.direct[name] = self._digests[name]
        return node

    def store(self, text: str) -> Node:
        """Store a text as pages; the node that stands for it."""
        return self._need(SizedText(None, digests=_digests(text)), lambda: text)

    def _field(self, key: str, value: Any, final: frozenset[int]) -> Json:
        if isinstance(value, Outputs):
            return self._outputs(value, final)
        if key not in PAYLOAD_FIELDS:
            return self.tree(value)
        return self._named_value(value)

    # Values

    def _named_value(self, value: Json) -> Json:
        """The value as the text of the status holds it."""
        node = self._value(value, self._thrift.limit)
        return self.named(node) if node is not value and is_stored(node) else node

    def _value(self, value: Json, limit: int) -> Json:
        """The value as the record names it."""
        if not isinstance(value, dict | list | str):
            return value
        made = self._texts.of(value, lambda: self._make(value))
        if made.is_input:
            return {INPUT: True}
        if made.size > limit:
            return self._need(made, lambda: to_text(value))
        is_alike = isinstance(value, dict) and not MARKS.isdisjoint(value)
        return {VALUE: value} if is_alike else value

    def _make(self, value: Json) -> SizedText:
        text = to_text(value)
        size = len(text.encode())
        is_input = size > INPUT_REFERENCE_BYTES and text == self._input_text
        digests = _digests(text) if size > SMALL_PAGE_BYTES and not is_input else ()
        return SizedText(value, size, is_input, digests)

    def _need(self, made: SizedText, text_of: Callable[[], str]) -> Node:
        """Note that the record needs these pages; make their texts if they are not stored yet."""
        found = [self._naming.of_record(digest) for digest in made.digests]
        names = [name for name, _ in found]
        self._digests |= zip(names, made.digests, strict=True)
        self._inner |= made.inner
        if any(is_new and name not in self._pages for name, is_new in found):
            texts = zip(found, parts_of(text_of()), strict=True)
            self._pages |= {name: part for (name, is_new), part in texts if is_new}
        return {PAGE: names[0]} if len(names) == 1 else {PARTS: names}

    # Outputs

    def _outputs(self, outputs: Outputs, final: frozenset[int]) -> Json:
        """Turn final runs into pages; the others stay if there is room."""
        nodes: dict[int, Node] = {}
        rest: dict[str, Json] = {}
        for number, run in outputs.pages():
            if number in final or self._thrift.is_room_short:
                nodes[number] = self._run(run)
            else:
                rest |= {str(index): self._named_value(value) for index, value in run.items()}
        listed = list(self._indexed(nodes, final))
        if self._thrift.is_room_short and len(listed) > SHORT_LIST:
            listed = [self._index(listed)]
        return {RUNS: [self.named(node) for node in listed], REST: rest} if listed else rest

    def _run(self, run: Mapping[int, Json]) -> Node:
        made = self._texts.of(run, lambda: self._make_run(run))
        return self._need(made, lambda: to_text(self._content(run)))

    def _make_run(self, run: Mapping[int, Json]) -> SizedText:
        content = self._content(run)
        inner = frozenset(
            name for value in content.values() if is_stored(value) for name in names_of(value)
        )
        return SizedText(run, digests=_digests(to_text(content)), inner=inner)

    def _content(self, run: Mapping[int, Json]) -> dict[str, Json]:
        """The content of a run's page, which is complete however short room is in the record."""
        return {str(index): self._value(value, PAGE_LIMIT_BYTES) for index, value in run.items()}

    def _indexed(self, nodes: dict[int, Node], final: frozenset[int]) -> Iterator[Node]:
        """The nodes, with each full block of final ones replaced by an index, level by level."""
        while nodes:
            blocks = {number // FAN_OUT for number in final}
            full = frozenset(
                at for at in blocks if final.issuperset(range(at * FAN_OUT, (at + 1) * FAN_OUT))
            )
            members: dict[int, list[Node]] = {}
            for number, node in nodes.items():
                if number // FAN_OUT in full:
                    members.setdefault(number // FAN_OUT, []).append(node)
                else:
                    yield node
            nodes = {number: self._index(listed) for number, listed in members.items()}
            final = full

    def _index(self, nodes: Sequence[Node]) -> Node:
        return {INDEX: self.store(to_text(nodes))}


def final_runs(all_outputs: Sequence[Outputs]) -> frozenset[int]:
    """The runs that are complete: each index has its output or its failure."""
    sizes: dict[int, int] = {}
    for outputs in all_outputs:
        for number, run in outputs.pages():
            sizes[number] = sizes.get(number, 0) + len(run)
    return frozenset(number for number, size in sizes.items() if size == RUN)


def is_stored(value: Json) -> bool:
    """Whether the node stands for a stored text."""
    return isinstance(value, dict) and value.keys() in ({PAGE}, {PARTS})


def names_of(node: Node) -> Sequence[str]:
    """The objects that hold what the node stands for."""
    if INDEX in node:
        return names_of(node[INDEX])
    return [node[PAGE]] if PAGE in node else list(node[PARTS])


def _digests(text: str) -> list[str]:
    return [hashlib.sha256(part.encode()).hexdigest() for part in parts_of(text)]


def parts_of(text: str) -> list[str]:
    """The text in pieces that an object can hold."""
    starts = range(0, max(len(text), 1), PART_CHARACTERS)
    return [text[start : start + PART_CHARACTERS] for start in starts]
