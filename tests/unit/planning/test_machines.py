"""Differences of state machines, in the words of the language."""

import pytest

from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.planning.machines import compare_machines

FUNCTION = "asw:function:"


def machine(start, dialect="ASL", **states):
    top = {name: states.pop(name) for name in ("Comment", "TimeoutSeconds") if name in states}
    return parse(to_text({"StartAt": start, "States": states, **top}), dialect)


def task(function="work", **fields):
    leads = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": FUNCTION + function, **leads, **fields}


def changes(old, new):
    return [difference.to_plain() for difference in compare_machines(old, new)]


def parts(old, new):
    """The differences of the only state that differs."""
    (state,) = changes(machine("A", **old), machine("A", **new))
    assert state["change"] == "changed"
    return state["parts"]


def test_a_machine_does_not_differ_from_itself():
    """The same text is no difference."""
    same = machine("A", A=task(Next="B"), B={"Type": "Succeed"})
    assert changes(same, same) == []


def test_defaults_that_are_written_out_are_no_difference():
    """Whoever spells out what holds anyway changes nothing."""
    terse = {"A": task(Retry=[{"ErrorEquals": ["X"]}])}
    rule = {"ErrorEquals": ["X"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2}
    wordy = {"A": task(Retry=[rule], InputPath="$", ResultPath="$", OutputPath="$")}
    assert changes(machine("A", **terse), machine("A", **wordy)) == []


def test_states_come_and_go():
    """A new state is told with what one reads of it first, and so is one that is gone."""
    old = machine("A", A=task(Next="B"), B=task("mail"))
    new = machine("A", A=task(Next="C"), C={"Type": "Wait", "Seconds": 1, "Next": "D"}, D=task("x"))
    assert changes(old, new) == [
        {
            "change": "changed",
            "state": "A",
            "type": "Task",
            "parts": [{"change": "changed", "field": "Next", "before": "B", "after": "C"}],
        },
        {"change": "added", "state": "C", "type": "Wait", "after": {"Next": "D"}},
        {"change": "added", "state": "D", "type": "Task", "after": {"Resource": FUNCTION + "x"}},
        {
            "change": "removed",
            "state": "B",
            "type": "Task",
            "before": {"Resource": FUNCTION + "mail"},
        },
    ]


def test_a_state_that_was_renamed_is_the_same_state():
    """Nothing is said of those that lead to it: they lead where they led."""
    old = machine("A", A=task(Next="B"), B=task("pay", Next="C"), C={"Type": "Succeed"})
    new = machine("A", A=task(Next="Pay"), Pay=task("pay", Next="C"), C={"Type": "Succeed"})
    assert changes(old, new) == [
        {"change": "renamed", "state": "Pay", "type": "Task", "before": "B"}
    ]


def test_renamed_states_may_follow_each_other():
    """A whole chain of new names, the first state's too, is a chain of new names."""
    old = machine("A", A=task("a", Next="B"), B=task("b", Next="C"), C={"Type": "Succeed"})
    new = machine("甲", 甲=task("a", Next="乙"), 乙=task("b", Next="C"), C={"Type": "Succeed"})
    assert [(it["change"], it["before"], it["state"]) for it in changes(old, new)] == [
        ("renamed", "A", "甲"),
        ("renamed", "B", "乙"),
    ]


def test_of_several_twins_the_neighbours_decide():
    """Two states that say the same are told apart by what leads to them."""
    old = machine("A", A=task("a", Next="P"), P=task(Next="B"), B=task("b", Next="Q"), Q=task())
    new = machine("A", A=task("a", Next="Y"), Y=task(Next="B"), B=task("b", Next="X"), X=task())
    assert {it["before"]: it["state"] for it in changes(old, new)} == {"P": "Y", "Q": "X"}


def test_a_state_that_leads_elsewhere_under_another_name_says_so():
    """A renamed state is compared like any other."""
    ways = [{"ErrorEquals": ["C"], "Next": "C"}, {"ErrorEquals": ["D"], "Next": "D"}]
    ends = {"C": task("c"), "D": task("d")}
    old = machine("A", A=task(Next="B", Catch=ways), B=task("pay", Next="C"), **ends)
    new = machine("A", A=task(Next="X", Catch=ways), X=task("pay", Next="D"), **ends)
    (renamed,) = changes(old, new)
    assert renamed["parts"] == [{"change": "changed", "field": "Next", "before": "C", "after": "D"}]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            {"TimeoutSeconds": 5},
            {},
            [{"change": "removed", "field": "TimeoutSeconds", "before": 5}],
        ),
        (
            {},
            {"InputPath": "$.a"},
            [{"change": "changed", "field": "InputPath", "before": "$", "after": "$.a"}],
        ),
        (
            {},
            {"ResultPath": None},
            [{"change": "changed", "field": "ResultPath", "before": "$", "after": None}],
        ),
        (
            {"Parameters": {"a": 1, "b.$": "$.x"}},
            {"Parameters": {"a": 1, "b.$": "$.y"}},
            [
                {
                    "change": "changed",
                    "field": "Parameters.b.$",
                    "before": "$.x",
                    "after": "$.y",
                }
            ],
        ),
        (
            {"Retry": [{"ErrorEquals": ["X"]}]},
            {"Retry": [{"ErrorEquals": ["X"], "MaxAttempts": 5}]},
            [{"change": "changed", "field": "Retry[0].MaxAttempts", "before": 3, "after": 5}],
        ),
        (
            {"Retry": [{"ErrorEquals": ["X"]}]},
            {"Retry": [{"ErrorEquals": ["Y"], "BackoffRate": 1.5}, {"ErrorEquals": ["X"]}]},
            [
                {
                    "change": "added",
                    "field": "Retry[0]",
                    "after": {"ErrorEquals": ["Y"], "BackoffRate": 1.5},
                }
            ],
        ),
        (
            {"Retry": [{"ErrorEquals": ["X"]}, {"ErrorEquals": ["States.ALL"]}]},
            {"Retry": [{"ErrorEquals": ["States.ALL"]}]},
            [{"change": "removed", "field": "Retry[0]", "before": {"ErrorEquals": ["X"]}}],
        ),
        (
            {"Retry": [{"ErrorEquals": ["X"]}, {"ErrorEquals": ["Y"]}]},
            {"Retry": [{"ErrorEquals": ["Y"]}, {"ErrorEquals": ["X"]}]},
            [
                {
                    "change": "changed",
                    "field": "Retry.order",
                    "before": ["X", "Y"],
                    "after": ["Y", "X"],
                }
            ],
        ),
        (
            {"Catch": [{"ErrorEquals": ["X"], "Next": "B"}]},
            {"Catch": [{"ErrorEquals": ["X"], "Next": "C"}]},
            [{"change": "changed", "field": "Catch[0].Next", "before": "B", "after": "C"}],
        ),
        (
            {},
            {"Catch": [{"ErrorEquals": ["X"], "Next": "B"}]},
            [
                {
                    "change": "added",
                    "field": "Catch[0]",
                    "after": {"ErrorEquals": ["X"], "Next": "B"},
                }
            ],
        ),
    ],
    ids=str,
)
def test_fields_of_a_state_are_told_in_asl(before, after, expected):
    """Each field by its own name, rules that are tried in order each by itself."""
    others = {"B": {"Type": "Succeed"}, "C": {"Type": "Fail"}}
    choose = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "B"}],
        "Default": "C",
    }
    rest = {**others, "Z": choose}
    old = {"A": task(Next="Z", **before), **rest}
    new = {"A": task(Next="Z", **after), **rest}
    assert parts(old, new) == expected


