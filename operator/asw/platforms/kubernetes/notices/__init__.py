"""Kubernetes Events about Executions, Workflows and Functions, for ``kubectl describe``."""
