"""Where a service is and who calls it: what a Connection says, resolved to plain values."""

from dataclasses import dataclass, field

from asw.connector.addresses import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What requests are signed with. Its text shows no secret."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentity:
    """A role that is assumed by a token, which is read from its file each time."""

    role_arn: str
    token_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Everything that a call needs besides itself.

    ``endpoint`` is None for AWS's own. ``ca`` has trusted certificates in PEM, None for those of
    the system. Calls are signed with ``credentials``, or those of the role of ``web_identity``;
    without both they are found as AWS's tools do: environment, profile, web identity. ``unsigned``
    is why there is nothing to sign with, and nothing is looked for.
    ``calls_per_second`` is None for any number. ``allowed`` are networks besides public ones.
    """

    name: str
    region: str
    endpoint: str | None = None
    path_style: bool = False
    ca: str | None = None
    connect_seconds: float = 5
    call_seconds: float = 60
    calls_per_second: float | None = None
    credentials: Credentials | None = None
    web_identity: WebIdentity | None = None
    unsigned: str | None = None
    allowed: tuple[Network, ...] = ()
