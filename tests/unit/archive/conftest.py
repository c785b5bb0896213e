"""Archives to test with: SQLite in a file, and a real PostgreSQL."""

from tests.support.postgres import archive_url, postgres

__all__ = ["archive_url", "postgres"]
