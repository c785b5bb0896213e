"""Names as ARNs and qrns."""

import pytest

from asw.api.arns import Location
from asw.asl.resources import FunctionInvocation, FunctionResource, parse_resource

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
        pytest.param(HERE.role_arn("sum"), "arn:aws:iam::123456789:role/sum", id="role"),
        pytest.param(
            HERE.workflow_qrn("sum", "sum-1"),
            "qrn:qcs:asw:ap-guangzhou:123456789:http:json:flowmachine:sum:sum-1",
            id="workflow in TCSL",
        ),
        pytest.param(
            Location().workflow_arn("sum"),
            "arn:aws:states:us-east-1:123456789012:stateMachine:sum",
            id="defaults",
        ),
    ],
)
def test_a_name_is_written_as_its_service_writes_it(made, expected):
    """ARNs and qrns have the forms of AWS and of Tencent, with our region and account."""
    assert made == expected


@pytest.mark.parametrize(
    "text", [HERE.function_arn("sum"), HERE.function_qrn("sum")], ids=["arn", "qrn"]
)
def test_a_functions_names_resolve_to_it(text):
    """What names a Function here is a Resource by which a Task state calls it."""
    assert parse_resource(text) == FunctionResource(invocation=FunctionInvocation(name="sum"))
