from __future__ import annotations

import pytest

from cairn.databases.connections.mysql_catalog import excess, reads, roles
from cairn.databases.connections.privileges import Rights, refusal
from cairn.databases.linking.schema_text import Column, Schema, Table

SCHEMA = Schema(
    "postgres",
    (
        Table("customers", (Column("id", "integer"), Column("Full Name", "text"), Column("password", "text"))),
        Table("secrets", (Column("token", "text"),)),
        Table("names", (Column("id", "integer"),), view=True, reads=frozenset({"customers", "customers.id"})),
        Table("leaky", (Column("p", "text"),), view=True, reads=frozenset({"customers", "customers.password"})),
    ),
)


def statements(dialect: str, hidden: tuple[str, ...], *excess: tuple[str, str | None, bool]) -> list[str]:
    rights = Rights(dialect, "ann", "Shop", "public", excess)
    return [line.strip() for line in str(refusal(rights, SCHEMA, hidden).hint).splitlines()[1:]]


def test_a_refusal_proposes_grants_for_this_very_database() -> None:
    assert statements("postgres", (), ("is a superuser", None, False)) == [
        "CREATE ROLE cairn_reader LOGIN PASSWORD '…';",
        'GRANT CONNECT ON DATABASE "Shop" TO cairn_reader;',
        "GRANT USAGE ON SCHEMA public TO cairn_reader;",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO cairn_reader;",
        "ALTER ROLE cairn_reader SET default_transaction_read_only = on;",
    ]


def test_what_is_hidden_is_left_out_of_the_grants() -> None:
    hidden = ("secrets", "customers.password")
    granted = [line for line in statements("postgres", hidden) if line.startswith("GRANT SELECT")]
    assert granted == [
        'GRANT SELECT (id, "Full Name") ON public.customers TO cairn_reader;',
        "GRANT SELECT ON public.names TO cairn_reader;",
    ]
    assert statements("mysql", hidden)[1:] == [
        "GRANT SELECT (`id`, `Full Name`) ON `Shop`.`customers` TO 'cairn_reader'@'%';",
        "GRANT SELECT, SHOW VIEW ON `Shop`.`names` TO 'cairn_reader'@'%';",
    ]


def test_a_word_of_the_language_is_quoted_in_a_grant() -> None:
    schema = Schema("postgres", (Table("order", (Column("id", "integer"), Column("user", "text"))),))
    rights = Rights("postgres", "ann", "shop", "public", (("is a superuser", None, False),))
    proposed = str(refusal(rights, schema, ("order.id",)).hint)
    assert 'GRANT SELECT ("user") ON public."order" TO cairn_reader;' in proposed


def test_what_everybody_may_do_is_taken_from_everybody() -> None:
    found = statements("postgres", (), ("may create in the schema", "public", True), ("may replicate", None, False))
    assert "REVOKE CREATE ON SCHEMA public FROM PUBLIC;" in found
    assert len([line for line in found if line.startswith("REVOKE")]) == 1


@pytest.mark.parametrize(
    ("grant", "found"),
    [
        ("GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*1'", []),
        ("GRANT SELECT, SHOW VIEW ON `shop`.* TO `a`@`%`", []),
        ("GRANT SELECT (`a`, `b`) ON `shop`.`t` TO `a`@`%`", []),
        (
            "GRANT SELECT (`a`), INSERT (`a`, `b`), DELETE ON `s`.`t` TO `a`@`%`",
            [("INSERT", "`s`.`t`"), ("DELETE", "`s`.`t`")],
        ),
        ("GRANT ALL PRIVILEGES ON *.* TO `a`@`%`", [("ALL PRIVILEGES", "*.*")]),
        ("GRANT EXECUTE ON PROCEDURE `s`.`p` TO `a`@`%`", [("EXECUTE", "PROCEDURE `s`.`p`")]),
        ("GRANT SELECT ON `s`.* TO `a`@`%` WITH GRANT OPTION", [("GRANT OPTION", "`s`.*")]),
        ("GRANT PROXY ON ''@'%' TO 'root'@'localhost'", [("PROXY", "''@'%'")]),
    ],
)
def test_a_grant_is_read_for_what_goes_beyond_reading(grant: str, found: list[tuple[str, str]]) -> None:
    assert excess(grant) == found
    assert roles(grant) == []


def test_a_granted_role_is_recognised() -> None:
    assert roles("GRANT `writers` TO `a`@`%`") == ["`writers`"]
    assert excess("GRANT `writers` TO `a`@`%`") == []


def test_a_view_whose_text_is_hidden_or_calls_a_function_may_read_anything() -> None:
    assert reads("", {"t"}) == reads(None, {"t"}) == reads("select `s`.`f`(`t`.`a`) from `t`", {"t"}) == [[None, None]]
    found = reads("select `x`.`a` AS `b` from `s`.`t` `x`", {"t", "u"})
    assert ["t", "a"] in found
    assert ["t", None] in found
    assert not any(table == "u" for table, _ in found)
