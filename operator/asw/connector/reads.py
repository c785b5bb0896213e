"""Which calls may be made twice: by their names, where no model of a service is at hand. Pure."""

import re
from typing import Final

from asw.asl.integrations import GATEWAY, HTTP
from asw.asl.resources import ServiceInvocation
from asw.asl.values import Json

_READS: Final = re.compile(r"(?:Get|List|Describe|BatchGet|Head|Search|Query|Scan)(?=[A-Z0-9]|$)")
"""How operations are named that only read."""
_NOT_READS: Final = frozenset(
    {
        "GetLatestConfiguration",  # appconfigdata: uses its token up
        "GetActivityTask",  # stepfunctions: takes the task from those who wait for it
    }
)


_TOKENS: Final = frozenset(
    {"clienttoken", "clientrequesttoken", "idempotencytoken", "messagededuplicationid"}
)
_OTHER_TOKENS: Final = frozenset({"codepipeline", "codestarnotifications", "workspaces"})
"""Services in which a member of such a name is something else."""


def only_reads(operation: str) -> bool:
    """Whether an operation of this name only reads; ``getItem`` is ``GetItem``."""
    name = operation[:1].upper() + operation[1:]
    return not takes_away(name) and _READS.match(name) is not None


def may_repeat(called: ServiceInvocation, parameters: Json) -> bool:
    """Whether a call may be made again as another task, if nobody knows whether it was made."""
    if called.request in (HTTP, GATEWAY):
        from asw.connector.http.requests import is_reading  # noqa: PLC0415 -- few call APIs

        return is_reading(parameters)
    if called.is_kubernetes:
        from asw.connector.kubernetes import caller  # noqa: PLC0415 -- the same

        # A Job is found again by the task that made it, and another task would make another Job.
        return called.action != "runJob" and caller.may_repeat(called.action, parameters)
    return only_reads(called.action) or gives_token(called.service, parameters)


def gives_token(service: str, parameters: Json) -> bool:
    """Whether the state names the call itself, so that the service does it once however often.

    By AWS's names of such tokens, where no model of the service is at hand.
    """
    if service.lower() in _OTHER_TOKENS or not isinstance(parameters, dict):
        return False
    given = {name.lower() for name, value in parameters.items() if isinstance(value, str) and value}
    return not given.isdisjoint(_TOKENS)


def takes_away(operation: str) -> bool:
    """Whether an operation that is named or sent like one that reads changes something."""
    return operation in _NOT_READS
