"""Names as ARNs: what the context object and the history show instead of objects.

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

    def role_arn(self, role: str) -> str:
        """ARN of the role that a Workflow runs as (AWS: IAM)."""
        return f"arn:aws:iam::{self.account}:role/{role}"
