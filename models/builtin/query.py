"""A question about one table: what is asked for, as SQL and in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from models.builtin.schema import Column, Table, quote_identifier

Aggregate = Literal["COUNT", "SUM", "AVG", "MIN", "MAX"]


@dataclass(frozen=True)
class Filter:
    """`column operator value`; `value` is SQL already (a number, or a quoted literal), several for IN."""

    column: Column
    operator: str
    values: tuple[str, ...]


@dataclass
class Query:
    """Without `aggregate` rows are listed. `group` may be a column and a period (`year`, `month`)."""

    table: Table
    aggregate: Aggregate | None = None
    column: Column | None = None
    distinct: bool = False
    show: list[Column] = field(default_factory=list[Column])
    filters: list[Filter] = field(default_factory=list[Filter])
    group: Column | None = None
    period: Literal["year", "month"] | None = None
    order: Column | None = None
    descending: bool = True
    limit: int | None = None

    def sql(self) -> str:
        parts = [f"SELECT {self._select()}", f"FROM {self._name(self.table.name)}"]
        if self.filters:
            parts.append("WHERE " + " AND ".join(self._condition(one) for one in self.filters))
        if self.aggregate is None and self.order is not None and self.limit is not None:
            if self.limit == 1:
                return self._extremes(parts)
            parts[2:] = [self._and_not_null(parts[2:])]
        if self.group is not None:
            parts.append(f"GROUP BY {self._group()}")
        if order := self._order():
            parts.append(f"ORDER BY {order}")
        if self.limit is not None:
            parts.append(f"LIMIT {self.limit}")
        return " ".join(parts)

    def _name(self, name: str) -> str:
        return quote_identifier(name, self.table.dialect)

    def _extremes(self, parts: list[str]) -> str:
        """All rows that share the extreme value: one of several equal ones would be chance."""
        name = self._name(self.order.name) if self.order else ""
        extreme = f"SELECT {'MAX' if self.descending else 'MIN'}({name}) {' '.join(parts[1:])}"
        return f"{' '.join(parts)} {'AND' if self.filters else 'WHERE'} {name} = ({extreme})"

    def _and_not_null(self, where: list[str]) -> str:
        """PostgreSQL sorts NULL above every value; the most expensive product has a price."""
        known = f"{self._name(self.order.name)} IS NOT NULL" if self.order else ""
        return f"{where[0]} AND {known}" if where else f"WHERE {known}"

    def _select(self) -> str:
        if self.aggregate is None:
            columns = ", ".join(self._name(column.name) for column in self.show) or "*"
            return f"DISTINCT {columns}" if self.distinct else columns
        text = self._measure()
        return f"{self._group()}, {text}" if self.group is not None else text

    def _measure(self) -> str:
        if self.column is None:
            return "COUNT(*)"
        return f"{self.aggregate}({'DISTINCT ' if self.distinct else ''}{self._name(self.column.name)})"

    def _group(self) -> str:
        name = self._name(self.group.name if self.group else "")
        if self.period is None:
            return name
        if self.table.dialect.lower() == "sqlite":
            return f"SUBSTR({name}, 1, {4 if self.period == 'year' else 7})"
        year = f"EXTRACT(YEAR FROM {name})"
        return year if self.period == "year" else f"{year}, EXTRACT(MONTH FROM {name})"

    def _condition(self, one: Filter) -> str:
        name = self._name(one.column.name)
        if one.operator in ("IN", "NOT IN"):
            return f"{name} {one.operator} ({', '.join(one.values)})"
        if one.operator in ("EMPTY", "FILLED"):
            return self._emptiness(name, one)
        return f"{name} {one.operator} {one.values[0]}"

    @staticmethod
    def _emptiness(name: str, one: Filter) -> str:
        """Nothing is NULL; of texts also the empty one, of figures also zero (`no fine`)."""
        nothing = {"text": "''", "number": "0"}.get(one.column.kind)
        if one.operator == "EMPTY":
            return f"({name} IS NULL OR {name} = {nothing})" if nothing else f"{name} IS NULL"
        return f"{name} <> {nothing}" if nothing else f"{name} IS NOT NULL"

    def _order(self) -> str:
        if self.group is not None and self.limit is not None:
            return f"{self._measure()} {'DESC' if self.descending else 'ASC'}"
        if self.group is not None:
            return self._group()
        if self.order is not None and self.aggregate is None:
            return f"{self._name(self.order.name)}{' DESC' if self.descending else ''}"
        return ""

    def words(self, chinese: bool) -> str:
        """What was understood, to be shown where no answer is given."""
        return (self._chinese if chinese else self._english)()

    def _english(self) -> str:
        names = {"COUNT": "count", "SUM": "sum", "AVG": "average", "MIN": "lowest", "MAX": "highest"}
        text = names[self.aggregate] if self.aggregate else "rows"
        if self.column is not None:
            text += f"{' of different' if self.distinct else ''} `{self.column.name}`"
        text += f" of `{self.table.name}`"
        if self.filters:
            text += " with " + " and ".join(f"`{self._condition(one)}`" for one in self.filters)
        return text + (f" per `{self.group.name}`" if self.group else "")

    def _chinese(self) -> str:
        names = {"COUNT": "数量", "SUM": "总和", "AVG": "平均值", "MIN": "最小值", "MAX": "最大值"}
        text = f"`{self.table.name}` 的"
        if self.filters:
            text += "（条件：" + "，".join(f"`{self._condition(one)}`" for one in self.filters) + "）"
        text += f"`{self.column.name}` " if self.column else ""
        text += names[self.aggregate] if self.aggregate else "记录"
        return text + (f"，按 `{self.group.name}` 分组" if self.group else "")


def literal(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"
