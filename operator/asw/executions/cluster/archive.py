"""The archive behind ``asw serve``, for whoever may list and get executions on the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asw.asl.values import Json
from asw.executions.archives import Page, Unanswered, page_in
from asw.executions.cluster.bearer import own_token
from asw.executions.cluster.callbacks import (
    Address,
    Bounds,
    BrokenOff,
    NoServe,
    fetch,
    object_in,
)
from asw.executions.target import Target
from asw.exits import BAD_INPUT, NO_CLUSTER
from asw.failures import Failure
from asw.messages import t

_SEARCH: Final = "/v1/archive/search"
_BUNDLE: Final = "/v1/archive/bundle"
_LOGS: Final = "/v1/archive/logs"
_BOUNDS: Final = Bounds(begins=15.0, seconds=600.0, longest=128 << 20)
"""An archive answers in ten seconds that it has nothing; a bundle may be as large as it unpacks to,
and the way to it slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedArchive:
    """``target`` is whose token is shown, unless one is in ``token_file``."""

    address: Address
    target: Target
    token_file: Path | None = None

    async def search(self, asked: Mapping[str, Json]) -> Page:
        """A page of the search."""
        status, content = await self._ask(_SEARCH, asked)
        answer = object_in(content)
        if status != 200 or "items" not in answer:
            raise _refused(status, answer)
        return page_in(answer)

    async def bundle(self, asked: Mapping[str, Json]) -> bytes | None:
        """The bundle of a run."""
        status, content = await self._ask(_BUNDLE, asked)
        if status == 200:
            return content
        answer = object_in(content)
        if answer.get("__type") == "ExecutionDoesNotExist":
            return None
        raise _refused(status, answer)

    async def logs(self, asked: Mapping[str, Json]) -> Mapping[str, Json]:
        """A page of what is kept of tasks' logs."""
        status, content = await self._ask(_LOGS, asked)
        answer = object_in(content)
        if status != 200 or "items" not in answer:
            raise _refused(status, answer)
        return answer

    async def _ask(self, path: str, asked: Mapping[str, Json]) -> tuple[int, bytes]:
        said = {"token": self._token(), **asked}
        try:
            return await fetch(self.address, path, said, _BOUNDS)
        except BrokenOff as error:
            raise Unanswered(
                t("what the archive sent did not arrive as a whole"),
                remedy=t("ask again in a moment, or for less"),
                code=NO_CLUSTER,
            ) from error
        except Failure as error:
            if isinstance(error, NoServe):
                remedy = t(
                    "name the namespace of the operator in ASW_OPERATOR_NAMESPACE, or the address"
                    " of asw serve in ASW_SERVER"
                )
            elif self.address.url is not None:
                remedy = t("check ASW_SERVER, and ASW_SERVER_CA if its authority is your own")
            else:
                raise
            raise Failure(error.message, remedy=remedy, code=NO_CLUSTER) from error

    def _token(self) -> str:
        try:
            return own_token(self.target, self.token_file)
        except Failure as error:
            if error.code != BAD_INPUT:
                raise
            remedy = t("kubectl create token ACCOUNT > FILE, and name FILE in ASW_TOKEN_FILE")
            raise Failure(error.message, remedy=remedy, code=BAD_INPUT) from error


def _refused(status: int, answer: Mapping[str, Json]) -> Failure:
    """Unanswered if it is the archive's own answer, in its words."""
    code, message = answer.get("__type"), answer.get("message", "")
    match code:
        case "AccessDeniedException" | "UnrecognizedClientException":
            return Unanswered(
                t("the archive does not answer you: {fault}", fault=message),
                remedy=t(
                    "it takes the rights to list and get executions, and for logs to get pods/log,"
                    " as the cluster does"
                ),
                code=NO_CLUSTER,
            )
        case "ArchiveUnavailable" | "ServiceUnavailable" | "ThrottlingException":
            return Unanswered(
                t("the archive does not answer now (status {status})", status=status),
                remedy=t("ask again in a moment, or for less"),
                code=NO_CLUSTER,
            )
        case "ValidationException" if status != 404:
            return Unanswered(
                t("the archive does not understand that: {fault}", fault=message),
                remedy=t("asw list --help shows how it is asked"),
                code=BAD_INPUT,
            )
        case None if status in (401, 403):
            return Failure(
                t("the cluster refuses it: {fault}", fault=message),
                remedy=t("you need the right to create services/proxy there; or set ASW_SERVER"),
                code=NO_CLUSTER,
            )
    return Failure(
        t("this installation has no archive (status {status})", status=status),
        remedy=t("asw serve has one where ASW_ARCHIVE_URL is set for it"),
        code=NO_CLUSTER,
    )
