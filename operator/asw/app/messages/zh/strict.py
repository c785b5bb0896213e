"""Chinese of ``asw validate --strict``."""

MESSAGES: dict[str, str] = {}
