"""Names as ARNs and qrns: what the context object, history and API show instead of objects.

AWS: "Amazon Resource Names" of Step Functions; region and account are settings, since a cluster has
neither. Pure text, no look-up: that an ARN can be written says nothing about what exists.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The region and account that ARNs of this installation carry."""

    region: str = "us-east-1"
    account: str = "123456789012"

    def workflow_arn(self, workflow: str) -> str:
        """ARN of a Workflow, by the name that users know (AWS: stateMachine)."""
        return f"arn:aws:states:{self.region}:{self.account}:stateMachine:{workflow}"

    def execution_arn(self, workflow: str, execution: str) -> str:
        """ARN of an Execution, by the names that users know."""
        return f"arn:aws:states:{self.region}:{self.account}:execution:{workflow}:{execution}"

    def function_arn(self, function: str) -> str:
        """ARN of a Function, as a definition may name it (AWS: Lambda)."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{function}"

    def role_arn(self, role: str) -> str:
        """ARN of the role that a Workflow runs as (AWS: IAM)."""
        return f"arn:aws:iam::{self.account}:role/{role}"

    def function_qrn(self, function: str, qualifier: str = "$LATEST") -> str:
        """Resource by which TCSL names a Function (ASW: SCF in its default namespace)."""
        return (
            f"qrn:qcs:asw:{self.region}:{self.account}:sdk:json:qcloud:scf:Invoke"
            f"/{function}/{qualifier}/default"
        )

    def workflow_qrn(self, workflow: str, identifier: str) -> str:
        """Resource by which TCSL names a Workflow to start (ASW: flowmachine)."""
        return (
            f"qrn:qcs:asw:{self.region}:{self.account}:http:json:flowmachine"
            f":{workflow}:{identifier}"
        )
