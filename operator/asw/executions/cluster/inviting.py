"""One-time links of approvals, which ``asw serve`` makes for whoever may have them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asw.asl.values import Json
from asw.executions.approvals import OpenApproval
from asw.executions.cluster.bearer import own_token
from asw.executions.cluster.callbacks import Address, ask
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import BAD_INPUT, NO_CLUSTER, NOT_SUCCEEDED
from asw.failures import Failure
from asw.messages import t


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """For whom a link is, how many seconds it lasts, and where ``asw serve`` is reached."""

    by: str
    seconds: int
    url: str
    ca: Path | None
    token_file: Path | None


@dataclass(frozen=True, slots=True)
class Invited:
    """The link, and the instant of its end."""

    link: str
    until: str


async def invite(target: Target, run: Run, asked: OpenApproval, wanted: Invitation) -> Invited:
    """A link for this approval. Raises Failure."""
    said: dict[str, Json] = {
        "token": own_token(target, wanted.token_file),
        "namespace": run.namespace,
        "execution": run.name,
        "uid": asked.task_id.execution_uid,
        "task": asked.task_id.ordinal,
        "for": wanted.by,
        "seconds": wanted.seconds,
    }
    address = Address(url=wanted.url, ca=wanted.ca, target=target)
    status, answer = await ask(address, "/v1/approvals/links", said)
    if status != 200:
        raise _refused(status, answer)
    return Invited(f"{wanted.url.rstrip('/')}/approve/{answer['link']}", str(answer["until"]))


def _refused(status: int, answer: Mapping[str, Json]) -> Failure:
    code, message = answer.get("__type"), answer.get("message", "")
    if code == "ApprovalEnded":
        return Failure(
            t("the approval waits no more"),
            remedy=t("it was answered, timed out or stopped; asw history shows which"),
            code=NOT_SUCCEEDED,
        )
    if code in ("AnswerRefused", "ValidationException"):
        return Failure(
            t("asw serve makes no such link: {fault}", fault=message),
            remedy=t("asw inbox --json shows who may answer"),
            code=BAD_INPUT,
        )
    if status in (401, 403):
        return Failure(
            t("asw serve makes no link for you: {fault}", fault=message),
            remedy=t("it takes the verb patch on executions, and for another name invite, too"),
            code=NO_CLUSTER,
        )
    return Failure(
        t("asw serve makes no links now (status {status})", status=status),
        remedy=t("ask again in a moment"),
        code=NO_CLUSTER,
    )
