"""Chinese of ``asw validate``."""

MESSAGES: dict[str, str] = {}
