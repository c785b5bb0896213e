"""Work that may cost too much, done by processes that may die of it: time and memory are bounded.

What the work is, its jobs know; must not know states, executions or Kubernetes.
"""
