"""From a model's SQL to SQL that can only read what it may: an allow-list over the syntax tree.

    text cap -> nesting cap -> parse -> one SELECT or set operation of known parts -> names resolved against the
    visible schema -> text written anew from the tree

Only the new text is ever executed. The database's own barriers (see the engines) stand behind it, since each
layer alone has been got through.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

from sqlglot import ErrorLevel, TokenType, exp
from sqlglot.errors import ParseError, SqlglotError

from cairn.core.clean_text import clean
from cairn.core.errors import SqlRefused
from cairn.databases.guard.guard_dialects import WRITTEN
from cairn.databases.guard.guard_rules import COMPARISONS, ROOTS, Rules, rules_of
from cairn.databases.guard.name_resolution import Names
from cairn.databases.guard.query_size import check_growth, check_length, longest_text
from cairn.databases.linking.schema_text import Schema

MAX_BYTES = 5_000
MAX_NESTING = 40
_READ_ONLY = "Write one SELECT statement over the tables listed."
_OPENING = {TokenType.L_PAREN, TokenType.CASE, TokenType.L_BRACKET}
_CLOSING = {TokenType.R_PAREN, TokenType.END, TokenType.R_BRACKET}
_IN_FROM = (exp.Table, exp.Lateral)

# It would print what it can't read, which is the user's, on standard error.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Checked:
    """`sql` may be executed; it reads `tables` (lower case); `notices` tell what was read otherwise than written."""

    sql: str
    tables: frozenset[str]
    notices: tuple[str, ...]


def check(sql: str, schema: Schema) -> Checked:
    """`sql` rewritten so that it can only read `schema`. Raises SqlRefused, saying what to correct."""
    rules = rules_of(schema.dialect)
    if len(sql.encode("utf-8", "replace")) > MAX_BYTES:
        raise SqlRefused(f"The query has more than {MAX_BYTES} bytes.", "Write a shorter one.")
    sql = clean(sql)
    try:
        tree = read(sql, rules)
        names = Names(schema, rules, sql)
        tree = names.resolve(tree)
        text = tree.sql(dialect=rules.dialect, comments=False, unsupported_level=ErrorLevel.RAISE)
    except RecursionError:
        raise SqlRefused("The query is nested too deeply.", "Write it flatter, with WITH.") from None
    except SqlglotError as error:
        raise SqlRefused(f"The query can't be read as {rules.title}: {_first_line(error)}.", _READ_ONLY) from None
    return Checked(text, frozenset(names.tables), (*names.notices, *rules.remarks(tree)))


def read(sql: str, rules: Rules) -> exp.Expr:
    """The tree of the one query in `sql`, of known parts only; its names are not looked at yet.

    Raises SqlRefused, SqlglotError, RecursionError.
    """
    tree = _parse(sql, rules)
    rules.prepare(tree)
    _check_parts(tree, rules)
    check_growth(tree)
    return tree


def _parse(sql: str, rules: Rules) -> exp.Expr:
    statements = [tree for tree in _statements(sql, rules) if tree is not None]
    statements = [tree for tree in statements if not isinstance(tree, exp.Semicolon)]
    if not statements:
        raise SqlRefused("There is no query.", _READ_ONLY)
    if len(statements) > 1:
        raise SqlRefused("There is more than one statement.", _READ_ONLY)
    tree = statements[0]
    while isinstance(tree, exp.Subquery) and all(not value for key, value in tree.args.items() if key != "this"):
        tree = tree.this
    if not isinstance(tree, ROOTS):
        raise SqlRefused("Only a SELECT can be run; this database is read only.", _READ_ONLY)
    return tree


def _statements(sql: str, rules: Rules) -> list[exp.Expr | None]:
    dialect = rules.dialect()
    tokens = dialect.tokenize(sql)
    depth = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth > MAX_NESTING:
            raise SqlRefused(f"The query is nested more than {MAX_NESTING} deep.", "Write it flatter, with WITH.")
    try:
        return dialect.parser(error_level=ErrorLevel.RAISE).parse(tokens, sql)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # sqlglot stumbles over some texts that are far from SQL
        raise ParseError("it is not SQL") from error


def _first_line(error: SqlglotError) -> str:
    """sqlglot's message without the terminal colours around the place."""
    plain = re.sub(r"\x1b\[\d+m", "", str(error))
    return " ".join(plain.split())[:200].rstrip(".")


