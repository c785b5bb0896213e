"""A node whose kubelet is the test: it runs warm pods on this machine, and can be lost.

The API server, its controllers and the scheduler take it for a node; a pod that is put there runs
the real runtime, in a process group of this machine. Cut off, it says nothing any more, as behind a
network that broke: its processes still exist.
"""

import json
import os
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.functions.tasks import command
from tests.support import alone
from tests.support.space import Object, Space

LABEL = "asw.dev/test-place"
"""Of nodes: where the pods of a test belong."""


@dataclass(kw_only=True)
class LostNode:
    """The node, and the processes of its pods."""

    space: Space
    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """That of the node."""
        return f"lost-{self.space.namespace}"

    @property
    def selector(self) -> dict[str, str]:
        """The node selector of what belongs here."""
        return {LABEL: self.space.namespace}

    def run_pod(self, function: str) -> str:
        """Run the Function's pod that the scheduler puts here, as its kubelet does; its name."""

        def found() -> Object | None:
            labels = f"asw.dev/kind=pool,asw.dev/function={function}"
            pods = self.space.all("pods", f"--selector={labels}")
            return next((it for it in pods if it["spec"].get("nodeName") == self.name), None)

        pod: Object = self.space.until("a pod on the node", found)
        (container,) = pod["spec"]["containers"]
        name = str(pod["metadata"]["name"])
        given = {it["name"]: self._value(pod, it) for it in container["env"]}
        environment = {"PATH": os.environ["PATH"], "HOSTNAME": name, **given}
        words = [sys.executable, "-S", "-P", *command("python")[3:]]
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                words, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self.running.append(process)
        state = {"running": {"startedAt": datetime.now(UTC).isoformat(timespec="seconds")}}
        ready = {"name": container["name"], "ready": True, "started": True, "state": state}
        whole = {**ready, "restartCount": 0, "image": container["image"], "imageID": ""}
        status = json.dumps({"status": {"phase": "Running", "containerStatuses": [whole]}})
        self.space.kubectl("patch", "pod", name, "--subresource=status", f"--patch={status}")
        return name

    def _value(self, pod: Object, variable: Object) -> str:
        source: Any = variable.get("valueFrom", {})
        match source:
            case {"fieldRef": {"fieldPath": path}}:
                return str(pod["metadata"][path.removeprefix("metadata.")])
            case {"configMapKeyRef": it}:
                return str(self.space.get("configmap", it["name"])["data"][it["key"]])
            case {"secretKeyRef": it}:
                return b64decode(self.space.get("secret", it["name"])["data"][it["key"]]).decode()
        return str(variable.get("value", "")).replace("$$", "$")

    def cut_off(self) -> None:
        """Nothing of it is heard any more; pods of the test belong to the real node from now on."""
        self._send(signal.SIGSTOP)
        self.space.cluster.kubectl("cordon", self.name)
        self._label_real_nodes(self.space.namespace)

    def _send(self, number: int) -> None:
        for process in self.running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    def _label_real_nodes(self, value: str | None) -> None:
        names = self.space.cluster.kubectl("get", "nodes", "--output=name").stdout.split()
        word = f"{LABEL}-" if value is None else f"{LABEL}={value}"
        for name in (it for it in names if it != f"node/{self.name}"):
            self.space.cluster.kubectl("label", name, word, "--overwrite")

    def join(self) -> None:
        """The node is there and ready."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        condition = {
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "message": "played by a test",
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }
        room = {"cpu": "4", "memory": "8Gi", "pods": "20", "ephemeral-storage": "20Gi"}
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name, "labels": self.selector},
            "status": {"capacity": room, "allocatable": room, "conditions": [condition]},
        }
        self.space.cluster.kubectl("create", "--filename=-", stdin=json.dumps(node))

    def leave(self) -> None:
        """The node and all that ran there is gone."""
        self._send(signal.SIGKILL)
        for process in self.running:
            process.wait()
        self._label_real_nodes(None)
        self.space.cluster.kubectl("delete", "node", self.name, "--ignore-not-found")
        # No kubelet confirms that they ended, and until somebody does their namespace stays.
        here = f"--field-selector=spec.nodeName={self.name}"
        self.space.kubectl("delete", "pods", here, "--grace-period=0", "--force")


@contextmanager
def lost_node(space: Space, folder: Path) -> Iterator[LostNode]:
    """A node for the block; it is not lost yet."""
    alone.require("adds a node to the cluster")
    node = LostNode(space=space, folder=folder)
    try:
        node.join()
        yield node
    finally:
        node.leave()
