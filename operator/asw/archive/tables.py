"""The tables as the store's statements name them; migrations make them."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB

_TEXT_MAP: Final = JSON().with_variant(JSONB(), "postgresql")

METADATA: Final = MetaData()
RUNS: Final = Table(
    "asw_runs",
    METADATA,
    Column("uid", String, primary_key=True),
    Column("namespace", String, nullable=False),
    Column("name", String, nullable=False),
    Column("workflow", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("error", String),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("labels", _TEXT_MAP, nullable=False),
    Column("fields", _TEXT_MAP, nullable=False),
    Column("is_private", Boolean, nullable=False),
)
"""What runs are found by: the attributes of ``ArchivedRun``."""
BUNDLES: Final = Table(
    "asw_bundles",
    METADATA,
    Column("uid", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""What they were. A table of its own, so that lists read small rows."""
TAILS: Final = Table(
    "asw_log_tails",
    METADATA,
    Column("namespace", String, primary_key=True),
    Column("task_uid", String, primary_key=True),
    Column("ordinal", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempt", BigInteger, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("is_cut", Boolean, nullable=False),
    Column("lost", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""The attributes of ``Tail``, with the ``size`` of what ``content`` unpacks to."""
