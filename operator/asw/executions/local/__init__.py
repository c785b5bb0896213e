"""Executions of this machine's store, through the port ``Runs``, and the session that runs them."""
