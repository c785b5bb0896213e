"""Make the table of what is kept of tasks' logs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make it, with an index to read a run's by, and one to remove old ones by."""
    op.create_table(
        "asw_log_tails",
        *(sa.Column(it, sa.String, primary_key=True) for it in ("namespace", "task_uid")),
        sa.Column("ordinal", sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(it, sa.String, nullable=False) for it in ("uid", "state")),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.BigInteger, nullable=False),
        sa.Column("is_cut", sa.Boolean, nullable=False),
        sa.Column("lost", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    place = ["namespace", "uid", "ordinal", "task_uid"]
    op.create_index("asw_log_tails_run", "asw_log_tails", place)
    op.create_index("asw_log_tails_taken", "asw_log_tails", ["taken_at"])
    if op.get_bind().dialect.name == "postgresql":
        # They are compressed: to try again would only cost time.
        op.execute("ALTER TABLE asw_log_tails ALTER COLUMN content SET STORAGE EXTERNAL")
