"""Names in a query: each column and table must be one of the visible schema, in its scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from sqlglot import exp

from cairn.errors import SqlRefused
from tools.sql.nearest import nearest
from tools.sql.rules import Rules
from tools.sql.schema import Schema

_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery)


@dataclass(frozen=True, slots=True)
class _Source:
    """A table, view, CTE or subquery in FROM. `partial`: some of its columns are hidden."""

    name: str
    columns: tuple[str, ...]
    partial: bool = False
    rowid: bool = False

    def has(self, column: str, pseudo: frozenset[str]) -> bool:
        return column.lower() in (name.lower() for name in self.columns) or (self.rowid and column.lower() in pseudo)


@dataclass(slots=True)
class _Scope:
    """What one SELECT can see; `parent` is the query around it."""

    ctes: Mapping[str, tuple[str, ...]]
    parent: _Scope | None = None
    sources: dict[str, _Source] = field(default_factory=dict[str, _Source])
    aliases: set[str] = field(default_factory=set[str])

    def chain(self) -> Iterator[_Scope]:
        scope: _Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


class Names:
    """Resolves one query's names; collects the real `tables` it reads, and as `notices` what was read otherwise
    than it was written."""

    def __init__(self, schema: Schema, rules: Rules, text: str) -> None:
        self._schema = schema
        self._rules = rules
        self._text = text
        self.tables: set[str] = set()
        self.notices: dict[str, None] = {}

    def resolve(self, tree: exp.Expr) -> exp.Expr:
        """The tree with every name known. Raises SqlRefused naming the nearest real names."""
        self._query(tree, None, {})
        return tree

    def _query(self, node: exp.Expr, parent: _Scope | None, ctes: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """The query's output columns, after everything in it is resolved."""
        ctes = self._with(node, parent, ctes)
        if isinstance(node, exp.Select):
            return self._select(node, _Scope(ctes, parent))
        if isinstance(node, exp.SetOperation):
            columns = self._query(node.this, parent, ctes)
            self._query(node.expression, parent, ctes)
        else:
            columns = self._query(node.this, parent, ctes) if isinstance(node.this, _QUERIES) else ()
        scope = _Scope(ctes, parent, {"": _Source("", columns)})
        for part in ("order", "limit", "offset"):
            self._visit(node.args.get(part), scope)
        return columns

    def _with(
        self, node: exp.Expr, parent: _Scope | None, ctes: Mapping[str, tuple[str, ...]]
    ) -> Mapping[str, tuple[str, ...]]:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        known = dict(ctes)
        for cte in clause.expressions:
            name, declared = cte.alias.lower(), tuple(column.name for column in cte.args["alias"].columns)
            query = cte.this
            if not isinstance(query, _QUERIES):
                raise SqlRefused(f"WITH {cte.alias} is not a SELECT.", "Write SELECT statements only.")
            if isinstance(query, exp.SetOperation):  # it may be recursive: its first part gives the columns
                known[name] = declared or self._query(_leftmost(query), parent, known)
            columns = self._query(query, parent, known)
            if declared and len(declared) != len(columns) and columns:
                raise SqlRefused(f"WITH {cte.alias} names {len(declared)} columns but selects {len(columns)}.", None)
            known[name] = declared or columns
        return known

    def _select(self, node: exp.Select, scope: _Scope) -> tuple[str, ...]:
        start = node.args.get("from_")
        joins: list[exp.Expr] = list(node.args.get("joins") or ())
        for source in [*([start.this] if start else ()), *(join.this for join in joins)]:
            self._add_source(source, scope)
        self._joins(joins, scope)
        self._write_out_stars(node, scope)
        for projection in node.expressions:
            self._visit(projection, scope)
        columns = tuple(name for projection in node.expressions for name in self._outputs(projection, scope))
        scope.aliases = {p.alias.lower() for p in node.expressions if isinstance(p, exp.Alias)}
        for part in ("distinct", "where", "group", "having", "windows", "order", "limit", "offset"):
            self._visit(node.args.get(part), scope)
        return columns

    def _add_source(self, node: exp.Expr, scope: _Scope) -> None:
        if isinstance(node, exp.Table):
            source = self._table(node, scope)
        elif isinstance(node, exp.Values):
            self._visit(node.expressions, scope)
            first = node.expressions[0]
            count = len(first.expressions) if isinstance(first, exp.Tuple) else 1
            source = _Source(node.alias, tuple(f"column{number + 1}" for number in range(count)))
        elif isinstance(node, exp.Subquery) and isinstance(node.this, _QUERIES):
            source = _Source(node.alias, self._query(node, scope.parent, scope.ctes))
        elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not node.alias:
            self._add_source(node.this, scope)
            return
        else:
            raise SqlRefused(f"{node.sql()[:60]} can't stand in FROM.", "Select from the tables listed.")
        alias = node.args.get("alias")
        if isinstance(alias, exp.TableAlias) and alias.columns:
            raise SqlRefused("Columns of a table in FROM can't be renamed.", "Use a WITH clause instead.")
        scope.sources[(node.alias or source.name).lower() or f"({len(scope.sources)})"] = source
        nested: list[exp.Expr] = list(node.args.get("joins") or ())
        for join in nested:
            self._add_source(join.this, scope)
        self._joins(nested, scope)

    def _table(self, node: exp.Table, scope: _Scope) -> _Source:
        name, database = node.name, node.db
        if database and database.lower() != self._rules.default_schema:
            raise SqlRefused(f"{database}.{name} is in another database.", "Write the table's name alone.")
        node.set("db", None)
        if not database and name.lower() in scope.ctes:
            return _Source(name, scope.ctes[name.lower()])
        table = self._schema.by_name.get(name.lower())
        if table is None:
            names = [table.name for table in self._schema.tables]
            raise SqlRefused(f"There is no table {name!r}.", nearest(name, [*names, *scope.ctes], "The tables are"))
        self.tables.add(name.lower())
        columns = tuple(column.name for column in table.columns)
        return _Source(table.name, columns, name.lower() in self._schema.partial, table.rowid)

    def _joins(self, joins: Iterable[exp.Expr], scope: _Scope) -> None:
        for join in joins:
            if join.args.get("method") and any(source.partial for source in scope.sources.values()):
                raise SqlRefused("NATURAL JOIN can't be used on these tables.", "Write JOIN ... ON.")
            for name in join.args.get("using") or ():
                if not any(source.has(name.name, frozenset()) for source in scope.sources.values()):
                    raise self._unknown(name.name, scope)
            self._visit(join.args.get("on"), scope)

    def _write_out_stars(self, node: exp.Select, scope: _Scope) -> None:
        """`*` over a table with hidden columns becomes the list of the visible ones."""
        if not any(source.partial for source in scope.sources.values()):
            return
        written: list[exp.Expr] = []
        for projection in node.expressions:
            starred = _starred(projection, scope)
            if starred is None:
                written.append(projection)
            for alias in starred or ():
                written.extend(exp.column(name, alias, quoted=True) for name in scope.sources[alias].columns)
        node.set("expressions", written)

    def _outputs(self, projection: exp.Expr, scope: _Scope) -> list[str]:
        starred = _starred(projection, scope)
        if starred is not None:
            return [name for alias in starred for name in scope.sources[alias].columns]
        return [projection.alias_or_name or projection.sql(dialect=self._rules.dialect)]

    def _visit(self, start: exp.Expr | Iterable[exp.Expr] | None, scope: _Scope) -> None:
        """Resolve everything below, without recursion for anything but nested queries."""
        if start is None:
            return
        waiting = [start] if isinstance(start, exp.Expr) else list(start)
        while waiting:
            node = waiting.pop()
            if isinstance(node, _QUERIES):
                self._query(node, scope, scope.ctes)
            elif isinstance(node, exp.Column):
                self._column(node, scope)
            elif isinstance(node, exp.Table):
                raise SqlRefused(f"The table {node.name!r} stands where a value should.", "Select from it instead.")
            else:
                waiting.extend(node.iter_expressions())

    def _column(self, node: exp.Column, scope: _Scope) -> None:
        if node.db and node.db.lower() != self._rules.default_schema:
            raise SqlRefused(f"{node.db}.{node.table} is in another database.", "Write table.column.")
        node.set("db", None)
        if node.table:
            self._qualified(node, scope)
        elif not any(self._sees(level, node.name) for level in scope.chain()):
            if not (self._rules.strings_in_double_quotes and self._in_double_quotes(node)):
                raise self._unknown(node.name, scope)
            self._as_text(node, scope)

    def _sees(self, scope: _Scope, name: str) -> bool:
        if name.lower() in scope.aliases:
            return True
        return any(source.has(name, self._rules.pseudo_columns) for source in scope.sources.values())

    def _qualified(self, node: exp.Column, scope: _Scope) -> None:
        for level in scope.chain():
            source = level.sources.get(node.table.lower())
            if source is None:
                continue
            if isinstance(node.this, exp.Star) or source.has(node.name, self._rules.pseudo_columns):
                return
            hint = nearest(node.name, source.columns, f"{node.table} has the columns")
            raise SqlRefused(f"There is no column {node.name!r} in {node.table!r}.", hint)
        known = [alias for level in scope.chain() for alias in level.sources if alias]
        raise SqlRefused(f"There is no table {node.table!r} in this FROM.", nearest(node.table, known, "It has"))

    def _in_double_quotes(self, node: exp.Column) -> bool:
        start = node.this.meta.get("start")
        return bool(node.this.args.get("quoted")) and start is not None and self._text[start : start + 1] == '"'

    def _as_text(self, node: exp.Column, scope: _Scope) -> None:
        near = get_close_matches(node.name.lower(), [name.lower() for name in _columns(scope)], n=1, cutoff=0.8)
        meant = f" (or was {near[0]!r} meant?)" if near else ""
        self.notices[f'"{node.name}" is not a column here: it was read as the text {node.name!r}{meant}.'] = None
        node.replace(exp.Literal.string(node.name))

    def _unknown(self, name: str, scope: _Scope) -> SqlRefused:
        owners = [table.name for table in self._schema.tables if name.lower() in table.by_name]
        if owners:
            return SqlRefused(
                f"There is no column {name!r} in these tables.", f"{', '.join(owners[:5])} has one: join it."
            )
        return SqlRefused(f"There is no column {name!r}.", nearest(name, _columns(scope), "The columns are"))


def _columns(scope: _Scope) -> list[str]:
    return list(dict.fromkeys(name for level in scope.chain() for s in level.sources.values() for name in s.columns))


def _leftmost(query: exp.Expr) -> exp.Expr:
    while isinstance(query, exp.SetOperation):
        query = query.this
    return query


def _starred(projection: exp.Expr, scope: _Scope) -> list[str] | None:
    """The sources whose columns `*` or `t.*` stands for; None for anything else."""
    if isinstance(projection, exp.Star):
        return list(scope.sources)
    if isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star):
        return [alias for alias in scope.sources if alias == projection.table.lower()]
    return None
