"""Executions wherever they are: on a cluster, in this machine's store, in an exported file."""
