"""Boxes of text, put beside and above one another; lines of one block are equally wide.

Pure. Knows the width of Chinese characters, nothing of states.
"""

from collections.abc import Sequence
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size

Block: TypeAlias = tuple[str, ...]

GAP = 2


def width_of(block: Block) -> int:
    """Cells that the block's lines take."""
    return max((cell_len(line) for line in block), default=0)


def shorten(text: str, limit: int) -> str:
    """The text in at most ``limit`` cells, with an ellipsis if it was cut."""
    return text if cell_len(text) <= limit else set_cell_size(text, limit - 1).rstrip() + "…"


def box(title: str, content: Block = (), *, is_framed: bool = False) -> Block:
    """A box: the title as its first line, or in its frame if the content is boxes itself."""
    lines = content if is_framed else (title, *content)
    inner = max(width_of(lines), cell_len(title) + 2 if is_framed else 0)
    head = f"─ {title} " if is_framed else ""
    rule = "─" * (inner + 2 - cell_len(head))
    body = tuple(f"│ {set_cell_size(line, inner)} │" for line in lines)
    return (f"╭{head}{rule}╮", *body, f"╰{'─' * (inner + 2)}╯")


def beside(blocks: Sequence[Block], limit: int) -> Block:
    """The blocks from left to right, or one above the other if that is too wide."""
    total = sum(width_of(block) for block in blocks) + GAP * (len(blocks) - 1)
    if total > limit:
        return above(blocks)
    height = max(len(block) for block in blocks)
    columns = [_pad(block, height) for block in blocks]
    return tuple((" " * GAP).join(row) for row in zip(*columns, strict=True))


def above(blocks: Sequence[Block]) -> Block:
    """The blocks from top to bottom, each centred."""
    width = max(width_of(block) for block in blocks)
    return tuple(_centre(line, width) for block in blocks for line in block)


def _pad(block: Block, height: int) -> Block:
    width = width_of(block)
    filled = tuple(set_cell_size(line, width) for line in block)
    return filled + (" " * width,) * (height - len(block))


def _centre(line: str, width: int) -> str:
    left = (width - cell_len(line)) // 2
    return set_cell_size(" " * left + line, width)