def test_a_choice_rule_is_compared_by_its_test():
    """A rule with another bound, and one with another target, are told by what differs."""
    ends = {"B": {"Type": "Succeed"}, "C": {"Type": "Fail"}}

    def choice(bound, leads, default="C"):
        rules = [{"Variable": "$.n", "NumericGreaterThan": bound, "Next": leads}]
        last = {"Variable": "$.z", "IsNull": True, "Next": "C"}
        return {
            "A": {
                "Type": "Choice",
                "Choices": [*rules, {"Variable": "$.m", "IsNull": True, "Next": "B"}, last],
                "Default": default,
            },
            **ends,
        }

    assert parts(choice(3, "B"), choice(5, "C")) == [
        {"change": "changed", "field": "Choices[0].NumericGreaterThan", "before": 3, "after": 5},
        {"change": "changed", "field": "Choices[0].Next", "before": "B", "after": "C"},
    ]
    assert parts(choice(3, "B"), choice(3, "B", "B")) == [
        {"change": "changed", "field": "Default", "before": "C", "after": "B"}
    ]


def test_a_state_of_another_type_is_told_without_defaults():
    """What only the new type has is said where somebody wrote it."""
    old = {"A": task()}
    new = {"A": {"Type": "Pass", "Result": 1, "End": True}}
    assert parts(old, new) == [
        {"change": "changed", "field": "Type", "before": "Task", "after": "Pass"},
        {"change": "added", "field": "Result", "after": 1},
        {"change": "removed", "field": "Resource", "before": FUNCTION + "work"},
    ]


