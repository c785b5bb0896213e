"""What an expression reads at its top level, where ASL provides no input document.

There ``$``, ``$$`` and bare field names would mean the input. In a later step of a path, a
predicate, sort, grouping or transformation they mean what the path has reached, and are allowed
(ASL: JSONata Restrictions).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from asw.asl.jsonata.tokens import Token

ROOT: Final = "$$"
_CONTEXT: Final = "$"
_LITERALS: Final = frozenset({"true", "false", "null"})
_FUNCTION: Final = frozenset({"function", "λ"})
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


def references_in(tokens: Sequence[Token]) -> list[str]:
    """The names read at the top level, each once, in order; ``$$`` at any level."""
    walk = _Walk()
    names = [name for at in range(len(tokens)) if (name := walk.visit(tokens, at)) is not None]
    return list(dict.fromkeys(names))


def bound_in(tokens: Sequence[Token]) -> frozenset[str]:
    """The variables, without ``$``, that the expression itself binds anywhere."""
    return frozenset(_bound(tokens))


def _bound(tokens: Sequence[Token]) -> Iterator[str]:
    in_parameters = False
    for at, token in enumerate(tokens):
        if token.text == "(" and at and tokens[at - 1].text in _FUNCTION:
            in_parameters = True
        elif token.text == ")":
            in_parameters = False
        elif token.kind == "name" and token.text.startswith("$"):
            after = tokens[at + 1].text if at + 1 < len(tokens) else ""
            if in_parameters or after == ":=" or (at and tokens[at - 1].text in {"@", "#"}):
                yield token.text[1:]


@dataclass(slots=True)
class _Group:
    """Brackets, or the bars of a transformation; the outer state applies again after them."""

    hidden: bool
    step: bool
    bars: int = 0
    is_parameters: bool = False


@dataclass(slots=True)
class _Walk:
    """``hidden``: this is not the top level; ``step``: a later step of a path comes next.

    ``last_step``: the operand just passed was such a step, so its arguments are hidden.
    """

    groups: list[_Group] = field(default_factory=list)
    hidden: bool = False
    step: bool = False
    last_step: bool = False
    body_follows: bool = False

    def visit(self, tokens: Sequence[Token], at: int) -> str | None:
        """Pass the token and return the name that it reads from the input, if any."""
        token = tokens[at]
        if token.kind != "operator":
            return self._word(tokens, at)
        if token.text in _OPENING:
            self._open(tokens, at)
        elif token.text in _CLOSING:
            self._close()
        elif token.text == "|":
            self._bar(token)
        elif token.text == ".":
            self.step = True
        elif not token.begins:
            self.step = False
        return None

    def _word(self, tokens: Sequence[Token], at: int) -> str | None:
        token = tokens[at]
        if not token.begins:
            self.step = False  # and, or, in
            return None
        is_hidden = self.hidden or self.step
        self.last_step, self.step = self.step, False
        name = _name(tokens, at)
        return None if name is None or (is_hidden and name != ROOT) else name

    def _open(self, tokens: Sequence[Token], at: int) -> None:
        token, before = tokens[at], tokens[at - 1] if at else None
        group = _Group(self.hidden, self.step if token.begins else self.last_step)
        if token.begins:
            sorts = before is not None and before.text == "^"
            self.hidden = self.hidden or self.step or sorts
        elif token.text == "(" or self.body_follows:
            group.is_parameters = before is not None and before.text in _FUNCTION
            self.hidden = self.hidden or self.last_step
        else:
            self.hidden = True
        self.step = self.body_follows = False
        self.groups.append(group)

    def _close(self) -> None:
        group = self.groups.pop() if self.groups else _Group(hidden=False, step=False)
        self.hidden, self.last_step, self.step = group.hidden, group.step, False
        self.body_follows = group.is_parameters

    def _bar(self, token: Token) -> None:
        if token.begins:
            self.groups.append(_Group(self.hidden, self.step, bars=1))
            self.hidden, self.step = True, False
        elif self.groups and self.groups[-1].bars == 1:
            self.groups[-1].bars = 2
            self.step = False
        else:
            self._close()


def _name(tokens: Sequence[Token], at: int) -> str | None:
    """The field, ``$`` or ``$$`` that this operand names."""
    token, after = tokens[at], tokens[at + 1].text if at + 1 < len(tokens) else ""
    match token.kind:
        case "quoted":
            return token.text[1:-1]
        case "string":
            return token.text[1:-1] if after == "." else None
        case "name" if token.text.startswith("$"):
            return token.text if token.text in {_CONTEXT, ROOT} else None
        case "name" if token.text in _LITERALS or (token.text in _FUNCTION and after == "("):
            return None
        case "name":
            return token.text
    return None
