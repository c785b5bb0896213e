"""Make the tables of runs and bundles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make tables, and an index for each order that lists are read in."""
    text_map = sa.JSON().with_variant(JSONB(), "postgresql")
    op.create_table(
        "asw_runs",
        sa.Column("uid", sa.String, primary_key=True),
        *(sa.Column(it, sa.String, nullable=False) for it in ("namespace", "name")),
        *(sa.Column(it, sa.String, nullable=False) for it in ("workflow", "phase")),
        sa.Column("error", sa.String),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        *(sa.Column(it, text_map, nullable=False) for it in ("labels", "fields")),
        sa.Column("is_private", sa.Boolean, nullable=False),
    )
    op.create_table(
        "asw_bundles",
        sa.Column("uid", sa.String, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_index("asw_runs_ended", "asw_runs", ["ended_at", "uid"])
    for first in ("namespace", "workflow", "phase", "error", "name"):
        columns = ["namespace"] if first == "namespace" else ["namespace", first]
        op.create_index(f"asw_runs_{first}", "asw_runs", [*columns, "ended_at", "uid"])
    if op.get_bind().dialect.name == "postgresql":
        for each in ("labels", "fields"):
            op.create_index(f"asw_runs_{each}", "asw_runs", [each], postgresql_using="gin")
        # Bundles are compressed: to try again would only cost time.
        op.execute("ALTER TABLE asw_bundles ALTER COLUMN content SET STORAGE EXTERNAL")
