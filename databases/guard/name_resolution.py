"""Names in a query: each column and table must be one of the visible schema, in its scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from cairn.core.errors import SqlRefused
from cairn.core.name_matching import nearest_names
from cairn.databases.guard.guard_rules import Rules
from cairn.databases.guard.query_scopes import (
    READ,
    Scope,
    Source,
    declared,
    identifier,
    is_star,
    joins,
    leftmost,
    narrow,
)
from cairn.databases.linking.schema_text import Schema
from cairn.databases.sql_text import name_hint

_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery)
_WITH_QUERIES = (*_QUERIES, exp.Values)
Ctes = Mapping[str, Source]


class Names:
    """Resolves one query's names; collects the real `tables` it reads, and as `notices` what was read otherwise
    than it was written.

    A table of which some columns are hidden is read as a subquery of the others: what is hidden has no name then, by
    whichever rules the database looks for one (whole rows, `*`, NATURAL JOIN, aliases).
    """

    def __init__(self, schema: Schema, rules: Rules, text: str) -> None:
        self._schema = schema
        self._rules = rules
        self._text = text
        self.tables: set[str] = set()
        self.notices: dict[str, None] = {}

    def resolve(self, tree: exp.Expr) -> exp.Expr:
        """The tree with every name known. Raises SqlRefused naming the nearest real names."""
        self._query(tree, None, {})
        for node in tree.find_all(exp.Table, exp.Column):
            if not node.meta.get(READ):
                raise SqlRefused(f"{node.sql()[:60]} stands where it can't be understood.", "Write it more plainly.")
        return tree

    def _query(self, node: exp.Expr, parent: Scope | None, ctes: Ctes) -> tuple[str, ...]:
        """The query's output columns, after everything in it is resolved."""
        ctes = self._with(node, parent, ctes)
        if isinstance(node, exp.Select):
            return self._select(node, Scope(ctes, parent))
        if isinstance(node, exp.SetOperation):
            columns = self._query(node.this, parent, ctes)
            self._query(node.expression, parent, ctes)
        elif isinstance(node, exp.Values):
            columns = self._values(node, Scope(ctes, parent))
        else:
            columns = self._query(node.this, parent, ctes) if isinstance(node.this, _WITH_QUERIES) else ()
        scope = Scope(ctes, parent, {"": Source("", columns)})
        for part in ("order", "limit", "offset"):
            self._visit(node.args.get(part), scope)
        return columns

    def _with(self, node: exp.Expr, parent: Scope | None, ctes: Ctes) -> Ctes:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        known = dict(ctes)
        recursive = bool(clause.args.get("recursive")) or self._rules.implicit_recursion
        for cte in clause.expressions:
            if [other.alias.lower() for other in clause.expressions].count(cte.alias.lower()) > 1:
                raise SqlRefused(f"Two WITH queries are called {cte.alias}.", "Give each a name of its own.")
            if not isinstance(cte.this, _WITH_QUERIES):
                raise SqlRefused(f"WITH {cte.alias} is not a SELECT.", "Write SELECT statements only.")
            names = tuple(column.name for column in cte.args["alias"].columns)
            own = cte.args["alias"].this
            if recursive and isinstance(cte.this, exp.SetOperation):  # its first part gives the columns
                first = names or self._query(leftmost(cte.this), parent, known)
                known[cte.alias.lower()] = Source(cte.alias, first, own)
            columns = self._query(cte.this, parent, known)
            if names and len(names) != len(columns) and columns:
                raise SqlRefused(f"WITH {cte.alias} names {len(names)} columns but selects {len(columns)}.", None)
            known[cte.alias.lower()] = Source(cte.alias, names or columns, own)
        return known

    def _select(self, node: exp.Select, scope: Scope) -> tuple[str, ...]:
        start, distinct = node.args.get("from_"), node.args.get("distinct")
        if not node.expressions and (distinct or not start):  # `SELECT DISTINCT AS` is read as one, and written without
            raise SqlRefused("A SELECT names no column.", "Write what it selects: columns, or `*`.")
        if start:
            self._add_source(start.this, scope)
        self._add_joins(joins(node), scope)
        for projection in node.expressions:
            if is_star(projection):
                projection.meta[READ] = True
                if isinstance(projection, exp.Column):
                    self._qualified(projection, scope)
            else:
                self._visit(projection, scope)
        columns = tuple(name for projection in node.expressions for name in self._outputs(projection, scope))
        scope.aliases = {p.alias.lower() for p in node.expressions if isinstance(p, exp.Alias)}
        for part in ("distinct", "where", "group", "having", "windows", "order", "limit", "offset"):
            self._visit(node.args.get(part), scope)
        return columns

    def _add_joins(self, joined: list[exp.Expr], scope: Scope) -> None:
        for join in joined:
            self._add_source(join.this, scope)
        for join in joined:
            names: list[exp.Identifier] = list(join.args.get("using") or ())
            for name in names:
                found = scope.find(name.name)
                if found is None:
                    raise self._unknown(name.name, scope)
                if self._rules.stored_names and found != name.name:
                    name.replace(identifier(found, self._rules))
            self._visit(join.args.get("on"), scope)

    def _add_source(self, node: exp.Expr, scope: Scope) -> None:
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not node.alias:  # brackets of a join
            self._add_source(node.this, scope)
            self._add_joins(joins(node), scope)
            return
        alias, columns, joined = node.alias, declared(node), joins(node)
        source = self._source(node, scope)
        if (alias or source.name).lower() in scope.sources and self._rules.stored_names:
            raise SqlRefused(f"Two tables are called {alias or source.name} here.", "Give each an alias of its own.")
        scope.add(alias or source.name, source.renamed(columns))
        self._add_joins(joined, scope)

    def _source(self, node: exp.Expr, scope: Scope) -> Source:
        alias = node.args["alias"].this if isinstance(node.args.get("alias"), exp.TableAlias) else None
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            return self._table(node, scope, alias)
        if isinstance(node, exp.Table | exp.Lateral) and isinstance(node.this, exp.Anonymous):
            node.meta[READ] = True
            self._visit(node.this.expressions, scope)
            name = node.this.name.lower()
            columns = self._rules.table_functions[name] or (node.alias or name,)
            ordinality = ("ordinality",) if node.args.get("ordinality") else ()
            whole = frozenset({(node.alias or name).lower()})  # of one column, a whole row is its value
            return Source(node.alias or name, (*columns, *ordinality), alias, whole)
        if isinstance(node, exp.Table) and isinstance(node.this, exp.JSONTable):
            node.meta[READ] = True
            self._visit(node.this.this, scope)
            columns = tuple(column.name for column in node.this.args["schema"].expressions)
            return Source(node.alias, columns, alias)
        if isinstance(node, exp.Unnest):
            self._visit(node.expressions, scope)
            offset = node.args.get("offset")
            place = (offset.name if isinstance(offset, exp.Identifier) else "ordinality",) if offset else ()
            return Source(node.alias or "unnest", (*(declared(node) or (node.alias or "unnest",)), *place), alias)
        if isinstance(node, exp.Values):
            return Source(node.alias, self._values(node, scope), alias)
        if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
            return Source(node.alias, self._query(node.this, scope, scope.ctes), alias)
        if isinstance(node, exp.Subquery) and isinstance(node.this, _WITH_QUERIES):
            return Source(node.alias, self._query(node, scope.parent, scope.ctes), alias)
        raise SqlRefused(f"{node.sql()[:60]} can't stand in FROM.", "Select from the tables listed.")

    def _values(self, node: exp.Values, scope: Scope) -> tuple[str, ...]:
        self._visit(node.expressions, scope)
        first = node.expressions[0]
        count = len(first.expressions) if isinstance(first, exp.Tuple) else 1
        return tuple(f"column{number + 1}" for number in range(count))

    def _table(self, node: exp.Table, scope: Scope, alias: exp.Identifier | None) -> Source:
        name, database = node.name, node.db
        if database and database.lower() != (self._schema.namespace or "").lower():
            raise SqlRefused(f"{database}.{name} is in another database.", "Write the table's name alone.")
        cte = None if database else scope.ctes.get(name.lower())
        first_read = not node.meta.get(READ)
        node.meta[READ] = True
        if cte is not None:
            if self._rules.stored_names and cte.identifier is not None:
                node.set("this", cte.identifier.copy())
            return Source(name, cte.columns, alias or cte.identifier)
        spelled = (table for table in self._schema.tables if table.name == name)
        table = next(spelled, self._schema.by_name.get(name.lower()))
        if table is None:
            names = [table.name for table in self._schema.tables]
            raise SqlRefused(f"There is no table {name!r}.", name_hint(name, [*names, *scope.ctes], "The tables are"))
        if name.lower() not in scope.ctes:
            node.set("db", None)
        if self._rules.stored_names and table.name != name:
            node.set("this", identifier(table.name, self._rules))
        self.tables.add(name.lower())
        partial = name.lower() in self._schema.partial
        source = Source(
            table.name,
            tuple(column.name for column in table.columns),
            alias or identifier(table.name, self._rules),
            self._rules.pseudo_columns if table.rowid and not partial else frozenset(),
            frozenset(column.name for column in table.columns if column.references),
        )
        if partial and first_read:
            narrow(node, [identifier(column, self._rules) for column in source.columns], source.identifier)
        return source

    def _outputs(self, projection: exp.Expr, scope: Scope) -> list[str]:
        if isinstance(projection, exp.Star):
            return [name for source in scope.sources.values() for name in source.columns]
        if is_star(projection):
            alias = projection.args["table"].name.lower()
            levels = [level for level in scope.chain() if alias in level.sources]
            return [name for level in levels[:1] for name in level.sources[alias].columns]
        return [projection.alias_or_name or projection.key or projection.sql(dialect=self._rules.dialect)]

    def _visit(self, start: exp.Expr | Iterable[exp.Expr] | None, scope: Scope) -> None:
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

    def _column(self, node: exp.Column, scope: Scope) -> None:
        if node.db and node.db.lower() != (self._schema.namespace or "").lower():
            raise SqlRefused(f"{node.db}.{node.table} is in another database.", "Write table.column.")
        if isinstance(node.this, exp.Star):
            raise SqlRefused(f"{node.sql()[:60]} stands for a whole row.", "Name its columns.")
        node.set("db", None)
        node.meta[READ] = True
        if node.table:
            self._qualified(node, scope)
            return
        for level in scope.chain():
            found = level.find(node.name)
            if found is not None:
                self._store(node, found)
                return
            if node.name.lower() in level.aliases:
                return
        if not (self._rules.strings_in_double_quotes and self._in_double_quotes(node)):
            raise self._unknown(node.name, scope)
        self._as_text(node, scope)

    def _store(self, node: exp.Column, name: str) -> None:
        if self._rules.stored_names and node.name != name:
            node.set("this", identifier(name, self._rules))

    def _qualified(self, node: exp.Column, scope: Scope) -> None:
        for level in scope.chain():
            source = level.sources.get(node.table.lower())
            if source is None:
                continue
            if self._rules.stored_names and source.identifier is not None:
                node.set("table", source.identifier.copy())
            if isinstance(node.this, exp.Star):
                return
            found = source.find(node.name)
            if found is not None:
                self._store(node, found)
                return
            hint = name_hint(node.name, source.columns, f"{node.table} has the columns")
            raise SqlRefused(f"There is no column {node.name!r} in {node.table!r}.", hint)
        known = [alias for level in scope.chain() for alias in level.sources if alias]
        raise SqlRefused(f"There is no table {node.table!r} in this FROM.", name_hint(node.table, known, "It has"))

    def _in_double_quotes(self, node: exp.Column) -> bool:
        start = node.this.meta.get("start")
        return bool(node.this.args.get("quoted")) and start is not None and self._text[start : start + 1] == '"'

    def _as_text(self, node: exp.Column, scope: Scope) -> None:
        near = nearest_names(node.name, scope.columns(), least=0.8)
        meant = f" (or was {near[0]!r} meant?)" if near else ""
        self.notices[f'"{node.name}" is not a column here: it was read as the text {node.name!r}{meant}.'] = None
        node.replace(exp.Literal.string(node.name))

    def _unknown(self, name: str, scope: Scope) -> SqlRefused:
        owners = [table.name for table in self._schema.tables if name.lower() in table.by_name]
        if owners:
            return SqlRefused(
                f"There is no column {name!r} in these tables.", f"{', '.join(owners[:5])} has one: join it."
            )
        return SqlRefused(f"There is no column {name!r}.", name_hint(name, scope.columns(), "The columns are"))
