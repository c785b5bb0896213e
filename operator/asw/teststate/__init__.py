"""TestState: runs one state of a definition alone, like AWS's API of that name.

Nothing here is part of an execution. The engine decides, the mock replaces the outside, and the
inspection data shows the result of each stage of the state's data flow.
"""

from asw.teststate.refusals import TestStateRefused
from asw.teststate.teststate import test_state, try_state

__all__ = ["TestStateRefused", "test_state", "try_state"]
