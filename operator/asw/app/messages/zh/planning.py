"""Chinese of ``asw plan``."""

MESSAGES: dict[str, str] = {}
