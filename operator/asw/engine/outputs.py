"""The outputs of finished branches, iterations and children by index: many, added one by one.

An immutable mapping that shares what did not change. Adding one output copies one page and the
short list of pages, so it costs the same after ten thousand as after a hundred.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from asw.asl.values import Json

PAGE: Final = 64
"""Outputs per page; one page is copied when an output is added."""


class Outputs(Mapping[int, Json]):
    """An immutable mapping from indexes to outputs, in pages."""

    __slots__ = ("_count", "_pages")

    def __init__(self, values: Mapping[int, Json] | None = None) -> None:
        self._pages: dict[int, dict[int, Json]] = {}
        self._count = 0
        for index, value in (values or {}).items():
            self._pages.setdefault(index // PAGE, {})[index] = value
            self._count += 1

    def having(self, index: int, value: Json) -> "Outputs":
        """These outputs and one more, whose index must be free."""
        number = index // PAGE
        page = self._pages.get(number, {})
        assert index not in page, f"output {index} is there already"
        more = Outputs()
        more._pages = {**self._pages, number: {**page, index: value}}
        more._count = self._count + 1
        return more

    def in_order(self) -> list[Json]:
        """All outputs in the order of their indexes."""
        return [self[index] for index in sorted(self)]

    def pages(self) -> Iterator[tuple[int, Mapping[int, Json]]]:
        """The pages of ``PAGE`` indexes by number; an unchanged page stays the same object."""
        yield from self._pages.items()

    def __getitem__(self, index: int) -> Json:
        page = self._pages.get(index // PAGE)
        if page is None:
            raise KeyError(index)
        return page[index]

    def __iter__(self) -> Iterator[int]:
        for page in self._pages.values():
            yield from page

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"Outputs({dict(self)!r})"
