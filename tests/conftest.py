"""Fixtures for all tests; none of them does anything before a test asks for it."""

from tests.support.cluster import cluster, namespace

__all__ = ["cluster", "namespace"]
