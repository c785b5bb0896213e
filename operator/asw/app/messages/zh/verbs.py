"""Chinese of ``asw stop``, ``suspend``, ``resume``, ``redrive``, ``rerun``."""

MESSAGES: dict[str, str] = {}
