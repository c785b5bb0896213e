"""The inverse of ``paging``: puts the pages back into a record's tree. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from asw.asl.values import Json, from_text
from asw.engine.record_text import OUTPUTS_FIELDS, PAYLOAD_FIELDS
from asw.platforms.kubernetes.storage.paging import INDEX, REST, RUNS, Node, is_stored, names_of


def references(node: Json, pages: Mapping[str, str]) -> Iterator[str]:
    """Names of the pages that a tree needs, as far as the pages at hand show."""
    if is_stored(node):
        yield from names_of(node)
        if _is_at_hand(node, pages):
            yield from references(_content(node, pages), pages)
    elif isinstance(node, list):
        for item in node:
            yield from references(item, pages)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _field_references(key, value, pages)


class InputLost(Exception):
    """The tree refers to the execution's own input, which is lost."""


def restored(
    node: Json, pages: Mapping[str, str], input_value: Json, *, is_input_lost: bool = False
) -> Json:
    """The tree as it was before ``paged``; ``pages`` holds the text of each page by name.

    Raises InputLost if it needs the input and ``is_input_lost``.
    """
    return _Restorer(pages, input_value, is_input_lost=is_input_lost).tree(node)


def _field_references(key: str, value: Json, pages: Mapping[str, str]) -> Iterator[str]:
    """References in a field; inside users' values there are none: only a whole value may be one."""
    if key in OUTPUTS_FIELDS:
        if RUNS in value:
            for node in value[RUNS]:
                yield from _run_references(node, pages)
            value = value[REST]
        for item in value.values():
            yield from _value_references(item)
    elif key in PAYLOAD_FIELDS:
        yield from _value_references(value)
    else:
        yield from references(value, pages)


def _value_references(value: Json) -> Iterator[str]:
    if is_stored(value):
        yield from names_of(value)


def _run_references(node: Node, pages: Mapping[str, str]) -> Iterator[str]:
    yield from names_of(node)
    if not _is_at_hand(node, pages):
        return
    if INDEX in node:
        for inner in _content(node[INDEX], pages):
            yield from _run_references(inner, pages)
    else:
        for value in _content(node, pages).values():
            yield from _value_references(value)


class _Restorer:
    def __init__(self, pages: Mapping[str, str], input_value: Json, *, is_input_lost: bool) -> None:
        self._pages = pages
        self._input = input_value
        self._is_input_lost = is_input_lost

    def tree(self, node: Json) -> Json:
        if is_stored(node):
            return self.tree(_content(node, self._pages))
        if isinstance(node, dict):
            return {key: self._field(key, value) for key, value in node.items()}
        if isinstance(node, list):
            return [self.tree(item) for item in node]
        return node

    def _field(self, key: str, value: Json) -> Json:
        if key in OUTPUTS_FIELDS:
            return self._outputs(value)
        return self._value(value) if key in PAYLOAD_FIELDS else self.tree(value)

    def _value(self, value: Json) -> Json:
        if is_stored(value):
            return _content(value, self._pages)
        match value:
            case {"$input": True} if len(value) == 1:
                if self._is_input_lost:
                    raise InputLost
                return self._input
            case {"$value": wrapped} if len(value) == 1:
                return wrapped
        return value

    def _outputs(self, outputs: Json) -> Json:
        """Outputs with their indexes in order, so that reading back gives what was written."""
        if RUNS not in outputs:
            return {index: self._value(value) for index, value in outputs.items()}
        found: dict[str, Any] = {}
        for node in outputs[RUNS]:
            found |= self._run(node)
        found |= {index: self._value(value) for index, value in outputs[REST].items()}
        return {index: found[index] for index in sorted(found, key=int)}

    def _run(self, node: Node) -> dict[str, Json]:
        if INDEX not in node:
            run = _content(node, self._pages)
            return {index: self._value(value) for index, value in run.items()}
        found: dict[str, Json] = {}
        for inner in _content(node[INDEX], self._pages):
            found |= self._run(inner)
        return found


def _is_at_hand(node: Node, pages: Mapping[str, str]) -> bool:
    return all(name in pages for name in names_of(node))


def _content(node: Node, pages: Mapping[str, str]) -> Any:
    return from_text("".join(pages[name] for name in names_of(node)))
