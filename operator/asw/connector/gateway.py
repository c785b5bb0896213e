"""``apigateway:invoke``: signs a request, sends it, and says what came of it as AWS does.

There is no operation of a service behind it, and no model of botocore.
"""

from dataclasses import replace
from typing import Any, Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from multidict import CIMultiDict

from asw import __version__
from asw.connector.calls import Call, Outcome
from asw.connector.http.answers import outcome_of
from asw.connector.http.authorization import spellings
from asw.connector.http.gateway import ACTION, SERVICE, SIGNED_AS, STATUS, GatewayRequest
from asw.connector.http.requests import HttpRequest
from asw.connector.transport import Transport

_AGENT: Final = ("User-Agent", f"asw/{__version__}")


def is_gateway(call: Call) -> bool:
    """Whether the call is one of an API in API Gateway."""
    return (call.service, call.action, call.sdk) == (SERVICE, ACTION, False)


async def invoke(
    given: GatewayRequest, credentials: Any, region: str, transport: Transport
) -> Outcome:
    """What the API answers, without what is secret of the signature.

    ``credentials`` are botocore's, None if the request is not signed. Raises what Transport does.
    """
    request = given.request
    if not any(name.lower() == "user-agent" for name, _ in request.headers):
        request = replace(request, headers=(*request.headers, _AGENT))
    secrets: tuple[str, ...] = ()
    if given.is_signed:
        request, secrets = signed(request, credentials, region)
    return outcome_of(await transport.send_plain(request), secrets, STATUS)


def signed(
    request: HttpRequest, credentials: Any, region: str
) -> tuple[HttpRequest, tuple[str, ...]]:
    """The request with a signature (SigV4), and what of that is secret."""
    whole = AWSRequest(
        method=request.method,
        url=str(request.url),
        headers=CIMultiDict(request.headers),
        data=request.body or b"",
    )
    SigV4Auth(credentials, SIGNED_AS, region).add_auth(whole)
    secrets = spellings(whole.headers["Authorization"], credentials.token or "")
    return replace(request, headers=tuple(whole.headers.items())), secrets
