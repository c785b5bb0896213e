"""What a plan asks a cluster besides its objects: ConfigMaps, and what admission would say."""

from collections.abc import Mapping
from urllib.parse import quote

from asw.asl.values import JsonObject
from asw.executions.cluster.access import Access
from asw.executions.cluster.failures import cluster_failure, older_crds, read_denial
from asw.executions.port import DryRun
from asw.platforms.kubernetes.client.errors import UNKNOWN_FIELD, Forbidden, NotFound
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, EXECUTIONS, FUNCTIONS, WORKFLOWS
from asw.reconciler.platform import Conflict, PlatformError, Refused, TooLarge

_KINDS = {resource.kind: resource for resource in (WORKFLOWS, FUNCTIONS, EXECUTIONS)}


async def config_map(access: Access, name: str) -> Mapping[str, str] | None:
    """Its data; None where there is none, or we may not read it. Raises Failure."""
    try:
        with access.patience.asking():
            found = await access.client.get(
                CONFIG_MAPS, access.place.namespace, quote(name, safe="")
            )
    except (NotFound, Forbidden):
        return None
    except PlatformError as error:
        raise cluster_failure(error, access.place) from error
    return found.get("data") or {}


async def dry_run(access: Access, manifest: JsonObject) -> DryRun:
    """Why applying the object would be refused, or why we may not ask.

    The namespace may be missing still, as may be who wins a conflict: neither is admission's.
    """
    resource = _KINDS[manifest["kind"]]
    try:
        with access.patience.asking():
            await access.client.dry_run_apply(resource, access.place.namespace, manifest)
    except (NotFound, Conflict):
        return DryRun()
    except Forbidden as error:
        if read_denial(str(error)) is None:
            return DryRun(refusal=str(error))
        return DryRun(denial=cluster_failure(error, access.place).message)
    except (Refused, TooLarge) as error:
        return DryRun(refusal=_with_remedy(str(error)))
    except PlatformError as error:
        raise cluster_failure(error, access.place) from error
    return DryRun()


def _with_remedy(reason: str) -> str:
    """A field that is not known here was checked before: the cluster's CRDs do not have it yet."""
    if UNKNOWN_FIELD not in reason:
        return reason
    return f"{reason}; {older_crds()}"
