"""A state machine as boxes and arrows, each state with a mark of how it went.

Pure: from a definition and its progress to lines of text. Nesting shows as boxes in boxes.
"""

from collections.abc import Mapping

from asw.asl.model import (
    And,
    Block,
    ChoiceState,
    Comparison,
    Condition,
    Expression,
    FailState,
    MapState,
    Not,
    Or,
    ParallelState,
    State,
    StateMachine,
    SucceedState,
    TaskState,
)
from asw.asl.resources import ActivityResource, ServiceResource
from asw.asl.values import to_text
from asw.draw.boxes import Block as Lines
from asw.draw.boxes import above, beside, box, shorten, width_of
from asw.draw.layout import depth_first
from asw.executions.progress import IDLE, Mark, Progress
from asw.messages.spans import span_text
from asw.messages.visible import one_line

MARKS: Mapping[Mark, str] = {
    "idle": "·",
    "running": "⋯",
    "done": "✓",
    "caught": "!",
    "failed": "✗",
    "stopped": "⊘",
}
"""One character for each mark, in tables too."""

_NAME_CELLS = 40
_RULE_CELLS = 44
_ARROW: Lines = ("│", "▼")
_NO_ARROW: Lines = ("",)
_SIGNS = {
    "LessThanEquals": "≤",
    "GreaterThanEquals": "≥",
    "Equals": "=",
    "LessThan": "<",
    "GreaterThan": ">",
    "Matches": "~",
}
"""By the end of the operator's name; the longer ends come first."""


def draw(machine: StateMachine, progress: Mapping[str, Progress], width: int = 100) -> Lines:
    """The whole graph, at most ``width`` cells wide where names allow."""
    return _draw_block(machine.block, progress, width)


def flow_order(block: Block) -> list[str]:
    """The block's states, each after those that lead to it, except in loops."""
    return depth_first([block.start_at], lambda name: _targets(block.states[name]))


def _targets(state: State) -> list[str]:
    """Where the state may lead, the usual way first."""
    if isinstance(state, ChoiceState):
        targets = [rule.next for rule in state.choices]
        return targets + ([state.default] if state.default else [])
    targets = [state.next] if state.next else []
    return targets + [catcher.next for catcher in getattr(state, "catch", ())]


def _draw_block(block: Block, progress: Mapping[str, Progress], width: int) -> Lines:
    order = flow_order(block)
    parts: list[Lines] = []
    for name, following in zip(order, [*order[1:], None], strict=True):
        state = block.states[name]
        parts.append(_draw_state(state, following, progress, width))
        if following is not None:
            parts.append(_ARROW if following in _targets(state) else _NO_ARROW)
    return above(parts)


def _draw_state(
    state: State, following: str | None, progress: Mapping[str, Progress], width: int
) -> Lines:
    title = _title(state, progress.get(state.name, IDLE))
    jumps = _jumps(state, following)
    if isinstance(state, ParallelState):
        branches = [_draw_block(branch, progress, width - 4) for branch in state.branches]
        return box(title, (*beside(branches, width - 4), *jumps), is_framed=True)
    if isinstance(state, MapState):
        inner = _draw_block(state.item_processor, progress, width - 4)
        return box(title, (*inner, *jumps), is_framed=True)
    return box(title, jumps)


def _title(state: State, progress: Progress) -> str:
    name = f"{MARKS[progress.mark]} {_short(state.name)}"
    return "  ".join([name, *facts_of(state, progress)])


def _short(name: str) -> str:
    """A state's name in one line: it may contain anything."""
    return shorten(one_line(name), _NAME_CELLS)


def facts_of(state: State, progress: Progress) -> list[str]:
    """A state's type, the service and action or activity, and how it fared if reached."""
    facts = [type(state).__name__.removesuffix("State")]
    if isinstance(state, TaskState) and isinstance(
        state.resource, ServiceResource | ActivityResource
    ):
        facts.append(state.resource.invocation.name)
    if progress.visits > 1:
        facts.append(f"{progress.visits} times")
    if progress.attempts > progress.visits:
        facts.append(f"{progress.attempts} tries")
    if progress.children:
        ended, total, failed = progress.children
        facts.append(f"{ended} of {total}" + (f", {failed} failed" if failed else ""))
    if progress.took:
        facts.append(span_text(progress.took))
    return facts


def _jumps(state: State, following: str | None) -> Lines:
    """The ways out that the arrow below the box does not show."""
    if isinstance(state, ChoiceState):
        rules = [(rule_text(rule.condition), rule.next) for rule in state.choices]
        ways = rules + ([("else", state.default)] if state.default else [])
        return _aligned(ways)
    lines: list[str] = []
    if state.next is not None and state.next != following:
        lines.append(f"  → {_short(state.next)}")
    if state.next is None and following and not isinstance(state, SucceedState | FailState):
        lines.append("  → end")
    lines += [
        f"  {shorten(', '.join(catcher.error_equals), _RULE_CELLS)} → {_short(catcher.next)}"
        for catcher in getattr(state, "catch", ())
    ]
    return tuple(lines)


def _aligned(ways: list[tuple[str, str]]) -> Lines:
    cells = width_of(tuple(text for text, _ in ways))
    return tuple(
        f"  {text}{' ' * (cells - width_of((text,)))} → {_short(name)}" for text, name in ways
    )


def rule_text(condition: Condition | Expression) -> str:
    """A Choice rule in few words, for people."""
    if isinstance(condition, Expression):
        return shorten(one_line(condition.source), _RULE_CELLS)
    return shorten(one_line(_condition_text(condition)), _RULE_CELLS)


def _condition_text(condition: Condition) -> str:
    match condition:
        case And():
            return " and ".join(_condition_text(rule) for rule in condition.rules)
        case Or():
            return " or ".join(_condition_text(rule) for rule in condition.rules)
        case Not():
            return f"not ({_condition_text(condition.rule)})"
        case Comparison():
            return _comparison_text(condition)


def _comparison_text(comparison: Comparison) -> str:
    operand = comparison.operand if comparison.is_path else to_text(comparison.operand)
    sign = next(
        (sign for name, sign in _SIGNS.items() if comparison.operator.endswith(name)),
        comparison.operator,
    )
    return f"{comparison.variable} {sign} {operand}"
