"""Machines that another process made: only what a definition is made of is taken from it."""

import pickle
from io import BytesIO
from typing import Any

import pytest

from asw.asl.values import ABSENT, Absent
from asw.reconciler.platform import Unavailable
from asw.reconciler.reading import _read_machine, _Unpickler


class Calling:
    """An object that is pickled as a call."""

    def __init__(self, function: Any, *given: Any) -> None:
        self.call = (function, given)

    def __reduce__(self) -> Any:
        return self.call


def test_a_member_of_an_enum_is_taken_as_the_first_releases_of_3_11_write_it():
    """They pickle it as getattr of its class and its name; later ones as a call of its class."""
    made = pickle.dumps(Calling(getattr, Absent, ABSENT.name), protocol=5)
    assert _Unpickler(BytesIO(made)).load() is ABSENT


@pytest.mark.parametrize(
    "made",
    [
        Calling(getattr, Absent, "__init__"),
        Calling(getattr, "text", "join"),
        Calling(print, "hello"),
        Calling(eval, "1"),
    ],
    ids=["no member", "no Enum", "a function", "any code"],
)
def test_nothing_else_is_called(made):
    """Whatever a process says that evaluated a stranger's definition, it runs nothing here."""
    with pytest.raises(Unavailable):
        _read_machine(pickle.dumps(made, protocol=5))
