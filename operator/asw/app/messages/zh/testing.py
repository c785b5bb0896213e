"""Chinese of ``asw test``."""

MESSAGES: dict[str, str] = {}
