"""Whose lines are whose in the log of a pod that serves many executions."""

from asw.executions.cluster.warm_logs import Frames
from tests.support.kube_objects import UID

OTHER = UID.replace("0b2b", "ffff")


def read(*lines: str) -> list[tuple[int, str, str]]:
    """What is found of our execution."""
    frames = Frames(UID)
    return [found for line in lines if (found := frames.take(line)) is not None]


def test_lines_between_start_and_end_are_the_tasks() -> None:
    """With their state; what stands outside, or in the frame of another's task, is not shown."""
    assert read(
        "loading",
        f"START {OTHER}-1 Add",
        "secret of another",
        f"END {OTHER}-1",
        f"START {UID}-3 Add one",
        "hello",
        "",
        f"END {UID}-3",
        "later",
    ) == [(3, "Add one", "hello"), (3, "Add one", "")]


def test_lines_of_several_slots_are_told_apart_by_their_first_word() -> None:
    """Frames overlap where a pod runs several tasks at a time."""
    assert read(
        f"START {OTHER}-1 A",
        f"START {UID}-1 A",
        f"{UID}-1 mine",
        f"{OTHER}-1 not mine",
        f"END {OTHER}-1",
        f"{UID}-1 mine too",
        f"END {UID}-1",
    ) == [(1, "A", "mine"), (1, "A", "mine too")]
