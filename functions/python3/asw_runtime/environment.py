"""The variables of the platforms that functions are written for, set before user code runs."""

from __future__ import annotations

import os
import sys

from .invocation import IMAGE_CODE_DIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .invocation import Invocation


def announce(invocation: Invocation) -> None:
    """Tell user code where it runs in the words of SCF and of Lambda; what is set already stays."""
    folder = invocation.code_dir or IMAGE_CODE_DIR
    name, version = invocation.function_name, invocation.function_version
    variables = {
        "TENCENTCLOUD_RUNENV": "SCF",
        "SCF_FUNCTIONNAME": name,
        "SCF_FUNCTIONVERSION": version,
        "SCF_NAMESPACE": invocation.namespace,
        "SCF_RUNTIME": f"Python{sys.version_info.major}.{sys.version_info.minor}",
        "USER_CODE_ROOT": f"{folder}/",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(invocation.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": os.environ.get("HOSTNAME", ""),
        "LAMBDA_TASK_ROOT": folder,
        "_HANDLER": invocation.handler,
    }
    for variable, value in variables.items():
        if value:  # a warm process may learn its function's name only with the first request
            os.environ.setdefault(variable, value)
