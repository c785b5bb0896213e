"""Where executions run: the ``Platform`` port on Kubernetes, and on one machine."""
