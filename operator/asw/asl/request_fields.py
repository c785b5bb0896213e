"""The fields of requests that are checked when a state machine is created.

From the API references of the services. AWS checks every request by the model of its API, at any
depth; here it is the most used ones, on the top level. What makes the call checks the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from asw.asl.integrations import APPROVAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields that a request must have, and all that it may have."""

    required: tuple[str, ...]
    known: tuple[str, ...]


def _fields(required: str, optional: str = "") -> Fields:
    needed = tuple(required.split())
    return Fields(required=needed, known=(*needed, *optional.split()))


_CONDITION: Final = (
    "ConditionExpression ConditionalOperator Expected ExpressionAttributeNames"
    " ExpressionAttributeValues ReturnConsumedCapacity ReturnItemCollectionMetrics ReturnValues"
    " ReturnValuesOnConditionCheckFailure"
)
"""What writes to a table of DynamoDB have in common."""

FIELDS: Final[Mapping[str, Fields]] = {
    "apigateway:invoke": _fields(
        "ApiEndpoint Method",
        "AllowNullValues AuthType Headers Path QueryParameters RequestBody Stage",
    ),
    APPROVAL: _fields("Title", "Message Choices Approvers"),
    "lambda:invoke": _fields(
        "FunctionName", "Payload Qualifier InvocationType LogType ClientContext"
    ),
    "dynamodb:getItem": _fields(
        "TableName Key",
        "AttributesToGet ConsistentRead ExpressionAttributeNames ProjectionExpression"
        " ReturnConsumedCapacity",
    ),
    "dynamodb:putItem": _fields("TableName Item", _CONDITION),
    "dynamodb:deleteItem": _fields("TableName Key", _CONDITION),
    "dynamodb:updateItem": _fields(
        "TableName Key", f"{_CONDITION} AttributeUpdates UpdateExpression"
    ),
    "eks:call": _fields(
        "Method Path", "CertificateAuthority ClusterName Endpoint QueryParameters RequestBody"
    ),
    "eks:runJob": _fields("Job", "CertificateAuthority ClusterName Endpoint LogOptions Namespace"),
    "events:putEvents": _fields("Entries", "EndpointId"),
    "http:invoke": _fields(
        "ApiEndpoint Method",
        "Authentication Headers InvocationConfig QueryParameters RequestBody Transform",
    ),
    "k8s:apply": _fields("Manifest", "Force Namespace"),
    "k8s:delete": _fields("ApiVersion Kind Name", "IgnoreNotFound Namespace Propagation"),
    "k8s:get": _fields("ApiVersion Kind", "FieldSelector LabelSelector Limit Name Namespace"),
    "k8s:patch": _fields("ApiVersion Kind Name Patch", "Namespace Type"),
    "k8s:rollout": _fields("Kind Name", "Namespace TimeoutSeconds"),
    "k8s:wait": _fields(
        "ApiVersion Kind Name", "Condition Deleted JsonPath Namespace TimeoutSeconds Value"
    ),
    "sns:publish": _fields(
        "Message",
        "MessageAttributes MessageDeduplicationId MessageGroupId MessageStructure PhoneNumber"
        " Subject TargetArn TopicArn",
    ),
    "sqs:sendMessage": _fields(
        "QueueUrl MessageBody",
        "DelaySeconds MessageAttributes MessageDeduplicationId MessageGroupId"
        " MessageSystemAttributes",
    ),
    "states:startExecution": _fields("StateMachineArn", "Input Name TraceHeader"),
}
"""By integration."""
