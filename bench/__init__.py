"""Measures of the operator on a real cluster, beside bare Jobs of the same image."""
