"""Archives to test with: SQLite in a file, and a real PostgreSQL."""

from collections.abc import Iterator

import pytest

from asw.archive.store import ArchiveStore
from tests.support.postgres import archive_url, postgres

__all__ = ["archive_url", "postgres"]


@pytest.fixture
def store(archive_url: str) -> Iterator[ArchiveStore]:
    """An empty archive with its tables."""
    made = ArchiveStore(archive_url)
    made.migrate()
    yield made
    made.close()
