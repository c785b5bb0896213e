"""Names as ARNs."""

import pytest

from asw.api.arns import Location

HERE = Location(region="ap-guangzhou", account="123456789")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(
            HERE.workflow_arn("求和"),
            "arn:aws:states:ap-guangzhou:123456789:stateMachine:求和",
            id="workflow",
        ),
        pytest.param(
            HERE.execution_arn("sum", "sum-1"),
            "arn:aws:states:ap-guangzhou:123456789:execution:sum:sum-1",
            id="execution",
        ),
        pytest.param(HERE.role_arn, "arn:aws:iam::123456789:role/asw", id="role"),
        pytest.param(
            Location().workflow_arn("sum"),
            "arn:aws:states:us-east-1:123456789012:stateMachine:sum",
            id="defaults",
        ),
    ],
)
def test_a_name_is_written_as_its_service_writes_it(made, expected):
    """ARNs have the forms of AWS, with our region and account."""
    assert made == expected
