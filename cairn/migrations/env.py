"""Alembic's entry: the connection comes from `cairn.database`."""

from alembic import context

from cairn.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
