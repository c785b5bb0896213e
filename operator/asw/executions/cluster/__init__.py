"""Executions of a cluster, through the port ``Runs``."""
