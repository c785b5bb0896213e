"""Chinese of ``asw why``, ``export``, ``replay``."""

MESSAGES: dict[str, str] = {}
