"""Schedules: what they want, when their next turn is, and the runs that they start."""
