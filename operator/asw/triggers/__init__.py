"""Triggers: events, which of them start a run, and with which input. Pure."""
