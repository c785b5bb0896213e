"""Chinese of ``asw start``, ``list``, ``get``, ``logs``, ``watch`` and the cluster's errors."""

MESSAGES: dict[str, str] = {}
