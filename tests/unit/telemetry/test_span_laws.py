"""The laws of spans, over random machines, facts, crashes and redrives."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from asw.engine.history import Event
from asw.engine.record import OnTask
from asw.engine.record_text import from_record_text, to_record_text
from asw.engine.step import step
from asw.reconciler.telling import SavedStep
from asw.telemetry.spans import Span, spans_of
from asw.telemetry.trace_ids import span_id_of, trace_id_of
from tests.support.play import UID
from tests.unit.engine.test_laws import World, laws, moments, worlds


def saved_steps(world: World) -> Iterator[SavedStep]:
    """Each step of the execution's life."""
    for facts in moments(world):
        made = step(world.machine, world.record, facts, world.now)
        yield SavedStep(world.machine, world.record, made, facts, world.now)


@dataclass
class Life:
    """All spans of an execution, and by trace its history and the tasks that it awaited."""

    spans: list[Span] = field(default_factory=list)
    history: dict[int, list[Event]] = field(default_factory=dict)
    tasks: dict[int, set[int]] = field(default_factory=dict)


def lived(world: World) -> Life:
    """To its end, redrives included."""
    life = Life()
    for saved in saved_steps(world):
        life.spans += spans_of(saved)
        after = saved.step.record
        trace = trace_id_of(UID, after.redrive_count)
        life.history.setdefault(trace, []).extend(saved.step.history)
        waits = [it.waiting for it in after.frames.values() if after.outcome is None]
        ordinals = {it.ordinal for it in waits if isinstance(it, OnTask)}
        life.tasks.setdefault(trace, set()).update(ordinals)
    return life


@laws
@given(worlds())
def test_a_trace_is_a_tree_whose_intervals_lie_within_each_other(world: World) -> None:
    """Each span has a parent in its trace, and lasts no longer; there is one root, which ends."""
    life = lived(world)
    spans, history = life.spans, life.history
    by_id = {(it.trace_id, it.id): it for it in spans}
    assert len(by_id) == len(spans)
    assert sorted(it.trace_id for it in spans if it.parent is None) == sorted(history)
    for each in spans:
        assert each.started_at <= each.ended_at
        if each.parent is not None:
            parent = by_id[each.trace_id, each.parent]
            assert parent.started_at <= each.started_at
            assert each.ended_at <= parent.ended_at


@laws
@given(worlds())
def test_each_visit_and_each_try_has_one_span(world: World) -> None:
    """Whatever ends it: its exit, a failure, a sibling, a timeout, or the end of the execution."""
    life = lived(world)
    found = Counter((it.trace_id, it.id) for it in life.spans)
    for trace, events in life.history.items():
        for event in events:
            if event.type.endswith("StateEntered"):
                assert found[trace, span_id_of(UID, "visit", event.id)] == 1
        for kind in ("try", "wait"):
            for ordinal in life.tasks[trace]:
                assert found[trace, span_id_of(UID, kind, ordinal)] == 1
        tries = [it for it in life.spans if it.trace_id == trace and it.name.endswith(" try")]
        assert len(tries) == len(life.tasks[trace])


@laws
@given(worlds())
def test_what_succeeded_is_what_left_its_state(world: World) -> None:
    """And a visit is aborted if and only if something else ended it, as histories have it."""
    life = lived(world)
    spans, history = life.spans, life.history
    of = {(it.trace_id, it.id): it for it in spans}
    for trace, events in history.items():
        visits = [it for it in spans if it.trace_id == trace and "asw.state.type" in it.attributes]
        left = sum(it.type.endswith("StateExited") for it in events)
        assert left == sum(it.result == "succeeded" for it in visits)
        failed = next((it for it in events if it.type == "ExecutionFailed"), None)
        root = of[trace, span_id_of(UID, "execution")]
        assert (root.result == "failed") == (failed is not None)
        if failed is not None:
            assert root.error == failed.details.get("error")
            assert any(it.result == "failed" and it.parent == root.id for it in visits)


@laws
@given(worlds())
def test_a_crash_after_any_save_changes_no_span(world: World) -> None:
    """What is read again gives the same ones, although nothing else of the life before is known."""
    for saved in saved_steps(world):
        read = from_record_text(to_record_text(saved.before))
        made = step(world.machine, read, saved.facts, saved.at)
        again = SavedStep(world.machine, read, made, saved.facts, saved.at)
        assert list(spans_of(again)) == list(spans_of(saved))


@laws
@given(worlds(), st.randoms(use_true_random=False))
def test_a_step_that_is_cut_gives_the_spans_of_the_whole(
    world: World, chance: random.Random
) -> None:
    """Long steps save in the middle, and with it tries that the rest of the step gives up."""
    for saved in saved_steps(world):
        if saved.before.timeout_at is not None and saved.before.timeout_at <= saved.at:
            continue  # what comes after the timeout is not gone on with
        record, found = saved.before, list[Span]()
        while True:
            cut = step(world.machine, record, saved.facts, saved.at, lambda: chance.random() < 0.5)
            found += spans_of(SavedStep(world.machine, record, cut, saved.facts, saved.at))
            if cut.record is record:
                break
            record = cut.record
        known = saved.before.next_ordinal
        new = range(known, saved.step.record.next_ordinal)
        given_up = {span_id_of(UID, kind, it) for kind in ("try", "wait") for it in new}
        found = [it for it in found if it.id not in given_up]
        assert sorted(found, key=_key) == sorted(spans_of(saved), key=_key)


def _key(span: Span) -> tuple[int, int]:
    return span.trace_id, span.id
