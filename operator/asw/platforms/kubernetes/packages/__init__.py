"""Packages of Functions: a volume in each namespace, and an environment in it for each lock."""
