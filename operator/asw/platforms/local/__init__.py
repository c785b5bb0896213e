"""The ``Platform`` port on one machine: SQLite in a folder, functions as warm subprocesses.

Must not know Kubernetes.
"""
