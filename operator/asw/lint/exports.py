"""Recognises exports of other services and tools. Pure."""

import re
from typing import Final, Literal, TypeAlias, get_args

from asw.asl.values import JsonObject

Format: TypeAlias = Literal["asl", "sam", "cdk", "serverless", "asw-export"]
FORMATS: Final = get_args(Format)

_COMPONENT: Final = re.compile(r"(?:@serverless/)?(?:tencent-)?(asw|scf)(?:@.*)?")


def format_of(content: JsonObject) -> Format | None:
    """The format of the content; None if it is no known export."""
    if "StartAt" in content and "States" in content:
        return "asl"
    if "definition" in content and ("stateMachineArn" in content or "roleArn" in content):
        return "asl"
    if isinstance(content.get("Resources"), dict):
        is_sam = "Serverless" in str(content.get("Transform", ""))
        return "sam" if is_sam else "cdk"
    if "stepFunctions" in content or component_of(content):
        return "serverless"
    if any(isinstance(it, dict) and component_of(it) for it in content.values()):
        return "serverless"
    response = content.get("Response")
    inner = response if isinstance(response, dict) else content
    return "asw-export" if "Definition" in inner else None


def component_of(content: JsonObject) -> str | None:
    """``asw`` or ``scf``, if the mapping is an instance of that component."""
    found = _COMPONENT.fullmatch(str(content.get("component", "")))
    return found[1] if found else None