def _check_parts(tree: exp.Expr, rules: Rules) -> None:
    longest = longest_text(tree, rules)
    for node in tree.walk():
        kind = type(node)
        if kind not in rules.nodes:
            raise SqlRefused(f"{_what(node)} is not allowed in a query.", _READ_ONLY)
        if kind in rules.parts:
            _check_arguments(node, rules.parts[kind])
        if isinstance(node, COMPARISONS):
            _check_brackets(node)
        if isinstance(node, exp.Anonymous):
            _check_function(node, rules, longest)
        elif isinstance(node, exp.DataType) and node.this not in rules.types:
            raise SqlRefused(f"The type {node.sql()} is not known here.", rules.hint)
        elif isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
            _check_table_function(node.this, rules)
        elif isinstance(node, exp.Var) and node.arg_key != "exclude" and node.name.lower() not in rules.words:
            raise SqlRefused(f"{node.name[:60]} is not known here.", "Leave it out, or write it in quotes.")
        elif isinstance(node, exp.Literal) and not node.is_string:
            _check_number(node)


def _check_arguments(node: exp.Expr, allowed: frozenset[str]) -> None:
    for part, value in node.args.items():
        if value and part not in allowed:
            raise SqlRefused(f"{part.strip('_').upper()} is not allowed in a query.", _READ_ONLY)


def _check_brackets(node: exp.Expr) -> None:
    """`a < b < c` and `a = b IS NOT NULL` are read differently by sqlglot, SQLite and people: refused.

    What a comparison stands under may be AND, OR, NOT or anything but another comparison or an operator.
    """
    parent = node.parent
    if isinstance(parent, exp.Paren) and not parent.meta.get(WRITTEN) and not isinstance(parent.parent, exp.Is):
        node, parent = parent, parent.parent
    plain = isinstance(parent, exp.Connector | exp.Not | exp.Filter) or not isinstance(
        parent, (*COMPARISONS, exp.Binary, exp.Unary)
    )
    if isinstance(parent, exp.Paren | exp.Escape) or plain or (isinstance(parent, exp.In) and node.arg_key != "this"):
        return
    raise SqlRefused("A comparison stands inside another one.", "Put brackets around it, or write a < b AND b < c.")


def _what(node: exp.Expr) -> str:
    if isinstance(node, exp.Func):
        return f"The function {node.sql_name()}"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()


def _check_table_function(node: exp.Expr, rules: Rules) -> None:
    if isinstance(node, exp.JSONTable):
        return
    if not isinstance(node, exp.Anonymous) or node.name.lower() not in rules.table_functions:
        raise SqlRefused(f"{node.sql(dialect=rules.dialect)[:60]} is not a table.", _READ_ONLY)


def _check_function(node: exp.Anonymous, rules: Rules, longest: int) -> None:
    name = node.this.lower() if isinstance(node.this, str) else ""
    if name not in rules.functions and not (name in rules.table_functions and isinstance(node.parent, _IN_FROM)):
        raise SqlRefused(f"The function {node.name[:60]} is not allowed.", f"Use {rules.title}'s common ones.")
    if rules.format and name in ("printf", "format"):
        pattern = node.expressions[0] if node.expressions else None
        if not (isinstance(pattern, exp.Literal) and pattern.is_string and rules.format.fullmatch(pattern.this)):
            raise SqlRefused(f"{name}() needs a plain format.", "Write it like printf('%.2f', x), format('%s', x).")
    if name in rules.sized:
        check_length(node, name, rules, longest)


def _check_number(node: exp.Literal) -> None:
    if not re.fullmatch(r"[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)?", node.this):
        raise SqlRefused(f"{node.this[:40]!r} is not a number.", "Write numbers in decimals.")
