"""A ResourceQuota that leaves no room: how Kubernetes says it, and what we make of it. Pure."""

from datetime import timedelta

_WORDS = "exceeded quota"
"""Kubernetes: the admission plugin ResourceQuota, in its answer and in events of the Job."""


def is_over_quota(message: str) -> bool:
    """Whether the refusal may pass by itself, when others of the namespace end."""
    return _WORDS in message


def over_quota(message: str, patience: timedelta) -> str:
    """The cause of a task that waited in vain."""
    return (
        f"no room within {patience.total_seconds():g} s: {message}; raise the ResourceQuota, or "
        "run fewer tasks at once (spec.maxActiveTasks of the Workflow)"
    )
