"""The lines of a plan, as they are read."""

from asw.cli.views.plan_text import draw, summary_of
from asw.planning.in_flight import InFlightRun
from asw.planning.result import ObjectOutlook, PlanResult
from asw.planning.values import Difference

STATE = Difference(
    change="changed",
    name="Charge",
    kind="Task",
    parts=(
        Difference(change="changed", name="Retry[0].MaxAttempts", before=3, after=5),
        Difference(change="added", name="Next", after="Ship"),
        Difference(change="removed", name="TimeoutSeconds", before=9),
    ),
)
NEW = Difference(change="added", name="Ship", kind="Task", after={"Resource": "asw:function:ship"})
RENAMED = Difference(change="renamed", name="付款", kind="Pass", before="Pay")
CODE = Difference(change="changed", name="spec.code[index.py]", before=1, after=3)
FLIGHTS = tuple(
    InFlightRun(name=f"order-{number}", phase="Running", states="Charge", **more)
    for number, more in enumerate(
        (
            {"revision": "r1"},
            {"revision": "r1", "misfit": "it has no state 'Pay', which the run is in"},
            {"revision": "r1", "is_known": False},
            {"revision": None},
        ),
        start=1,
    )
)


def outlook(*objects, only_there=()):
    return PlanResult(place="shop", objects=objects, only_there={"Workflow": only_there})


def test_every_change_has_its_line_and_its_sign():
    """Objects, states, fields and runs, each below what it belongs to."""
    changed = ObjectOutlook(
        kind="Workflow",
        name="order",
        fate="changed",
        differences=(STATE, NEW, RENAMED),
        flights=FLIGHTS,
        more_flights=7,
    )
    function = ObjectOutlook(
        kind="Function", name="ship", fate="changed", differences=(CODE,), callers=("a", "b")
    )
    moves = "after a stop or a failure, asw redrive order-1 --revision current moves it"
    misfit = "it has no state 'Pay', which the run is in"
    lines = [str(line) for line in draw(outlook(changed, function, only_there=("old", "older")))]
    assert lines == [
        "~ Workflow order",
        "    ~ state Charge (Task)",
        "        ~ Retry[0].MaxAttempts: 3 → 5",
        "        + Next: end → Ship",
        "        - TimeoutSeconds: 9",
        "    + state Ship (Task): Resource asw:function:ship",
        "    ~ state 付款 (Pass), previously Pay",
        "      in flight: 11",
        f"          order-1 (Running, Charge): keeps its revision; {moves}",
        f"          order-2 (Running, Charge): keeps its revision and cannot move: {misfit}",
        "          order-3 (Running, Charge): keeps its revision",
        "          order-4 (Running): has not started, will run the new definition",
        "          and 7 more",
        "~ Function ship",
        "    ~ code of index.py: 3 lines added, 1 removed",
        "      in flight: 2, whose next calls run the new one: a, b",
        "  not in the files, stays: Workflow old, older",
    ]


def test_what_stays_as_it_is_has_no_line():
    """Only changes are to be read; how many stay is counted."""
    same = ObjectOutlook(kind="Workflow", name="order", fate="same")
    new = ObjectOutlook(kind="Function", name="ship", fate="added", notes=("new",))
    plan = outlook(same, new)
    assert [str(line) for line in draw(plan)] == ["+ Function ship", "      new"]
    assert summary_of(plan) == "1 to create, 0 to change, 1 as they are, in shop"
    assert plan.has_differences


def test_what_would_be_refused_is_said_where_it_stands():
    """Applying would fail, whatever the files look like."""
    refused = ObjectOutlook(kind="Function", name="f", fate="added", refusal="no such account")
    plan = outlook(refused)
    assert [str(line) for line in draw(plan)][-1] == "    ! would be refused: no such account"
    assert plan.has_refusals


def test_nothing_to_do_is_said_in_a_sentence():
    """Whoever reads it knows that plan looked."""
    plan = outlook(ObjectOutlook(kind="Workflow", name="order", fate="same"))
    assert summary_of(plan) == "no difference between the files and shop (compared: 1)"
    assert not plan.has_differences


def test_long_values_are_shortened():
    """A line stays a line, whatever a definition holds."""
    long = Difference(change="added", name="spec.defaultInput", after={"text": "长" * 500})
    changed = ObjectOutlook(kind="Workflow", name="w", fate="changed", differences=(long,))
    (_, line) = draw(outlook(changed))
    assert line.text.endswith("…")
    assert len(line.text) < 100


def test_long_lists_of_names_are_cut():
    """A namespace of others' objects must not bury the plan; JSON has them all."""
    others = tuple(f"w{number}" for number in range(15))
    plan = outlook(only_there=others)
    (line,) = draw(plan)
    assert line.text.endswith("w10, w11 and 3 more")
    assert plan.to_plain()["onlyThere"]["Workflow"] == list(others)


def test_programs_get_everything():
    """The same as plain values, with what stays."""
    changed = ObjectOutlook(
        kind="Workflow", name="order", fate="changed", differences=(STATE,), flights=FLIGHTS[:1]
    )
    plain = outlook(changed, only_there=("old",)).to_plain()
    assert plain["place"] == "shop"
    assert plain["hasDifferences"] is True
    assert plain["onlyThere"] == {"Workflow": ["old"]}
    (made,) = plain["objects"]
    assert made["inFlight"][0]["couldMove"] is True
    assert made["differences"][0]["parts"][0]["field"] == "Retry[0].MaxAttempts"
