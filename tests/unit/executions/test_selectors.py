"""Label selectors where no API server applies them."""

import pytest

from asw.executions.selectors import selector_condition
from asw.failures import Failure

LABELS = {"team": "blue", "tier": "web", "asw.dev/slot": "7", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("team=blue", True),
        ("team==blue,tier=web", True),
        ("team=blue,tier=db", False),
        ("team!=blue", False),
        ("other!=blue", True),
        ("tier in (web, db)", True),
        ("tier notin (web,db)", False),
        ("other notin (web)", True),
        ("asw.dev/slot", True),
        ("!asw.dev/slot", False),
        ("!other , team = blue", True),
        ("empty=", True),
        ("team=", False),
    ],
)
def test_selectors_mean_what_kubernetes_means(selector, expected):
    """Each operator, alone and with others, white space or not."""
    assert selector_condition(selector)(LABELS) is expected


@pytest.mark.parametrize("selector", ["", ",", "team=blue,", "team in web", "a b", "=x", "a=b=c"])
def test_what_is_no_selector_is_refused(selector):
    """The failure shows what one looks like."""
    with pytest.raises(Failure) as caught:
        selector_condition(selector)
    assert "-l " in caught.value.remedy
