"""What `cairn db add` says of a database in which nothing can be read."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url

from cairn.databases.database_registry import Registered
from cairn.ui.cli.run_db import without_tables


def registered(url: str, *hidden: str) -> Registered:
    return Registered("w", url, make_url(url).get_backend_name(), sample=False, hidden=hidden, used=True)


@pytest.mark.parametrize(
    ("url", "role", "statement"),
    [
        ("postgresql://ann:***@h/x", "ann", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO ann;"),
        (
            "postgresql://Ann@h/x?schema=My%20Own",
            "Ann",
            'GRANT SELECT ON ALL TABLES IN SCHEMA "My Own" TO "Ann";',
        ),
        ("mysql://ann:***@h/crm", "ann", "GRANT SELECT, SHOW VIEW ON crm.* TO 'ann'@'%';"),
        ("mysql://ann@h/c-rm", "ann", "GRANT SELECT, SHOW VIEW ON `c-rm`.* TO 'ann'@'%';"),
    ],
)
def test_of_a_server_the_role_and_the_statement_are_named(url: str, role: str, statement: str) -> None:
    said = without_tables(registered(url))
    assert f"no tables that the role {role} may read" in said
    assert statement in said
    assert ("?schema=NAME" in said) == url.startswith("postgresql")


def test_a_file_may_get_its_tables_later() -> None:
    assert "no tables yet" in without_tables(registered("sqlite:////shop.db"))


def test_what_is_hidden_is_not_mended_by_a_grant() -> None:
    said = without_tables(registered("postgresql://ann@h/x", "salaries"))
    assert "hidden: salaries" in said
    assert "GRANT" not in said
