"""The verbs that act on executions: stop, suspend, resume, redrive, rerun.

``refusing`` and ``ordering`` decide and are pure; ``choosing`` and ``confirming`` ask the place and
the person; ``verbs`` acts, through the port alone.
"""
