"""Which states of a block stand in a loop."""

from collections import defaultdict

from asw.asl.analysis.walk import order_of, targets_of
from asw.asl.model import Block


def states_in_loops(block: Block) -> frozenset[str]:
    """The states that a run may come back to (Kosaraju: groups that all lead to each other)."""
    before: dict[str, list[str]] = defaultdict(list)
    for name, state in block.states.items():
        for target in targets_of(state):
            before[target].append(name)
    order = order_of(block)
    grouped: set[str] = set()
    looping: set[str] = set()
    for start in sorted(block.states, key=order.__getitem__):
        if start in grouped:
            continue
        group, waiting = {start}, [start]
        while waiting:
            found = [it for it in before[waiting.pop()] if it not in grouped and it not in group]
            group.update(found)
            waiting += found
        grouped |= group
        if len(group) > 1 or start in before[start]:
            looping |= group
    return frozenset(looping)
