"""The tokens of a JSONata source that the engine has accepted.

Our own checks need this part of the grammar, because the engine only says whether a source is
valid. A token stands either where an operand begins or after one; that decides what ``/``, ``[``,
``*`` and ``and`` mean.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_STRING: Final = r""" "(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*' """
_NUMBER: Final = r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_NAME: Final = r"[^\s.\[\]{}(),@\#;:?+\-*/%|=<>^&!~]+"
_TOKEN: Final = re.compile(
    rf"""
      (?P<blank>\s+|/\*.*?\*/)
    | (?P<string>{_STRING})
    | (?P<quoted>`[^`]*`)
    | (?P<number>{_NUMBER})
    | (?P<operator>\.\.|:=|!=|<=|>=|~>|\*\*|\?:|\?\?|[.\[\]{{}}(),@\#;:?+\-*/%|=<>^&!~])
    | (?P<name>{_NAME})
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN_NAME: Final = re.compile(rf"{_STRING}|`[^`]*`|{_NUMBER}|({_NAME})", re.VERBOSE | re.DOTALL)
_NOT_PLAIN: Final = re.compile(r":=|\?:|\?\?|[/@#λ]|function")
_SIGNATURE: Final = re.compile(r"\s*<[^{]*>\s*(?={)")
_ENDS_OPERAND: Final = frozenset(")]}")
_OPERANDS: Final = frozenset({"*", "**", "%", "?"})
_WORDS: Final = frozenset({"and", "or", "in"})


class Token(NamedTuple):
    """``kind`` is string, quoted, number, operator, name or regex.

    ``begins`` says whether it stands where an operand begins, so it is or opens one.
    """

    kind: str
    text: str
    begins: bool


def is_plain(source: str) -> bool:
    """Whether the source binds no variables, defines no functions and has no slashes.

    Most sources are plain, and plain ones are read faster.
    """
    return _NOT_PLAIN.search(source) is None


def names_in(source: str) -> frozenset[str]:
    """The variables and functions that a plain source mentions, without their ``$``."""
    return frozenset(name[1:] for name in _PLAIN_NAME.findall(source) if name.startswith("$"))


def tokens_of(source: str) -> Iterator[Token]:
    """The tokens in order, without blanks, comments and the signatures of functions."""
    position, begins = 0, True
    while position < len(source):
        if begins and source[position] == "/" and not source.startswith("/*", position):
            end = _end_of_regex(source, position)
            yield Token("regex", source[position:end], begins)
            position, begins = end, False
            continue
        if source[position] == "<" and (signature := _SIGNATURE.match(source, position)):
            position = signature.end()
            continue
        match = _TOKEN.match(source, position)
        assert match is not None  # anything else is a name
        position, kind, text = match.end(), str(match.lastgroup), match[0]
        if kind != "blank":
            yield Token(kind, text, begins)
            begins = _operand_follows(kind, text, begins=begins)


def _operand_follows(kind: str, text: str, *, begins: bool) -> bool:
    if kind == "operator":
        return text not in _ENDS_OPERAND and not (begins and text in _OPERANDS)
    return kind == "name" and not begins and text in _WORDS


def _end_of_regex(source: str, start: int) -> int:
    """The end of the regular expression and its flags: at a slash outside all brackets."""
    depth, position = 0, start + 1
    while position < len(source):
        letter = source[position]
        if letter == "\\":
            position += 1
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "/" and depth == 0:
            break
        position += 1
    position += 1
    while position < len(source) and source[position] in "im":
        position += 1
    return position
