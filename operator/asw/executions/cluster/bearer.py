"""The token by which ``asw serve`` knows who asks: the one of the kubeconfig, the pod or a file."""

from pathlib import Path

from asw.executions.cluster.connecting import find_place, reach
from asw.executions.target import Target
from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t


def own_token(target: Target, file: Path | None) -> str:
    """The token, read again each time: kubelets renew them. Raises Failure."""
    if file is not None:
        try:
            return file.read_text().strip()
        except (OSError, ValueError) as error:
            raise Failure(
                t("cannot read {place}: {fault}", place=file, fault=error),
                remedy=t("--token-file takes a file with a token of the cluster"),
                code=BAD_INPUT,
            ) from error
    value = reach(target, find_place(target)).authorization() or ""
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Failure(
            t("the kubeconfig has no token, and asw serve knows people and workers by one"),
            remedy=t("kubectl create token ACCOUNT > FILE, and --token-file FILE"),
            code=BAD_INPUT,
        )
    return token
