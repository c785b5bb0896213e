"""Executions as objects: status, pages, sealed history, inputs."""
