"""Names as ARNs, which the context object and the history show instead of objects.

AWS: "Amazon Resource Names" of Step Functions; region and account are settings, because a cluster
has neither. Pure text, no look-up: an ARN may name something that does not exist.
"""

from dataclasses import dataclass
from datetime import datetime

from asw.engine.record import Header

ROLE = "asw"
"""Accounts and permissions are Kubernetes' here, but definitions may still read a role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The region and account that ARNs of this installation carry."""

    region: str = "us-east-1"
    account: str = "123456789012"

    def workflow_arn(self, workflow: str) -> str:
        """ARN of a Workflow by its public name (AWS: stateMachine)."""
        return f"arn:aws:states:{self.region}:{self.account}:stateMachine:{workflow}"

    def execution_arn(self, workflow: str, execution: str) -> str:
        """ARN of an Execution by its public names."""
        return f"arn:aws:states:{self.region}:{self.account}:execution:{workflow}:{execution}"

    @property
    def role_arn(self) -> str:
        """ARN of the role that every Workflow appears to run as (AWS: IAM)."""
        return f"arn:aws:iam::{self.account}:role/{ROLE}"

    def header(self, *, uid: str, workflow: str, name: str, started_at: datetime) -> Header:
        """What an execution starts with, by its public names."""
        return Header(
            uid=uid,
            name=name,
            arn=self.execution_arn(workflow, name),
            workflow_name=workflow,
            workflow_arn=self.workflow_arn(workflow),
            role_arn=self.role_arn,
            started_at=started_at,
        )
