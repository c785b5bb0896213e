"""Checks files against what a cluster has: ``asw validate --cluster``.

``references`` and ``judging`` are pure; only ``asking`` calls the cluster.
"""
