"""The runtime that turns a Python function or a shell script into an asw task.

It knows the task contract (docs/reference/task-contract.md) and nothing of Kubernetes. Every task
pays for its start: modules import little, and what only failures need when one fails.
"""


def heartbeat() -> None:
    """Tell the engine that the task is alive (ASL: HeartbeatSeconds); cheap to call often."""
    from . import signs

    signs.beat()
