"""Credentials of a role that is assumed by a token of the service account, and kept fresh.

The role is assumed where the Connection says its services are: its endpoint, else AWS's own. So the
token goes to nobody whom the Connection does not name.
"""

from collections.abc import Callable
from typing import Any, Final

from aiobotocore.credentials import (
    AioAssumeRoleWithWebIdentityCredentialFetcher,
    AioDeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import FileWebIdentityTokenLoader

from asw.connector.places import WebIdentity

_METHOD: Final = "assume-role-with-web-identity"


class NotAssumed(Exception):
    """The role could not be assumed; the message says why."""


class RoleCredentials:
    """Takes the place of botocore's chain of providers: there is this role or nothing.

    ``new_client`` makes the client of a service, by its name; it signs as the second argument says.
    """

    def __init__(self, identity: WebIdentity, new_client: Callable[[str, Any], Any]) -> None:
        self._identity = identity
        self._fetcher = AioAssumeRoleWithWebIdentityCredentialFetcher(
            client_creator=lambda name, config: new_client(name, config.signature_version),
            web_identity_token_loader=FileWebIdentityTokenLoader(identity.token_file),
            role_arn=identity.role_arn,
            cache={},
        )
        self._fetcher.feature_ids = set()

    async def load_credentials(self) -> AioDeferredRefreshableCredentials:
        """Credentials that are fetched when a call needs them, and again before they expire."""
        return AioDeferredRefreshableCredentials(refresh_using=self._fetched, method=_METHOD)

    async def _fetched(self) -> Any:
        try:
            return await self._fetcher.fetch_credentials()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            why = f"AWS STS answered {code}"
        except OSError as error:
            why = f"the token of the service account cannot be read: {error.strerror}"
        except BotoCoreError as error:
            why = str(error)
        raise NotAssumed(f"The role {self._identity.role_arn} could not be assumed: {why}")
