"""Follows values that are to be hidden to where they were copied. Pure.

A value moves as it goes from state to state: under another name by Parameters or a variable, into
a longer text by States.Format. A path finds it where its names are; this finds it elsewhere.
"""

from collections.abc import Iterator
from typing import Final

from asw.asl.values import Json

SHORTEST: Final = 4
"""Characters of texts, and digits of whole numbers, that are told apart from chance."""


class Traces:
    """What stood at the paths; ``without`` takes it out of any other value."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._numbers: set[int] = set()

    def note(self, value: Json) -> None:
        """Remember what is in the value, where it is long enough to be known again."""
        for leaf in _leaves(value):
            if isinstance(leaf, str) and len(leaf) >= SHORTEST:
                self._texts.add(leaf)
            elif type(leaf) is int and len(str(abs(leaf))) >= SHORTEST:
                self._numbers.add(leaf)
                self._texts.add(str(leaf))

    def without(self, value: Json) -> Json:
        """The value with stars for these texts, wherever they stand, and 0 for these numbers."""
        if isinstance(value, str):
            return self.text_without(value)
        if isinstance(value, dict):
            return {key: self.without(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.without(each) for each in value]
        return 0 if type(value) is int and value in self._numbers else value

    def text_without(self, text: str) -> str:
        """The text with stars for what was noted."""
        if text in self._texts:
            return "*" * len(text)
        held = [it for it in self._texts if it in text]
        for noted in sorted(held, key=len, reverse=True):
            text = text.replace(noted, "*" * len(noted))
        return text


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    else:
        yield value
