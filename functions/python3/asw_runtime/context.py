"""The second argument of a handler: a dict, as SCF gives it, with the attributes of Lambda's."""

from __future__ import annotations

import os

from .outcomes import dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .invocation import Invocation


class Context(dict[str, "Any"]):
    """What a function may know of its own run. The request id is the task id."""

    identity = None
    client_context = None

    def __init__(self, invocation: Invocation) -> None:
        variables = dict(os.environ)
        remaining = invocation.remaining_seconds
        super().__init__(
            memory_limit_in_mb=invocation.memory_mb,
            time_limit_in_ms=int((invocation.timeout_seconds or remaining()) * 1000),
            request_id=invocation.task_id,
            environment=dump(variables).decode(),
            environ=";".join(f"{name}={value}" for name, value in variables.items()),
            function_version=invocation.function_version,
            function_name=invocation.function_name,
            namespace=invocation.namespace,
            tencentcloud_region=variables.get("TENCENTCLOUD_REGION", ""),
            tencentcloud_appid=variables.get("TENCENTCLOUD_APPID", ""),
            tencentcloud_uin=variables.get("TENCENTCLOUD_UIN", ""),
        )
        self.function_name = invocation.function_name
        self.function_version = invocation.function_version
        self.aws_request_id = invocation.task_id
        self.memory_limit_in_mb = str(invocation.memory_mb)
        self.invoked_function_arn = _arn(invocation)
        self.log_group_name = variables.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
        self.log_stream_name = variables.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self._remaining_seconds = remaining

    def get_remaining_time_in_millis(self) -> int:
        """What is left of the function's timeout; of a day where it has none."""
        return int(self._remaining_seconds() * 1000)


def _arn(invocation: Invocation) -> str:
    region = os.environ.get("AWS_REGION", "us-east-1")
    qualifier = invocation.function_version
    suffix = "" if qualifier == "$LATEST" else f":{qualifier}"
    return f"arn:aws:lambda:{region}:000000000000:function:{invocation.function_name}{suffix}"
