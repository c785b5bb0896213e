"""What may enter each state: the ways that a walk must not forget."""

from asw.asl.values import Json
from asw.lint.analysis.check import check_flow
from asw.lint.analysis.places import Missing, find
from asw.lint.analysis.shapes import ANY, NOTHING, Shape, array, record, text
from asw.lint.analysis.walk import Walk, sites_of
from tests.unit.asl.definitions import a_machine, a_map, a_pass, a_task, parsed

INPUT = record({"id": text(), "lines": array(record({"sku": text()}))})


def walk(definition: Json, entered: Shape = INPUT) -> Walk:
    """The definition, walked."""
    return Walk(parsed(definition), entered)


def test_a_catcher_may_be_taken_before_what_always_fails() -> None:
    """States.Runtime is certain here, but an error that is caught may come before it."""
    catch = [{"ErrorEquals": ["States.IntrinsicFailure"], "Next": "Sorry"}]
    both = {"a.$": "States.ArrayGetItem($.lines, 5)", "b.$": "$.nope"}
    machine = a_machine(Call=a_task(Parameters=both, Catch=catch), Sorry=a_pass())
    assert "Sorry" in walk(machine).entries
    machine["States"]["Call"]["Parameters"] = {"b.$": "$.nope"}
    assert "Sorry" not in walk(machine).entries


def test_a_loop_brings_all_of_its_rounds() -> None:
    """What the second round finds is known at the first state, and the walk ends."""
    machine = a_machine(
        Ask=a_pass(Parameters={"n.$": "States.MathAdd(1, 1)", "old.$": "$"}, Next="Enough"),
        Enough={
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Out"}],
            "Default": "Ask",
        },
        Out=a_pass(),
    )
    walked = walk(machine)
    entered = walked.entries["Ask"].input
    assert find(entered, ["id"]).missing is Missing.SHOWN
    assert find(entered, ["old"]).missing is Missing.SHOWN
    assert "Out" not in walked.entries, "2 is never more than 5"


def test_many_ways_are_no_rounds() -> None:
    """However many rules lead to a state, what they all bring is known there."""
    rules = [
        {"Variable": "$.id", "StringEquals": f"{at}", "Next": "Meet" if at % 2 else f"Way{at}"}
        for at in range(60)
    ]
    ways = {f"Way{at}": a_pass(Next="Meet") for at in range(0, 60, 2)}
    machine = a_machine(
        Which={"Type": "Choice", "Choices": rules, "Default": "Out"},
        **ways,
        Meet=a_pass(),
        Out=a_pass(),
    )
    entered = walk(machine).entries["Meet"].input
    assert find(entered, ["id"]).missing is Missing.NEVER
    assert find(entered, ["nope"]).missing is Missing.ALWAYS


def test_variables_of_a_branch_end_with_it() -> None:
    """Behind a Parallel its branches' variables are gone; inside, outer ones are seen."""
    branch = a_machine(Set=a_pass(Assign={"inner.$": "$outer"}))
    machine = a_machine(
        Begin=a_pass(Assign={"outer": 1}, Next="Both"),
        Both={"Type": "Parallel", "Branches": [branch], "Next": "After"},
        After=a_pass(),
    )
    variables = walk(machine).entries["After"].variables
    assert find(variables, ["outer"]).missing is Missing.NEVER
    assert find(variables, ["inner"]).missing is Missing.ALWAYS


def test_children_of_a_distributed_map_see_no_variables() -> None:
    """They are runs of their own, with an input and a context object of their own."""
    processor = {
        **a_machine(In=a_pass(Parameters={"x.$": "$outer"})),
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    machine = a_machine(
        Begin=a_pass(Assign={"outer": 1}, Next="Each"),
        Each=a_map(ItemsPath="$.lines", ItemProcessor=processor),
    )
    told = [it for it in check_flow(parsed(machine), machine) if it.severity == "ERROR"]
    assert [it.path for it in told] == ["/States/Each/ItemProcessor/States/In/Parameters/x.$"]
    world = walk(machine).entries["In"]
    assert find(world.input, ["sku"]).missing is Missing.NEVER


def test_nothing_follows_a_block_that_always_fails() -> None:
    """A Parallel with a branch that never ends never goes on, but may be caught."""
    branch = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "No"}}}
    catch = [{"ErrorEquals": ["No"], "Next": "Sorry"}]
    machine = a_machine(
        Both={"Type": "Parallel", "Branches": [branch], "Next": "After", "Catch": catch},
        After=a_pass(),
        Sorry=a_pass(),
    )
    walked = walk(machine)
    assert set(walked.entries) == {"Both", "No", "Sorry"}
    told = [it.path for it in check_flow(parsed(machine), machine)]
    assert told == ["/States/After"]


def test_an_item_is_known_in_the_context_object() -> None:
    """``$$.Map.Item.Value`` is the item in ItemSelector and in the iterations."""
    machine = a_machine(
        Each=a_map(
            ItemsPath="$.lines",
            ItemSelector={"sku.$": "$$.Map.Item.Value.sku", "all.$": "$.id"},
            ItemProcessor=a_machine(In=a_pass(InputPath="$$.Map.Item.Value", OutputPath="$.sku")),
        )
    )
    walked = walk(machine)
    assert find(walked.entries["In"].input, ["all"]).missing is Missing.NEVER
    assert find(walked.output, [0]).shape == text()


def test_every_state_has_its_site() -> None:
    """States of branches and item processors, however deep, with the steps to them."""
    block = a_machine(Deep=a_pass())
    for level in range(20):
        block = a_machine(**{f"L{level}": a_map(ItemProcessor=block)})
    sites = {site.state.name: site for site in sites_of(parsed(block))}
    assert len(sites) == 21
    assert len(sites["Deep"].steps) == 2 + 20 * 3
    assert walk(block, ANY).output is not NOTHING
