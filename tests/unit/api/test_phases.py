"""The phases of an Execution."""

from typing import get_args

from asw.api.execution import Phase
from asw.api.phases import PHASE_OF, PHASES, STATUS_OF
from asw.engine.record import Status


def test_the_words_are_those_of_the_models():
    """What the custom resource may say has a word of AWS's, and every end of the engine a phase."""
    assert get_args(Phase) == PHASES
    assert get_args(Status) == tuple(PHASE_OF)
    assert STATUS_OF.keys() == set(PHASES)
