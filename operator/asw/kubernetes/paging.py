"""Large values leave the record for immutable objects of their own, and come back. Pure.

Works on the plain tree of ``asw.engine.record_text``: a user's value whose text has more than
``PAGE_LIMIT_BYTES`` becomes ``{"$page": name}``, one that equals the execution's own input
``{"$input": true}`` (the spec keeps that for ever), and users' data that look like either are
wrapped in ``{"$value": ...}``. Finished iterations of a Map go into pages by runs of 64, so that
each is written once however long the Map is. Names carry owner and content: equal values share a
page, and a page once written is never written again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from asw.api.names import PAGE_LIMIT_BYTES, page_name
from asw.asl.values import Json, from_text, to_text
from asw.engine.record_text import PAYLOAD_FIELDS

RECORD_BUDGET_BYTES = 14 * 1024
"""What the record and the list of its pages may take of the status."""
SMALL_PAGE_BYTES = 512
"""What still counts as large once the budget is exceeded."""
INPUT_REFERENCE_BYTES = 64
RUN = 64

PAGE, INPUT, VALUE, RUNS = "$page", "$input", "$value", "$runs"
_MARKS = frozenset({PAGE, INPUT, VALUE, RUNS})


class Texts:
    """JSON texts of values that stay the same objects from save to save, made once.

    Values are frozen and shared between records, so identity tells; what the last round did not
    ask for is forgotten.
    """

    def __init__(self) -> None:
        self._now: dict[int, tuple[Json, str]] = {}
        self._last: dict[int, tuple[Json, str]] = {}

    def turn(self) -> None:
        """A new round begins."""
        self._last, self._now = self._now, {}

    def of(self, value: Json) -> str:
        """The JSON text of the value."""
        if not isinstance(value, dict | list | str):
            return to_text(value)
        made = self._now.get(id(value)) or self._last.get(id(value)) or (value, to_text(value))
        self._now[id(value)] = made
        return made[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """A record's text for the status, and the pages that it needs."""

    text: str
    pages: Mapping[str, str] = field(default_factory=dict)


def paged(uid: str, plain: Mapping[str, Json], input_text: str | None, texts: Texts) -> Paged:
    """The record within its budget: large values paged, then smaller ones, then all of it."""
    for limit in (PAGE_LIMIT_BYTES, SMALL_PAGE_BYTES):
        pager = _Pager(uid, limit, input_text, texts)
        text = to_text(pager.tree(plain))
        if len(text.encode()) + 150 * len(pager.pages) <= RECORD_BUDGET_BYTES:
            return Paged(text=text, pages=pager.pages)
    whole = page_name(uid, text)
    return Paged(text=to_text({PAGE: whole}), pages={**pager.pages, whole: text})


class _Pager:
    def __init__(self, uid: str, limit: int, input_text: str | None, texts: Texts) -> None:
        self._uid = uid
        self._limit = limit
        self._input_text = input_text
        self._texts = texts
        self.pages: dict[str, str] = {}

    def tree(self, node: Json) -> Json:
        """The tree with users' values replaced where they are large."""
        if isinstance(node, dict):
            return {key: self._field(key, value) for key, value in node.items()}
        if isinstance(node, list):
            return [self.tree(item) for item in node]
        return node

    def _field(self, key: str, value: Json) -> Json:
        if key == "outputs":
            return self._outputs(value)
        return self._value(value) if key in PAYLOAD_FIELDS else self.tree(value)

    def _value(self, value: Json) -> Json:
        text = self._texts.of(value)
        if len(text) > INPUT_REFERENCE_BYTES and text == self._input_text:
            return {INPUT: True}
        if len(text) > self._limit or len(text.encode()) > self._limit:
            return self._page(text)
        if isinstance(value, dict) and not _MARKS.isdisjoint(value):
            return {VALUE: value}
        return value

    def _page(self, text: str) -> Json:
        name = page_name(self._uid, text)
        self.pages[name] = text
        return {PAGE: name}

    def _outputs(self, outputs: Mapping[str, Json]) -> Json:
        """Whole runs of 64 go into pages, the rest is paged value by value."""
        rest = dict(outputs)
        runs: dict[str, Json] = {}
        for first in range(0, max(map(int, outputs), default=-1) + 1, RUN):
            indexes = [str(index) for index in range(first, first + RUN)]
            if all(index in rest for index in indexes):
                run = {index: rest.pop(index) for index in indexes}
                runs[str(first)] = self._page(to_text(run))
        kept = {index: self._value(value) for index, value in rest.items()}
        if not runs:
            return kept
        listed: Json = runs
        if len(text := to_text(runs)) > self._limit:
            listed = self._page(text)
        return {RUNS: listed, "rest": kept}


def references(node: Json, pages: Mapping[str, str]) -> Iterator[str]:
    """Names of the pages that a tree needs, as far as the ones at hand let it be read."""
    if isinstance(node, list):
        for item in node:
            yield from references(item, pages)
    elif isinstance(node, dict) and node.keys() == {PAGE}:
        yield node[PAGE]
        if node[PAGE] in pages:
            yield from references(from_text(pages[node[PAGE]]), pages)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _field_references(key, value, pages)


def _field_references(key: str, value: Json, pages: Mapping[str, str]) -> Iterator[str]:
    """Inside users' values nothing is a reference: only the value as a whole may be one."""
    if key == "outputs" and RUNS in value:
        yield from references(value[RUNS], pages)
        yield from _field_references(key, value["rest"], pages)
    elif key == "outputs":
        for item in value.values():
            yield from _field_references("output", item, pages)
    elif key not in PAYLOAD_FIELDS:
        yield from references(value, pages)
    elif isinstance(value, dict) and value.keys() == {PAGE}:
        yield value[PAGE]


def restored(node: Json, pages: Mapping[str, str], input_value: Json) -> Json:
    """The tree as it was before ``paged``; ``pages`` holds the text of each page by name."""
    return _Restorer(pages, input_value).tree(node)


class _Restorer:
    def __init__(self, pages: Mapping[str, str], input_value: Json) -> None:
        self._pages = pages
        self._input = input_value

    def tree(self, node: Json) -> Json:
        if isinstance(node, dict):
            if node.keys() == {PAGE}:
                return self.tree(from_text(self._pages[node[PAGE]]))
            return {key: self._field(key, value) for key, value in node.items()}
        if isinstance(node, list):
            return [self.tree(item) for item in node]
        return node

    def _field(self, key: str, value: Json) -> Json:
        if key == "outputs":
            return self._outputs(value)
        return self._value(value) if key in PAYLOAD_FIELDS else self.tree(value)

    def _value(self, value: Json) -> Json:
        match value:
            case {"$page": str(name)} if len(value) == 1:
                return from_text(self._pages[name])
            case {"$input": True} if len(value) == 1:
                return self._input
            case {"$value": wrapped} if len(value) == 1:
                return wrapped
        return value

    def _outputs(self, outputs: Mapping[str, Json]) -> Json:
        runs = outputs.get(RUNS)
        if runs is None:
            return {index: self._value(value) for index, value in outputs.items()}
        if runs.keys() == {PAGE}:
            runs = from_text(self._pages[runs[PAGE]])
        found: dict[str, Any] = {}
        for run in runs.values():
            found.update(from_text(self._pages[run[PAGE]]))
        found.update({index: self._value(value) for index, value in outputs["rest"].items()})
        return found
