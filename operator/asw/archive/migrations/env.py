"""What alembic runs to migrate: on the connection that ``ArchiveStore`` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="asw_version")
with context.begin_transaction():
    context.run_migrations()
