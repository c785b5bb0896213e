"""What a redrive would do is what the engine then does."""

import pytest

from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.cli.views.redrive_text import draw
from asw.engine.commands import StartChild, StartTask
from asw.engine.facts import RedriveRequested, StopRequested
from asw.engine.step import begin, step
from asw.explain.redrive import Work, foresee
from tests.support.play import Raised, definition, header, later, play, task

NOW = later(60)
WAY_OUT = "change the definition"


def fails(_event):
    raise Raised("Oops")


def fails_on(*items):
    def work(event):
        if event in items:
            raise Raised("Oops")
        return event

    return work


def fan(**branches):
    graphs = [definition(name, **{name: state}) for name, state in branches.items()]
    return {"Type": "Parallel", "Branches": graphs, "End": True}


def each(state=None, **fields):
    return {
        "Type": "Map",
        "ItemProcessor": {
            **definition("Do", Do=state or task("do")),
            **fields.pop("Processor", {}),
        },
        "End": True,
        **fields,
    }


DISTRIBUTED = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
CASES = {
    "a task": (
        definition("A", A=task("good", Next="B"), B=task("bad")),
        {},
        [Work(state="B", kind="Task", how="again", function="asw:function:bad")],
        {"A": 1},
    ),
    "a branch": (
        definition("F", F=fan(X=task("good"), Y=task("bad"))),
        {},
        [
            Work(state="F", kind="Parallel", how="parts", kept=1, again=1),
            Work(
                state="Y",
                kind="Task",
                how="again",
                around=("F",),
                indexes=(1,),
                function="asw:function:bad",
            ),
        ],
        {"X": 1},
    ),
    "an iteration, and those that had not begun": (
        definition("M", M=each(MaxConcurrency=1)),
        [1, 2, 3, 4],
        [
            Work(state="M", kind="Map", how="parts", kept=2, again=1, first=1),
            Work(
                state="Do",
                kind="Task",
                how="again",
                around=("M",),
                indexes=(2,),
                function="asw:function:do",
            ),
        ],
        {"Do": 2},
    ),
    "children": (
        definition("M", M=each(MaxConcurrency=2, Processor=DISTRIBUTED)),
        [1, 2, 3, 4, 5],
        [Work(state="M", kind="distributed Map", how="parts", kept=3, again=1, first=1)],
        {},
    ),
    "a Fail": (
        definition("A", A=task("good", Next="B"), B={"Type": "Fail", "Error": "E"}),
        {},
        [Work(state="B", kind="Fail", how="again", is_alike=True)],
        {"A": 1},
    ),
}


@pytest.mark.parametrize(("machine", "given", "works", "reused"), CASES.values(), ids=CASES)
def test_what_failed_runs_again_and_what_finished_is_reused(machine, given, works, reused):
    """State type by state type, as the reference of redrives has it."""
    seen = play(machine, given, {"good": lambda _: 1, "bad": fails, "do": fails_on(3)})
    parsed = parse(to_text(machine))
    plan = foresee(seen.record, parsed, seen.history, now=NOW)
    assert plan.refusal is None
    assert list(plan.works) == works
    assert plan.reused == reused


@pytest.mark.parametrize(("machine", "given", "works", "reused"), CASES.values(), ids=CASES)
def test_the_engine_starts_what_was_foreseen(machine, given, works, reused):
    """As many tasks, or children, as run again or for the first time, of the states named."""
    del reused
    seen = play(machine, given, {"good": lambda _: 1, "bad": fails, "do": fails_on(3)})
    made = step(parse(to_text(machine)), seen.record, [RedriveRequested(number=1)], NOW)
    started = [it.state for it in made.commands if isinstance(it, StartTask | StartChild)]
    expected = [work.state for work in works for _ in work.indexes or (0,) if work.function]
    if works[0].kind == "distributed Map":
        expected = ["M"] * (works[0].again + works[0].first)
    assert started == expected