def test_an_end_state_that_goes_on_has_a_target_now():
    """The end of a machine is where no state follows."""
    (state, _) = changes(
        machine("A", A=task()), machine("A", A=task(Next="B"), B={"Type": "Succeed"})
    )
    assert state["parts"] == [{"change": "added", "field": "Next", "after": "B"}]


def test_a_state_that_moves_into_a_branch_is_moved():
    """Its place is told: a redrive asks for the same one."""

    def fan(*branches):
        graphs = [{"StartAt": next(iter(it)), "States": it} for it in branches]
        return {"Type": "Parallel", "Branches": graphs, "End": True}

    one, two = {"X": task("x")}, {"Y": task("y")}
    moved = changes(machine("A", A=fan(one, two)), machine("A", A=fan(two, one)))
    assert [(it["state"], it["parts"]) for it in moved] == [
        (
            "A",
            [
                {"change": "changed", "field": "Branches[0].StartAt", "before": "X", "after": "Y"},
                {"change": "changed", "field": "Branches[1].StartAt", "before": "Y", "after": "X"},
            ],
        ),
        ("Y", [{"change": "changed", "field": "Place", "before": "A[1]", "after": "A[0]"}]),
        ("X", [{"change": "changed", "field": "Place", "before": "A[0]", "after": "A[1]"}]),
    ]


def test_a_map_that_is_distributed_now_is_another_type():
    """Mode, execution type and readers are told; what is within is compared as everywhere."""

    def each(config, **fields):
        within = {"StartAt": "B", "States": {"B": task("b")}, "ProcessorConfig": config}
        return {"A": {"Type": "Map", "ItemProcessor": within, "End": True, **fields}}

    inline = each({"Mode": "INLINE"})
    distributed = each({"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, MaxConcurrency=7)
    assert parts(inline, distributed) == [
        {"change": "changed", "field": "Type", "before": "Map", "after": "distributed Map"},
        {"change": "changed", "field": "MaxConcurrency", "before": 0, "after": 7},
        {"change": "added", "field": "ProcessorConfig.ExecutionType", "after": "EXPRESS"},
    ]


def test_what_the_machine_itself_says_is_compared():
    """Start state, time-out and comment."""
    loop = {"A": task(Next="B"), "B": task("b", Catch=[{"ErrorEquals": ["X"], "Next": "A"}])}
    old = machine("A", **loop, Comment="one")
    new = machine("B", **loop, TimeoutSeconds=9)
    told = {
        it["field"]: (it.get("before"), it.get("after"))
        for it in changes(old, new)
        if "field" in it
    }
    assert told == {
        "StartAt": ("A", "B"),
        "TimeoutSeconds": (None, 9),
        "Comment": ("one", None),
    }


def test_another_dialect_is_a_difference():
    """The same text means other things in TCSL."""
    (told, *_) = changes(machine("A", A=task()), machine("A", "TCSL", A=task()))
    assert told == {"change": "changed", "field": "dialect", "before": "ASL", "after": "TCSL"}


def test_a_large_machine_with_new_names_is_compared_state_by_state():
    """A thousand states that say the same are told apart by their neighbours."""

    def long(prefix):
        states = {
            f"{prefix}{number}": {"Type": "Pass", "Next": f"{prefix}{number + 1}"}
            for number in range(1000)
        }
        return machine(f"{prefix}0", **states, **{f"{prefix}1000": {"Type": "Succeed"}})

    told = changes(long("old"), long("new"))
    assert len(told) == 1001
    assert {it["change"] for it in told} == {"renamed"}
    assert all(it["before"].replace("old", "new") == it["state"] for it in told)


def test_numbers_that_an_api_server_rewrote_hide_no_new_name():
    """1.0 comes back as 1 from a cluster."""
    old = machine("A", A=task(Next="B"), B={"Type": "Pass", "Result": {"x": 1}, "End": True})
    new = machine("A", A=task(Next="C"), C={"Type": "Pass", "Result": {"x": 1.0}, "End": True})
    assert [(it["change"], it["state"]) for it in changes(old, new)] == [("renamed", "C")]
