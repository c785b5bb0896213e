"""Changes of the archive's tables, in alembic's form; each leaves the rows that are there."""
