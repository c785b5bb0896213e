"""Tests of ``asw.asl.errors``."""

import pytest

from asw.asl.errors import Failure, StatesError, matches, normalize


@pytest.mark.parametrize(
    ("names", "error", "taken"),
    [
        (["States.ALL"], "Anything", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.DataLimitExceeded", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.TaskFailed"], "CustomException", True),
        (["States.TaskFailed"], "Lambda.ResourceNotFoundException", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.TaskFailed"], "States.HeartbeatTimeout", False),
        (["States.TaskFailed"], "States.Runtime", False),
        (["States.Timeout"], "States.Timeout", True),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
        (["States.HeartbeatTimeout"], "States.HeartbeatTimeout", True),
        (["States.HeartbeatTimeout"], "States.Timeout", False),
        (["A", "B"], "B", True),
        (["A", "B"], "C", False),
        (["A"], "a", False),
        ([], "A", False),
        (["StatesALL"], "Anything", True),
        (["StatesTimeout"], "States.Timeout", True),
        (["States.Timeout"], "StatesTimeout", True),
        (["States.ALL"], None, True),
        (["StatesALL"], None, True),
        (["States.TaskFailed"], None, True),
        (["States.Timeout"], None, False),
    ],
)
def test_who_takes_which_error(names, error, taken):
    """Wildcards take what AWS was recorded to let them take, other names only themselves."""
    assert matches(names, error) is taken


@pytest.mark.parametrize(
    ("names", "error", "taken"),
    [
        (["StatesPermissions"], "AuthFailure.SignatureExpire", True),
        (["StatesPermissions"], "AuthFailure", True),
        (["StatesPermissions"], "UnauthorizedOperation", True),
        (["States.Permissions"], "UnauthorizedOperation", True),
        (["StatesRuntime"], "InternalError", True),
        (["StatesDataLimitExceeded"], "RequestLimitExceeded", True),
        (["StatesDataLimitExceeded"], "ResourceInUse", True),
        (["StatesTaskFailed"], "InternalError", True),
        (["StatesTaskFailed"], "InvalidParameterValue", True),
        (["StatesTaskFailed"], "NoSuchVersion", False),
        (["StatesALL"], "NoSuchVersion", True),
        (["StatesPermissions"], "InternalError", False),
        (["InternalError"], "InternalError", True),
        (["AuthFailure"], "AuthFailure.SignatureExpire", False),
        (["FailedOperation"], "FailedOperation.Quota", False),
        (["FailedOperation.Quota"], "FailedOperation.Quota", True),
        (["StatesPermissions"], "UnauthorizedOperation.Quota", False),
        (["StatesTaskFailed"], "FailedOperation.Quota", False),
        (["StatesALL"], "FailedOperation.Quota", True),
        (["StatesTaskFailed"], "ValueError", True),
        (["StatesTaskFailed"], "Lambda.ResourceNotFoundException", True),
        (["StatesTaskFailed"], "States.Timeout", False),
        (["StatesRuntime"], "States.Runtime", False),
    ],
)
def test_who_takes_which_error_in_tcsl(names, error, taken):
    """Tencent's public codes match by type too, business codes only by name and by StatesALL."""
    assert matches(names, error, dialect="TCSL") is taken


def test_types_are_of_tcsl_only():
    """In ASL a code of Tencent's is a name like any other."""
    assert not matches(["States.Permissions"], "UnauthorizedOperation")
    assert matches(["States.TaskFailed"], "NoSuchVersion")


@pytest.mark.parametrize(
    ("name", "dotted"),
    [
        ("StatesALL", "States.ALL"),
        ("StatesTaskFailed", "States.TaskFailed"),
        ("StatesHttpSocket", "States.Http.Socket"),
        ("States.ALL", "States.ALL"),
        ("StatesOfMine", "StatesOfMine"),
    ],
)
def test_tcsl_names_are_the_dotted_ones(name, dotted):
    """Only the language's own names get their dot back."""
    assert normalize(name) == dotted


def test_a_states_error_carries_its_failure():
    """What ``step`` needs travels as a value."""
    error = StatesError("States.Runtime", "why")
    assert error.failure == Failure("States.Runtime", "why")
    assert str(error) == "States.Runtime: why"
