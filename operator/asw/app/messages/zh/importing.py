"""Chinese of ``asw init`` and ``asw import``."""

MESSAGES: dict[str, str] = {}
