"""Measures of the engine alone: no cluster, no processes of tasks, in virtual time."""
