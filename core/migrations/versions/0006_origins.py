"""Where each thread was begun."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("threads", sa.Column("origin", sa.String(length=16), nullable=True))
