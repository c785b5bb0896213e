"""Triggers: what they want, which ends of Executions concern them, and the runs that they start."""
