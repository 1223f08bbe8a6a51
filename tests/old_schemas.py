"""App databases as earlier versions left them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

import cairn.core.migrations


def make_old_database(url: str, revision: str, *rows: tuple[str, dict[str, Any]]) -> None:
    """An app database at `url` as of that migration, with these rows, each a table's name and its values."""
    config = Config()
    config.set_main_option("script_location", str(Path(cairn.core.migrations.__file__).parent))
    engine = create_engine(url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for table, values in rows:
            names = ", ".join(f'"{name}"' for name in values)
            into = text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})")
            connection.execute(into, values)
        connection.commit()
    engine.dispose()
