"""What befalls warm pods and the operator's replicas, at random."""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.calls import Calls
from tests.soak.verdict import Seen
from tests.support.host_operator import HostOperator
from tests.support.installation import SYSTEM
from tests.support.space import Object, Space, function

FUNCTIONS = {"again": "Retry", "once": "Fail"}
"""What is called, and its onLost."""
CONCURRENCY = 2
TIMEOUT_SECONDS = 120
"""Longer than calls are held; a pod whose object is torn away has as long and ten seconds."""
MOST_RESTARTS = 2
"""Of a container that is killed: the kubelet starts it again at once only the first time, and lets
it wait longer and longer then.
"""


def called(name: str, calls: Calls, version: float = 0.0) -> Object:
    """A warm Function; another version of it is another revision."""
    warm: Object = {"min": 1, "max": 3, "concurrency": CONCURRENCY}
    if name == "once":
        warm |= {"min": 2, "coldStart": "Wait", "queueTimeoutSeconds": 600}
    return function(
        name,
        calls.source,
        mode="Warm",
        warm=warm,
        onLost=FUNCTIONS[name],
        timeoutSeconds=TIMEOUT_SECONDS,
        env=[{"name": "VERSION", "value": str(version)}],
    )


@dataclass(kw_only=True)
class Harms:
    """Does harm and notes it."""

    space: Space
    calls: Calls
    seen: Seen
    replicas: tuple[HostOperator, HostOperator]
    chance: random.Random
    most_restarts: int = MOST_RESTARTS
    done: dict[str, int] = field(default_factory=dict)
    _later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def do(self, kind: str) -> None:
        """One of ``KINDS``."""
        KINDS[kind][0](self)
        self.done[kind] = self.done.get(kind, 0) + 1

    def go_on(self, *, at_once: bool = False) -> None:
        """Undo what has lasted long enough: operators that are down come back."""
        due = [it for it in self._later if at_once or it[0] <= time.monotonic()]
        for entry in due:
            self._later.remove(entry)
            entry[1]()

    def holder(self) -> HostOperator | None:
        """Who holds the Lease, as it says itself."""
        words = ("--namespace", SYSTEM, "get", "lease", f"asw-{self.space.namespace}")
        text = self.space.kubectl(*words, "--ignore-not-found", "--output=json")
        identity = json.loads(text)["spec"].get("holderIdentity") if text else None
        return next((it for it in self.replicas if it.identity == identity), None)

    def pods(self) -> list[Object]:
        """Warm pods whose containers run and that nobody deleted."""
        found = self.space.all("pods", "--selector=asw.dev/kind=pool")
        return [
            it
            for it in found
            if "deletionTimestamp" not in it["metadata"]
            and any(of["ready"] for of in it["status"].get("containerStatuses", ()))
        ]

    # Pods

    def _victim(self, *, restarts: int | None = None) -> Object | None:
        there = [
            it
            for it in self.pods()
            if restarts is None
            or all(of["restartCount"] < restarts for of in it["status"]["containerStatuses"])
        ]
        return self.chance.choice(there) if there else None

    def _delete(self, *how: str) -> str | None:
        if (victim := self._victim()) is None:
            return None
        name = str(victim["metadata"]["name"])
        self.space.kubectl("delete", "pod", name, "--wait=false", *how, check=False)
        return name

    def _note(self, pod: str | None, seconds: float = 0.0) -> None:
        """The pod's processes are killed, now or within so many seconds."""
        if pod is not None:
            now = time.monotonic()
            self.seen.killed[pod].append((now - 1, now + seconds))

    def tear(self) -> None:
        """Remove the pod's object; its kubelet finds out, and gives it its grace period."""
        self._note(self._delete("--force", "--grace-period=0"), TIMEOUT_SECONDS + 10)

    def hurry(self) -> None:
        """Delete the pod with a second to end."""
        self._note(self._delete("--grace-period=1"), 10)

    def ask(self) -> None:
        """Delete the pod as usual: it finishes what it has."""
        self._delete()

    def kill(self) -> None:
        """SIGKILL to all of its container, which the kubelet starts again."""
        victim = self._victim(restarts=self.most_restarts)
        if victim is None:
            return
        for process in container_of(victim["metadata"]["uid"]):
            with suppress(ProcessLookupError):  # its parent took it along
                os.kill(process, signal.SIGKILL)
        self._note(victim["metadata"]["name"])

    def revise(self) -> None:
        """Another revision of a Function."""
        name = self.chance.choice([*FUNCTIONS])
        self.space.apply(called(name, self.calls, self.chance.random()))

    # Operators

    def _for(self, seconds: float, undo: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, undo))

    def _acting(self) -> tuple[HostOperator, HostOperator]:
        """Who acts and who stands by, once both are there."""
        self.go_on(at_once=True)
        self.space.until("two replicas", lambda: all(it.is_ready() for it in self.replicas))
        holder: HostOperator = self.space.until("a holder", self.holder)
        return holder, next(it for it in self.replicas if it is not holder)

    def crash_holder(self) -> None:
        """SIGKILL to whoever acts.

        It comes back before its Lease is over, or after the other one took that.
        """
        holder, _ = self._acting()
        holder.kill()
        self._for(self.chance.choice([0, 2, 20]), holder.start)

    def crash_standby(self) -> None:
        """SIGKILL to the other."""
        _, standby = self._acting()
        standby.kill()
        self._for(self.chance.uniform(0, 4), standby.start)

    def crash_both(self) -> None:
        """SIGKILL to both at once."""
        for replica in self._acting():
            replica.kill()
            self._for(self.chance.uniform(0, 2), replica.start)

    def stop_holder(self) -> None:
        """SIGTERM to whoever acts, as by a rollout."""
        holder, _ = self._acting()
        holder.stop()
        self._for(self.chance.uniform(0, 2), holder.start)

    def pause_holder(self) -> None:
        """SIGSTOP to whoever acts, for longer than its Lease."""
        holder, _ = self._acting()
        holder.pause()
        self._for(self.chance.uniform(10, 25), holder.go_on)


KINDS: dict[str, tuple[Callable[[Harms], None], int]] = {
    "tear": (Harms.tear, 4),
    "hurry": (Harms.hurry, 4),
    "kill": (Harms.kill, 4),
    "ask": (Harms.ask, 2),
    "revise": (Harms.revise, 2),
    "crash holder": (Harms.crash_holder, 2),
    "crash standby": (Harms.crash_standby, 1),
    "crash both": (Harms.crash_both, 1),
    "stop holder": (Harms.stop_holder, 1),
    "pause holder": (Harms.pause_holder, 1),
}
"""What befalls pods and operators, and how often it does compared with the others."""
VIOLENT = ("tear", "hurry", "kill")
"""Those that kill a pod's processes."""


def container_of(pod_uid: str) -> list[int]:
    """The processes of the pod's containers, on this machine; not the one that holds its place."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            is_of_pod = pod_uid in (folder / "cgroup").read_text().replace("_", "-")
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if is_of_pod and not words.startswith(b"/pause"):
            found.append(int(folder.name))
    return found
