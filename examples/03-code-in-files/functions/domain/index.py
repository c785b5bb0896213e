"""The handler: a name as the DNS knows it."""

from names.encoding import encoded


def main_handler(event, context):
    """Encode one name; a bad one is an error that the workflow catches."""
    return encoded(event)
