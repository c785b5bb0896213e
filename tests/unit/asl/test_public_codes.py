"""Tests of ``asw.asl.public_codes``."""

import pytest

from asw.asl.errors import LANGUAGE_ERRORS, normalize
from asw.asl.public_codes import PUBLIC_CODES, types_of


@pytest.mark.parametrize("code", PUBLIC_CODES)
def test_types_are_names_of_the_language(code):
    """Every type of a public code is an error name that a definition may use."""
    assert all(normalize(name) in LANGUAGE_ERRORS for name in PUBLIC_CODES[code])
    assert "StatesALL" in PUBLIC_CODES[code]


@pytest.mark.parametrize("code", ["ValueError", "Lambda.Unknown", "InternalErrors", "", "."])
def test_other_names_have_no_type(code):
    """What is not a code of Tencent's has no type: the rules of ASL hold."""
    assert types_of(code) is None
