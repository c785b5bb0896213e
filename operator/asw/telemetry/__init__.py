"""What is told outside about executions: log lines and traces. Never in the way of a run."""
