"""What verbs that act on executions share; each verb itself is in ``commands``.

``refusing`` decides and is pure; ``actor`` and ``waiting`` act through the port; ``confirming``
asks the user; ``local_work`` and ``storing`` are for this machine alone.
"""
