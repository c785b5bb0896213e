"""Warm functions: pods that ask for tasks, and the Deployments that keep them."""
