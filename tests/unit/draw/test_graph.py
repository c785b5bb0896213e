"""A definition is drawn as boxes and arrows, each state with its mark."""

from datetime import timedelta

from asw.asl.model import (
    And,
    Block,
    Catcher,
    ChoiceRule,
    ChoiceState,
    Comparison,
    FailState,
    MapState,
    Not,
    ParallelState,
    PassState,
    StateMachine,
    SucceedState,
    TaskState,
    WaitState,
)
from asw.asl.resources import ServiceInvocation, ServiceResource
from asw.draw.graph import draw, flow_order
from asw.executions.port import Children
from asw.executions.progress import Progress


def block(*states):
    """The states as one block; the first is where it starts."""
    return Block(start_at=states[0].name, states={state.name: state for state in states})


def lines(*states, progress=None, width=100):
    """The graph of these states, without trailing space."""
    drawn = draw(StateMachine(block=block(*states)), progress or {}, width)
    return [line.rstrip() for line in drawn]


def test_chain_is_boxes_joined_by_arrows():
    """States that follow one another are joined by an arrow, each with mark, type and time."""
    done = Progress(mark="done", visits=1, took=timedelta(milliseconds=12))
    assert lines(
        PassState(name="A", next="B"), WaitState(name="B", seconds=1), progress={"A": done}
    ) == [
        "╭──────────────────╮",
        "│ ✓ A  Pass  12 ms │",
        "╰──────────────────╯",
        "         │",
        "         ▼",
        "   ╭───────────╮",
        "   │ · B  Wait │",
        "   ╰───────────╯",
    ]


def test_a_call_of_a_service_tells_its_action():
    """A Task that calls a service shows which, and what it asks for."""
    called = ServiceInvocation(service="s3", action="listObjectsV2", sdk=True)
    state = TaskState(
        name="A", resource=ServiceResource(invocation=called), resource_text="", next=None
    )
    assert "· A  Task  aws-sdk:s3:listObjectsV2 " in lines(state)[1]


def test_distributed_map_tells_how_far_it_is():
    """A Map at work shows how many of its children have ended."""
    working = Progress(mark="running", visits=1, children=Children(37, 100))
    item = MapState(name="M", item_processor=block(SucceedState(name="A")))
    assert "⋯ M  Map  37 of 100 " in lines(item, progress={"M": working})[0]
    some_failed = Progress(mark="running", visits=1, children=Children(37, 100, 2))
    assert "⋯ M  Map  37 of 100, 2 failed " in lines(item, progress={"M": some_failed})[0]


def test_choice_names_its_ways():
    """A Choice lists each rule with the state it leads to, and the way of everything else."""
    rule = Comparison(variable="$.n", operator="NumericGreaterThanEquals", operand=3)
    drawn = lines(
        ChoiceState(name="C", choices=(ChoiceRule(condition=rule, next="A"),), default="B"),
        SucceedState(name="A"),
        FailState(name="B"),
    )
    assert "│   $.n ≥ 3 → A │" in [line.strip() for line in drawn]
    assert "│   else    → B │" in [line.strip() for line in drawn]


def test_conditions_read_as_sentences():
    """And, Or and Not are words, comparisons signs, other operators their names."""
    is_null = Comparison(variable="$.x", operator="IsNull", operand=True)
    path = Comparison(variable="$.a", operator="StringEquals", operand="$.b", is_path=True)
    rule = ChoiceRule(condition=And((Not(is_null), path)), next="A")
    drawn = lines(ChoiceState(name="C", choices=(rule,)), SucceedState(name="A"))
    assert any("not ($.x IsNull true) and $.a = $.b → A" in line for line in drawn)


def test_parallel_holds_its_branches_side_by_side():
    """Branches stand beside one another in the box of their Parallel."""
    parallel = ParallelState(
        name="P", branches=(block(PassState(name="A")), block(PassState(name="B")))
    )
    assert lines(parallel) == [
        "╭─ · P  Parallel ──────────────╮",
        "│ ╭───────────╮  ╭───────────╮ │",
        "│ │ · A  Pass │  │ · B  Pass │ │",
        "│ ╰───────────╯  ╰───────────╯ │",
        "╰──────────────────────────────╯",
    ]


def test_map_holds_its_processor():
    """A Map is a box around its states, which say how often they ran and were tried."""
    tried = Progress(mark="failed", visits=2, attempts=5)
    each = MapState(name="Each", item_processor=block(PassState(name="A")))
    drawn = lines(each, progress={"A": tried})
    assert "│ │ ✗ A  Pass  2 times  5 tries │ │" in drawn


def test_ways_that_no_arrow_shows_are_named():
    """Catchers, jumps and early ends are written into the box."""
    drawn = lines(
        ParallelState(
            name="P",
            next="C",
            branches=(block(PassState(name="X")),),
            catch=(Catcher(error_equals=("States.ALL",), next="B"),),
        ),
        PassState(name="B"),
        PassState(name="C", next="D"),
        PassState(name="D", next="C"),
    )
    text = "\n".join(drawn)
    assert "States.ALL → B" in text
    assert "  → C" in text


def test_flow_order_puts_causes_first():
    """Each state comes after those that lead to it, however the definition lists them."""
    states = block(
        PassState(name="start", next="fork"),
        PassState(name="last"),
        PassState(name="left", next="last"),
        ChoiceState(
            name="fork",
            choices=(
                ChoiceRule(
                    condition=Comparison(variable="$", operator="IsNull", operand=True), next="left"
                ),
            ),
            default="last",
        ),
    )
    assert flow_order(states) == ["start", "fork", "left", "last"]
