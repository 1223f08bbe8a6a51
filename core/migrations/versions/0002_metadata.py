"""What is known of a document, its text in a table of its own, its tags, and each passage's part of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "texts",
        sa.Column("source_id", ID, nullable=False, autoincrement=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sections", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id"),
    )
    op.create_table(
        "source_tags",
        sa.Column("source_id", ID, nullable=False, autoincrement=False),
        sa.Column("tag", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id", "tag"),
    )
    op.create_index(op.f("ix_source_tags_tag"), "source_tags", ["tag"], unique=False)
    op.execute("INSERT INTO texts (source_id, text) SELECT id, text FROM sources WHERE state = 'ready'")
    op.drop_column("sources", "text")
    op.add_column("sources", sa.Column("author", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("date", sa.String(length=10), nullable=True))
    op.add_column("sources", sa.Column("language", sa.String(length=16), nullable=True))
    op.add_column("sources", sa.Column("notice", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("stamp", sa.String(length=80), nullable=False, server_default=""))
    op.create_index(op.f("ix_sources_date"), "sources", ["date"], unique=False)
    for name in ("parent_start", "parent_end"):
        op.add_column("chunks", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.execute('UPDATE chunks SET parent_start = start, parent_end = "end"')
