"""The installed operator: a fresh one for each attack, and what an attack does to it.

Its memory is what the kernel counts for its pod, processes that it starts included; so it has to
run on this machine, as on the local cluster it does.
"""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from asw.platforms.kubernetes.client.client import KubeClient
from asw.reconciler.platform import PlatformError
from bench.tenants.figures import Disturbed, Strain

INSTALLED_IN = "asw-system"
SELECTOR = "app.kubernetes.io/component=operator"
LAG = b"asw_event_loop_lag_seconds"
SILENCE_SECONDS = 30.0
LONG_SECONDS = 2.0
"""For metrics to come: a process whose threads all wait answers nothing for as long."""
SAMPLE_SECONDS = 0.5
READY_SECONDS = 120.0
CONTROL_GROUPS = Path("/sys/fs/cgroup")
# version 1 of control groups, and version 2: folder, the highest use, the limit
_LAYOUTS = (
    ("memory/**/pod{uid}", "memory.max_usage_in_bytes", "memory.limit_in_bytes"),
    ("**/*pod{unit}.slice", "memory.peak", "memory.max"),
)


class OperatorPod:
    """One pod, from when it is ready."""

    def __init__(self, client: KubeClient, pod: dict[str, Any]) -> None:
        self._client = client
        self.name: str = pod["metadata"]["name"]
        self._folder, self._peak, limit = _control_group(pod["metadata"]["uid"])
        self._limit = int((self._folder / limit).read_text())
        self._lag = 0.0

    @asynccontextmanager
    async def observed(self) -> AsyncIterator["OperatorPod"]:
        """Watched from now on, its highest memory forgotten."""
        # Of version 2 the one that resets it sees the new value, and nobody else.
        self._file = os.open(self._folder / self._peak, os.O_RDWR)
        os.write(self._file, b"0")
        self._lag = 0.0
        sampling = asyncio.create_task(self._sample())
        try:
            yield self
        finally:
            sampling.cancel()
            with suppress(asyncio.CancelledError):
                await sampling
            os.close(self._file)

    async def _sample(self) -> None:
        """How long its event loop answered nothing: it says so itself, where it says anything."""
        path = f"/api/v1/namespaces/{INSTALLED_IN}/pods/{self.name}:8080/proxy/metrics"
        while True:
            asked = time.monotonic()
            with suppress(PlatformError):
                async for line in self._client.lines(path, {}, silence=SILENCE_SECONDS):
                    if line.startswith(LAG + b" "):
                        self._lag = max(self._lag, float(line.split()[-1]))
            if (waited := time.monotonic() - asked) > LONG_SECONDS:
                self._lag = max(self._lag, waited)
            await asyncio.sleep(SAMPLE_SECONDS)

    def strain(self) -> Strain:
        """What it went through since it is observed. Raises Disturbed."""
        words = ("get", "pods", f"--selector={SELECTOR}", "--output=json")
        pods = json.loads(_kubectl(*words))["items"]
        if self.name not in {pod["metadata"]["name"] for pod in pods}:
            raise Disturbed("somebody else replaced the operator meanwhile")
        statuses = [it for pod in pods for it in pod["status"].get("containerStatuses", ())]
        reasons = {it["lastState"]["terminated"]["reason"] for it in statuses if it["lastState"]}
        return Strain(
            peak=int(os.pread(self._file, 64, 0)),
            limit=self._limit,
            restarts=sum(it["restartCount"] for it in statuses),
            reason=", ".join(sorted(reasons)),
            lag=self._lag,
        )


def renewed(client: KubeClient) -> OperatorPod:
    """A new pod in the place of the installed one, ready. Raises Disturbed."""
    _kubectl("delete", "pods", f"--selector={SELECTOR}", "--grace-period=5")
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        pods = json.loads(_kubectl("get", "pods", f"--selector={SELECTOR}", "--output=json"))
        ready = [pod for pod in pods["items"] if _is_ready(pod)]
        if len(ready) == 1 == len(pods["items"]):
            return OperatorPod(client, ready[0])
        time.sleep(SAMPLE_SECONDS)
    raise Disturbed(f"no operator is ready in {INSTALLED_IN} after {READY_SECONDS:g} s")


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(it["type"] == "Ready" and it["status"] == "True" for it in conditions)


def _control_group(uid: str) -> tuple[Path, str, str]:
    for pattern, peak, limit in _LAYOUTS:
        named = pattern.format(uid=uid, unit=uid.replace("-", "_"))
        for folder in CONTROL_GROUPS.glob(named):
            if (folder / peak).exists():
                return folder, peak, limit
    raise RuntimeError("the operator's pod does not run on this machine: measure the local cluster")


def _kubectl(*words: str) -> str:
    command = ["kubectl", "--namespace", INSTALLED_IN, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
