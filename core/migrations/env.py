"""Alembic's entry: the connection comes from `cairn.core.app_database`."""

from alembic import context

from cairn.core.app_tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
