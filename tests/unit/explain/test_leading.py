"""What is said of how an execution came to the state that failed."""

from dataclasses import replace

from asw.explain.explain import explain
from tests.support.cases import a_case
from tests.support.play import Raised, definition, task

FAIL = {"Type": "Fail", "Error": "Wrong"}
END = {"Type": "Succeed"}


def led(machine, value=None, functions=None):
    """The sentences on what led to the innermost state that failed."""
    return explain(a_case(machine, value, functions)).failures[0].led


def rejects(_event):
    """A function that fails as one in Python does."""
    raise Raised("Rejected", '{"errorMessage": "card declined\\nin two lines"}')


def test_a_state_that_a_catcher_led_to_is_told_with_the_error_that_was_caught():
    """The error that began it all is in no other event of the state that ended the execution."""
    catch = [{"ErrorEquals": ["Other"], "Next": "Z"}, {"ErrorEquals": ["Rejected"], "Next": "F"}]
    machine = definition("A", A=task(Catch=catch), F=FAIL, Z=END)
    assert led(machine, {}, {"work": rejects}) == (
        "A failed with Rejected (card declined); its Catch[1] [Rejected] led here",
    )


def test_a_catcher_that_hides_another_is_told_with_the_hidden_one():
    """The order of Catchers is what is at fault where a broad one stands before a narrow one."""
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "F"}]
    catch += [{"ErrorEquals": ["Rejected"], "Next": "Z"}]
    machine = definition("A", A=task(Catch=catch), F=FAIL, Z=END)
    assert led(machine, {}, {"work": rejects})[1:] == (
        "Catch[1] [Rejected] → Z would have taken it too, but is asked later",
    )


def test_the_error_that_a_parallel_was_left_for_is_that_of_its_branch():
    """The Catcher of a Parallel takes what failed within it."""
    inner = definition("B", B=task())
    parallel = {
        "Type": "Parallel",
        "Branches": [inner],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "F"}],
        "Next": "Z",
    }
    machine = definition("P", P=parallel, F=FAIL, Z=END)
    assert led(machine, {}, {"work": rejects}) == (
        "P failed with Rejected (card declined); its Catch[0] [States.ALL] led here",
    )


def test_a_rule_that_led_to_the_state_is_told():
    """A Fail state behind a Choice was entered for a reason, which the rule is."""
    rules = [{"Variable": "$.n", "NumericLessThan": 0, "Next": "F"}]
    choice = {"Type": "Choice", "Choices": rules, "Default": "Z"}
    assert led(definition("C", C=choice, F=FAIL, Z=END), {"n": -1}) == (
        "C led here by Choices[0]: $.n NumericLessThan 0",
    )


def test_a_default_that_led_to_the_state_is_told_with_what_the_rules_compared():
    """It was taken since no rule held: the values say why; nearly equal texts are named so."""
    rules = [{"Variable": "$.kind", "StringEquals": "paid", "Next": "Z"}]
    choice = {"Type": "Choice", "Choices": rules, "Default": "F"}
    assert led(definition("C", C=choice, F=FAIL, Z=END), {"kind": "Paid "}) == (
        "C led here by its Default, because none of its rules held",
        '  Choices[0] → Z: $.kind StringEquals "paid"',
        '    $.kind is "Paid ": does not hold: it differs only in case or spaces',
    )


def test_a_state_that_follows_by_its_next_says_nothing_of_it():
    """There is nothing to be told of the usual way."""
    machine = definition("A", A=task(Next="F"), F=FAIL)
    machine["States"]["A"].pop("End", None)
    assert led(machine, {}, {"work": lambda event: event}) == ()


def test_of_redacted_values_no_rule_is_told():
    """What rules compare with stars and zeros is not what they compared."""
    rules = [{"Variable": "$.n", "NumericLessThan": 0, "Next": "F"}]
    choice = {"Type": "Choice", "Choices": rules, "Default": "Z"}
    case = a_case(definition("C", C=choice, F=FAIL, Z=END), {"n": -1})
    assert explain(replace(case, is_redacted=True)).failures[0].led == ()
    lone = definition("C", C={"Type": "Choice", "Choices": rules}, F=FAIL)
    case = a_case(lone, {"n": 1})
    assert explain(case).failures[0].rules
    assert explain(replace(case, is_redacted=True)).failures[0].rules == ()


def test_a_catcher_whose_expression_fails_is_told_as_the_one_that_took_the_error():
    """Catchers are asked about what the function did, not about what one of them made of it."""
    catch = {
        "ErrorEquals": ["Rejected"],
        "Output": "{% $states.errorOutput.nowhere.x %}",
        "Next": "B",
    }
    state = task(QueryLanguage="JSONata", Catch=[catch])
    case = a_case(definition("A", A=state, B={"Type": "Succeed"}), {}, {"work": rejects})
    failure = explain(case).failures[0]
    assert (failure.error, failure.asked) == ("States.QueryEvaluationError", "Rejected")
    assert failure.verdicts[0].said == "catch failed"
