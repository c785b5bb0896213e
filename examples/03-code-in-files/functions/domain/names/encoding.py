"""Names of domains in other alphabets (RFC 5891)."""

import idna


class BadName(ValueError):
    """The text is no name of a domain."""


def encoded(name: str) -> str:
    """The name in letters, digits and dashes. Raises BadName."""
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError as error:
        raise BadName(str(error)) from error
