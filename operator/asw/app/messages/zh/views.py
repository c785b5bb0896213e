"""Chinese of ``asw history``, ``graph``, and the live view."""

MESSAGES: dict[str, str] = {}
