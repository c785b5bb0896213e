"""Which states of a block are in a loop, and which have no way out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from asw.asl.model import Block, ChoiceState, State
from asw.asl.problems import Problem
from asw.lint.analysis.codes import ENDLESS_LOOP
from asw.lint.analysis.describing import some_of
from asw.lint.analysis.rules import Told, is_broken, problem_with
from asw.lint.analysis.walk import BlockSite, order_of, targets_of
from asw.lint.analysis.ways import Ways


def endless_loops(ways: Ways) -> Iterator[Told]:
    """The states at which runs enter a loop that they never leave, one for each such loop.

    The parser reports blocks that have no end at all.
    """
    blocks: dict[tuple[str, int], BlockSite] = {}
    for name in ways.passages:
        site = ways.walk.sites[name]
        blocks.setdefault(site.block.key, site.block)
    for block in blocks.values():
        for name, group in _traps(block.block):
            is_told = any(it in ways.passages and is_broken(ways, it) for it in group)
            if name in ways.passages and not is_told:
                yield ways.walk.sites[name].steps, _endless(name, group)


def _traps(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Each state at which runs enter a part without an end, with the states of that part."""
    after = {name: list(targets_of(state)) for name, state in block.states.items()}
    before: dict[str, list[str]] = defaultdict(list)
    for name, targets in after.items():
        for target in targets:
            before[target].append(name)
    ending = _reached((name for name, state in block.states.items() if _ends(state)), before).keys()
    told: set[str] = set()
    for name in order_of(block):
        if name not in ending and name not in told and not ending.isdisjoint(before[name]):
            group = _reached([name], after)
            told |= group.keys()
            yield name, list(group)


def _reached(starts: Iterable[str], ways: Mapping[str, list[str]]) -> dict[str, None]:
    """The starts and all that they lead to, in the order of discovery."""
    found = dict.fromkeys(starts)
    waiting = list(found)
    while waiting:
        new = [it for it in ways.get(waiting.pop(), ()) if it not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return found


def _ends(state: State) -> bool:
    return state.next is None and not isinstance(state, ChoiceState)


def _endless(name: str, group: list[str]) -> Problem:
    around = some_of(map(repr, group), "and")
    return problem_with(
        ENDLESS_LOOP,
        f"No way leads from the state '{name}' to an end.",
        f"a run stays in {around} until it fails, times out or is stopped; lead out of there "
        "by a Choice, or give a state End: true",
    )


def states_in_loops(block: Block) -> frozenset[str]:
    """The states to which a run may return (Kosaraju: strongly connected components)."""
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
