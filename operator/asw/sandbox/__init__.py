"""Costly work, done by processes that may die of it: time and memory are bounded.

The jobs know what the work is; this package must not know states, executions or Kubernetes.
"""