def test_iterations_alike_are_one_line():
    """A Map with a thousand lost iterations does not make a thousand lines."""
    machine = definition("M", M=each({"Type": "Wait", "Seconds": 9, "End": True}))
    parsed = parse(to_text(machine))
    begun = step(parsed, begin(header(), list(range(30))), (), later(0))
    ended = step(parsed, begun.record, [StopRequested()], later(1))
    plan = foresee(ended.record, parsed, (), now=NOW)
    assert [(work.state, work.how, len(work.indexes)) for work in plan.works] == [
        ("M", "parts", 0),
        ("Do", "over", 30),
    ]
    early = foresee(ended.record, parsed, (), now=later(2))
    assert early.works[1].how == "wait"
    waits = "waits on until 2026-01-01T00:00:09.000Z"
    assert list(draw(early, WAY_OUT))[1:3] == [
        "    M (Map): 0 kept, 30 again, 0 for the first time",
        f"        Do (Wait) in 30 of M: {', '.join(map(str, range(10)))}, …: {waits}",
    ]


def test_a_success_is_not_redriven():
    """The reason is the engine's own."""
    machine = definition("A", A=task("good"))
    seen = play(machine, {}, {"good": lambda _: 1})
    plan = foresee(seen.record, parse(to_text(machine)), seen.history, now=NOW)
    assert plan.to_plain() == {
        "possible": False,
        "reason": "it succeeded; start a new execution",
    }


def test_a_definition_that_does_not_fit_is_refused():
    """The reason names the state that the run needs."""
    machine = definition("A", A=task("bad"))
    seen = play(machine, {}, {"bad": fails})
    new = parse(to_text(definition("B", B=task("bad"))))
    plan = foresee(seen.record, parse(to_text(machine)), seen.history, now=NOW, new=new)
    assert plan.refusal == "it has no state 'A', which the run is in"


def test_a_new_definition_says_what_runs():
    """Where it takes over, its Resource is the one that is called."""
    machine = definition("A", A=task("bad"))
    seen = play(machine, {}, {"bad": fails})
    new = parse(to_text(definition("A", A=task("mended"))))
    plan = foresee(seen.record, parse(to_text(machine)), seen.history, now=NOW, new=new)
    assert list(draw(plan, WAY_OUT)) == [
        "runs again:",
        "    A (Task): asw:function:mended is started again, with all its retries",
        "is reused:",
        "    nothing: no state had finished",
    ]


def test_programs_get_the_same():
    """States, how they go on, and counts."""
    machine, given, *_ = CASES["an iteration, and those that had not begun"]
    seen = play(machine, given, {"do": fails_on(3)})
    plan = foresee(seen.record, parse(to_text(machine)), seen.history, now=NOW)
    assert plan.to_plain() == {
        "possible": True,
        "again": [
            {"state": "M", "type": "Map", "how": "parts", "kept": 2, "again": 1, "first": 1},
            {
                "state": "Do",
                "type": "Task",
                "how": "again",
                "within": ["M"],
                "indexes": [2],
                "function": "asw:function:do",
            },
        ],
        "reused": [{"state": "Do", "times": 2}],
    }


MISSING = {"x.$": "$.nowhere"}
ALIKE = {
    "a path of a Pass": ({"Type": "Pass", "Parameters": MISSING, "End": True}, True),
    "a path before a call": (task("good", Parameters=MISSING), True),
    "a path of a result": (task("good", ResultSelector=MISSING), False),
    "a function": (task("bad"), False),
}


@pytest.mark.parametrize(("state", "is_alike"), ALIKE.values(), ids=ALIKE)
def test_what_no_function_has_a_part_in_is_said_to_fail_again(state, is_alike):
    """The same definition does the same to the same data; another one may not."""
    machine = definition("A", A=state)
    seen = play(machine, {}, {"good": lambda _: {}, "bad": fails})
    parsed = parse(to_text(machine))
    plan = foresee(seen.record, parsed, seen.history, now=NOW)
    assert [work.is_alike for work in plan.works] == [is_alike]
    assert any("fails again" in line for line in draw(plan, WAY_OUT)) is is_alike
    assert any(WAY_OUT in line for line in draw(plan, WAY_OUT)) is is_alike
    mended = foresee(seen.record, parsed, seen.history, now=NOW, new=parsed)
    assert not mended.works[0].is_alike
