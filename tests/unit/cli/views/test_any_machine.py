"""Whatever a machine is and however it goes, it can be drawn, followed and told."""

import io
import xml.etree.ElementTree as ET
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from asw.asl.blocks import state_names
from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.cli.live import LiveView
from asw.draw.active import active_rows
from asw.draw.diagram import diagram_of, flows_of
from asw.draw.dot import dot_text
from asw.draw.graph import draw
from asw.draw.mermaid import mermaid_text
from asw.draw.svg import svg_text
from asw.engine.answers import Answer, Raised, Returned
from asw.engine.simulation import simulate
from asw.engine.step import begin
from asw.executions.progress import HistoryReader, read_history
from asw.executions.snapshots import map_runs, waits
from tests.support.machines import machines
from tests.support.play import header
from tests.support.snapshots import a_run, a_snapshot

EXAMPLES = settings(max_examples=40)


class Moody:
    """Tasks that fail now and then, as the drawn moods say, and work when those are used up."""

    def __init__(self, moods):
        self.moods = iter(moods)

    def answer(self, command, items):
        """See Outside."""
        is_bad = next(self.moods, False)
        return Answer(end=Raised("Oops") if is_bad else Returned([1, 2]), seconds=1)


@st.composite
def played(draw):
    """A machine, and a history of it."""
    machine = parse(to_text(draw(machines())))
    outside = Moody(draw(st.lists(st.booleans(), max_size=20)))
    value = {"n": draw(st.integers(0, 5)), "items": [1, 2, 3]}
    return machine, simulate(machine, begin(header(), value), outside)


@EXAMPLES
@given(played())
def test_every_form_shows_every_state(play):
    """No state is lost in any picture, and all pictures can be made."""
    machine, seen = play
    flow = diagram_of(machine, read_history(seen.history).progress)
    names = set(state_names(machine))
    assert {node.name for inner in flows_of(flow) for node in inner.nodes} == names
    svg = "".join(ET.fromstring(svg_text(flow, "any")).itertext())
    text = "\n".join(draw(machine, {}, 200))
    for form in (svg, text, dot_text(flow, "any"), mermaid_text(flow)):
        assert {name for name in names if name not in form} == set()


@EXAMPLES
@given(played(), st.integers(1, 7))
def test_a_history_read_in_pieces_is_the_same_history(play, size):
    """However events arrive, what is known in the end does not differ."""
    _, seen = play
    reader = HistoryReader()
    for start in range(0, len(seen.history), size):
        reader.feed(seen.history[start : start + size])
    assert reader.reading() == read_history(seen.history)


@EXAMPLES
@given(played(), st.integers(1, 9))
def test_a_view_follows_anything_to_its_end(play, size):
    """Every moment can be drawn within its lines, and in the end nothing is at work."""
    machine, seen = play
    console = Console(file=io.StringIO(), force_terminal=True, width=60, height=12)
    view = LiveView(console, is_moving=True)
    extra = {"map_runs": dict(map_runs(seen.record)), "waits": tuple(waits(seen.record))}
    for end in range(1, len(seen.history) + 1, size):
        now = seen.history[end - 1].at + timedelta(seconds=1)
        view.take(a_snapshot(history=seen.history[:end], machine=machine, **extra))
        with console.capture() as captured:
            console.print(view._picture(now))
        lines = captured.get().splitlines()
        assert len(lines) <= 12
    over = a_run(phase="Succeeded")
    view.take(a_snapshot(over, history=seen.history, machine=machine))
    progress = read_history(seen.history).progress
    assert active_rows(machine, progress, (), (), seen.ends_at) == []
