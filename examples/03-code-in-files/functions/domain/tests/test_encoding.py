"""Tests of the function alone: pytest finds its modules from its folder."""

import pytest
from names.encoding import BadName, encoded


def test_a_name_in_another_alphabet_is_encoded():
    """Lower case, as the DNS compares names."""
    assert encoded("Bücher.example") == "xn--bcher-kva.example"


def test_a_text_that_is_no_name_is_refused():
    """The workflow catches this error."""
    with pytest.raises(BadName):
        encoded("no such name")
