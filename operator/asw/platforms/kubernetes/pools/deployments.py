"""The Deployment of one revision of a warm Function, and the Secret with its token. Pure.

The token comes by an environment variable, not as a mounted service account token: a file that the
runtime can read its function can read too, because both have the same uid, and a volume would delay
each start of a pod by 0.3 s. The runtime takes the variable away before a function runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from asw.api.function import Function
from asw.api.names import (
    KIND_POOL,
    LABEL_CONNECTION,
    LABEL_FUNCTION,
    LABEL_FUNCTION_UID,
    LABEL_KIND,
    LABEL_POOL,
    digest12,
    label_value,
    pool_name,
    pool_secret_name,
)
from asw.api.warm import Warm
from asw.asl.values import to_text
from asw.platforms.kubernetes.client.objects import Owner
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.pools.pool import PoolKey
from asw.platforms.kubernetes.tasks.pods import Env, FunctionPod, literal, pod_template
from asw.platforms.kubernetes.tasks.settings import ResultServer

ANNOTATION_TEMPLATE: Final = "asw.dev/template"
"""On Deployments: digest of the pod template, which also depends on the operator's address."""
_NAMED_BY: Final = {"Function": LABEL_FUNCTION, "Connection": LABEL_CONNECTION}
"""The label with the name of the object that pods belong to, by its kind."""
TOKEN_KEY: Final = "token"  # noqa: S105  a key of a Secret
DRAINING_SECONDS: Final = 10
"""Beyond the Function's timeout: for delivering what just ended."""
LONGEST_DRAINING: Final = 900
"""Seconds for a Function without a timeout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A Deployment as it was last seen or written. ``trouble`` is why it has no pods."""

    name: str
    uid: str
    replicas: int
    template: str
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class PoolPlan:
    """One revision of a warm Function, with all that its pods depend on."""

    pod: FunctionPod
    server: ResultServer
    ring: KeyRing
    result_wait: float

    @property
    def function(self) -> Function:
        """The Function."""
        return self.pod.function

    @property
    def warm(self) -> Warm:
        """How many pods, and how many calls each."""
        return self.function.spec.warm or Warm()

    @cached_property
    def key(self) -> PoolKey:
        """The pool: all that decides how a call is run, and nothing else, makes the digest.

        How many pods there are, and where the operator is, does not.
        """
        template = pod_template(self.pod, self._slots(), {}, {})
        metadata = self.function.metadata
        return PoolKey(metadata.namespace, metadata.uid, digest12(to_text(template)))

    def _slots(self) -> Env:
        """Variables of the revision."""
        return literal(
            {
                "ASW_FUNCTION_NAME": self.function.public_name,
                "ASW_FUNCTION_VERSION": "$LATEST",
                "ASW_NAMESPACE": self.function.metadata.namespace,
                "ASW_CONCURRENCY": str(self.warm.concurrency),
                "ASW_MAX_CALLS": str(self.warm.max_calls or 0),
            }
        )

    def _operator(self, secret: str) -> Env:
        """Variables that say where work is, and by which right."""
        return [
            *literal(
                {
                    "ASW_POLL_URL": self.server.url,
                    "ASW_CA": self.server.ca,
                    "ASW_SERVER_NAME": self.server.name,
                    "ASW_RESULT_WAIT": str(int(self.result_wait)),
                }
            ),
            _field("ASW_POD_UID", "metadata.uid"),
            _field("ASW_POD_NAME", "metadata.name"),
            {
                "name": "ASW_POLL_TOKEN",
                "valueFrom": {"secretKeyRef": {"name": secret, "key": TOKEN_KEY}},
            },
        ]

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the Deployment and its pods."""
        metadata = self.function.metadata
        return {
            LABEL_KIND: KIND_POOL,
            _NAMED_BY[self.function.kind]: label_value(metadata.name),
            LABEL_FUNCTION_UID: metadata.uid,
            LABEL_POOL: self.key.digest,
        }

    def deployment(self) -> dict[str, Any]:
        """The manifest, without pods."""
        labels, secret = self.labels, self._secret_name
        variables = [*self._slots(), *self._operator(secret)]
        template = pod_template(self.pod, variables, labels, {})
        template["spec"]["terminationGracePeriodSeconds"] = self._grace
        metadata = {**self._metadata(self.name), "labels": labels}
        metadata["annotations"] = {ANNOTATION_TEMPLATE: digest12(to_text(template))}
        selector = {name: labels[name] for name in (LABEL_KIND, LABEL_FUNCTION_UID, LABEL_POOL)}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "replicas": 0,
                "revisionHistoryLimit": 1,
                "progressDeadlineSeconds": 600,
                "selector": {"matchLabels": selector},
                "template": template,
            },
        }

    def secret(self) -> dict[str, Any]:
        """The Secret with the token by which the pods ask for work."""
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {**self._metadata(self._secret_name), "labels": self.labels},
            "type": "Opaque",
            "immutable": True,
            "stringData": {TOKEN_KEY: self.ring.keys.issue_to_pool(claim_of(self.key))},
        }

    @property
    def name(self) -> str:
        """The name of the Deployment."""
        metadata = self.function.metadata
        return pool_name(metadata.name, metadata.uid, self.key.digest)

    @property
    def _secret_name(self) -> str:
        key = self.key
        return pool_secret_name(key.function_uid, key.digest, self.ring.keys.current.id)

    @property
    def _grace(self) -> int:
        seconds = self.function.spec.timeout_seconds
        return min(seconds or LONGEST_DRAINING, LONGEST_DRAINING) + DRAINING_SECONDS

    def _metadata(self, name: str) -> dict[str, Any]:
        metadata = self.function.metadata
        owner = Owner(self.function.kind, metadata.name, metadata.uid)
        return {"name": name, "ownerReferences": [owner.reference()]}


def claim_of(key: PoolKey) -> str:
    """What the token of a pool says."""
    return "/".join(key)


def pool_of(claim: str) -> PoolKey | None:
    """The inverse of ``claim_of``."""
    parts = claim.split("/")
    return PoolKey(*parts) if len(parts) == len(PoolKey._fields) else None


def deployed(item: Mapping[str, Any]) -> PoolKey | None:
    """The pool that a Deployment's labels name, None if it is none of ours."""
    metadata = item["metadata"]
    labels = metadata.get("labels", {})
    uid, digest = labels.get(LABEL_FUNCTION_UID), labels.get(LABEL_POOL)
    if labels.get(LABEL_KIND) != KIND_POOL or not uid or not digest:
        return None
    owners = metadata.get("ownerReferences", ())
    if not any(it.get("controller") and it["uid"] == uid for it in owners):
        return None
    return PoolKey(metadata["namespace"], uid, digest)


def _field(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def template_of(manifest: Mapping[str, Any]) -> str:
    """The digest of the pod template; empty if somebody took it away."""
    text = manifest["metadata"].get("annotations", {}).get(ANNOTATION_TEMPLATE, "")
    return str(text)


def as_deployed(item: Mapping[str, Any]) -> Deployed:
    """The Deployment as the API server shows it."""
    metadata, status = item["metadata"], item.get("status", {})
    failing = [
        f"{it.get('reason', '')}: {it.get('message', '')}"
        for it in status.get("conditions", ())
        if it.get("type") == "ReplicaFailure" and it.get("status") == "True"
    ]
    return Deployed(
        name=metadata["name"],
        uid=metadata["uid"],
        replicas=item["spec"].get("replicas", 1),
        template=template_of(item),
        trouble=next(iter(failing), ""),
    )
