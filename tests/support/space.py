"""A namespace of a real cluster as a test uses it: apply objects, wait for runs, read them."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from tests.support.cluster import Cluster
from tests.support.kube_objects import events_of
from tests.support.reading import Missing, Reader, reader

Object = dict[str, Any]

API = "asw.dev/v1alpha1"
PATIENCE_SECONDS = 300.0
"""Of a cluster that shares a busy machine; what is waited for mostly comes in a few seconds."""
INCREMENT = "def main_handler(event, context):\n    return event + 1\n"
"""Source of a function that shows how often it ran."""


@dataclass(frozen=True, slots=True)
class Space:
    """A namespace, kubectl for it, and a quicker way to look at what is waited for."""

    cluster: Cluster
    namespace: str

    @property
    def _reader(self) -> Reader:
        return reader(self.cluster.kubeconfig)

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """What kubectl prints in this namespace, its errors included unless ``check``."""
        done = self.cluster.kubectl(
            f"--namespace={self.namespace}", *arguments, stdin=stdin, check=check
        )
        return done.stdout if check else done.stdout + done.stderr

    def apply(self, *objects: Object) -> None:
        """Apply all objects in one go."""
        self.kubectl("apply", "--filename=-", stdin=yaml.safe_dump_all(objects))

    def mend(self, item: Object) -> None:
        """Apply an object that is there already, and wait until the operator goes by it."""
        self.apply(item)
        kind, name = item["kind"].lower(), item["metadata"]["name"]

        def is_taken() -> bool:
            found = self.get(kind, name)
            seen = found.get("status", {}).get("observedGeneration")
            return bool(seen == found["metadata"]["generation"])

        self.until(f"{kind} {name}", is_taken)

    def patch(self, execution: str, **spec: Any) -> None:
        """Change the spec of an Execution: its verbs."""
        patch = json.dumps({"spec": spec})
        self.kubectl("patch", "execution", execution, "--type=merge", f"--patch={patch}")

    def get(self, kind: str, name: str) -> Object:
        """One object; fails where there is none."""
        if self._reader.knows(kind):
            try:
                return self._reader.get(self.namespace, kind, name)
            except Missing as error:
                pytest.fail(str(error))
        found: Object = json.loads(self.kubectl("get", kind, name, "--output=json"))
        return found

    def all(self, kind: str, *options: str) -> list[Object]:
        """All objects of a kind."""
        if self._reader.knows(kind, options):
            return self._reader.all(self.namespace, kind, *options)
        listed = json.loads(self.kubectl("get", kind, "--output=json", *options))
        items: list[Object] = listed["items"]
        return items

    def until(self, what: str, found: Callable[[], Any], *, limit: float = PATIENCE_SECONDS) -> Any:
        """Ask again and again until there is an answer; fails after ``limit`` seconds."""
        end = time.monotonic() + limit
        while not (answer := found()):
            if time.monotonic() > end:
                pytest.fail(f"{what} did not come in {limit} s\n{self.state()}")
            time.sleep(0.1)
        return answer

    def finished(self, name: str, *, limit: float = PATIENCE_SECONDS) -> Object:
        """The Execution once it has ended."""

        def ended() -> Object | None:
            execution = self.get("execution", name)
            return execution if "completionTime" in execution.get("status", {}) else None

        done: Object = self.until(f"the end of execution {name}", ended, limit=limit)
        return done

    def run(
        self, name: str, workflow: str, input_value: Any = None, *, limit: float = PATIENCE_SECONDS
    ) -> Object:
        """Create an Execution and wait for its end; its status."""
        self.apply(execution(name, workflow, input_value))
        status: Object = self.finished(name, limit=limit)["status"]
        return status

    def jobs(self, execution_name: str) -> list[Object]:
        """The Jobs of an Execution, in the order of their ids."""
        found = self.all("jobs", f"--selector=asw.dev/execution={execution_name}")
        return sorted(found, key=lambda job: int(job["metadata"]["labels"]["asw.dev/task"]))

    def logs(self, execution_name: str) -> list[str]:
        """Lines of the Execution's tasks, once the kubelet serves them: a second behind the run."""
        return self.logs_of(f"--selector=asw.dev/execution={execution_name}").splitlines()

    def logs_of(self, *options: str) -> str:
        """What kubectl shows of the logs of pods, once the kubelet serves them."""

        def printed() -> str | None:
            text = self.kubectl("logs", "--tail=-1", *options, check=False)
            return None if "Error from server" in text else f"{text}\n"

        return str(self.until("the logs", printed)).removesuffix("\n")

    def logs_of_running(self, selector: str) -> str:
        """The logs of all pods with these labels that run, as soon as one does."""

        def running() -> list[str]:
            pods = self.all("pods", f"--selector={selector}")
            found = [it for it in pods if it["status"].get("phase") == "Running"]
            return [it["metadata"]["name"] for it in found]

        return "\n".join(map(self.logs_of, self.until(f"a pod of {selector}", running)))

    def payload(self, event: Object, field: str) -> str:
        """The JSON text in an event; a large one is kept in an object of its own."""
        if field in event:
            return str(event[field])
        data = self.get("configmap", event[f"{field}Ref"]["name"])["data"]
        return str(data["value"])

    def state(self) -> str:
        """What a person would look at first when a test fails."""
        kinds = "workflows,functions,executions,jobs,deployments,replicasets,pods,events"
        return self.kubectl("get", kinds, "--output=wide")


def function(name: str, source: str, /, **spec: Any) -> Object:
    """A python3 Function whose handler is ``index.main_handler``; ``spec`` adds or replaces."""
    given = {"runtime": "python3", "code": {"inline": {"index.py": source}}, **spec}
    if given["runtime"] == "image":
        del given["code"]
    return _object("Function", name, given)


def workflow(name: str, definition: Any, /, **spec: Any) -> Object:
    """A Workflow of this definition."""
    return _object("Workflow", name, {"definition": definition, **spec})


def execution(name: str, workflow_name: str, input_value: Any = None, /, **spec: Any) -> Object:
    """An Execution, its input given as text so that it arrives exactly."""
    text = json.dumps(input_value, ensure_ascii=False)
    return _object(
        "Execution", name, {"workflowRef": {"name": workflow_name}, "inputText": text, **spec}
    )


def call(function_name: str, **fields: Any) -> Object:
    """A Task state that calls a function; an end state unless ``Next`` is given."""
    state = {"Type": "Task", "Resource": f"asw:function:{function_name}", **fields}
    return state if "Next" in fields else {**state, "End": True}


def one_task(function_name: str, **fields: Any) -> Object:
    """A definition of one Task."""
    return {"StartAt": "task", "States": {"task": call(function_name, **fields)}}


def events(status: Object, type_: str | None = None) -> list[Object]:
    """The history in a status, or its events of one type."""
    return [e for e in events_of(status) if type_ in (None, e["type"])]


def condition(item: Object, type_: str) -> Object:
    """A condition of an object; empty where it has none."""
    conditions = item.get("status", {}).get("conditions", [])
    return next((found for found in conditions if found["type"] == type_), {})


def _object(kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


@pytest.fixture
def space(installed: Cluster, namespace: str) -> Space:
    """A namespace of the test's own, with the operator at work."""
    return Space(installed, namespace)
