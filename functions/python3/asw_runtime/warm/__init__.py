"""Asks the operator for tasks and hands them to children: the parent of a warm pod.

It runs no user code and does not care what its children are written in: it starts a command that
speaks docs/reference/runtime-protocol.md. What it says to the operator is
docs/reference/warm-contract.md. It stays for as long as the pod does, so small counts more than
quick to start.
"""
