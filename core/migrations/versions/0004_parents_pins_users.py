"""Runs' parents and processes, what is pinned or marked as deleted, and whose each document is."""

import sqlalchemy as sa
from alembic import context, op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("runs", sa.Column("parent", sa.String(length=32), nullable=True))
    op.execute("ALTER TABLE runs RENAME COLUMN owner TO process")  # Alembic would copy the table, SQLite need not
    for table in ("threads", "sources"):
        op.add_column(table, sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
        op.add_column(table, sa.Column("deleted_at", sa.Float(), nullable=True))
    op.add_column("sources", sa.Column("user", sa.String(length=200), nullable=False, server_default="local"))
    of_the_home = sa.text('UPDATE sources SET "user" = :user')
    op.execute(of_the_home.bindparams(user=context.config.attributes.get("user", "local")))
    op.create_index(op.f("ix_sources_user"), "sources", ["user"], unique=False)
