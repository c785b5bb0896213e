"""TestState: one state of a definition, run alone, as AWS's API of that name runs it.

Nothing here is part of an execution. The engine decides, the mock stands for the outside, and the
inspection data tells what each stage of the state's data flow gave.
"""

from asw.teststate.refusals import TestStateRefused
from asw.teststate.teststate import test_state, try_state

__all__ = ["TestStateRefused", "test_state", "try_state"]
