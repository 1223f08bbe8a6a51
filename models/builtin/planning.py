"""Plans as a planner's prompt asks for them: independent parts, and the sums over them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.builtin.arithmetic import to_expression, within
from models.builtin.compound import Compound, is_unclear, read_compound
from models.builtin.followup import in_context
from models.builtin.numerals import number_in
from models.builtin.part import manners
from models.builtin.parts import split_question
from models.builtin.phrases import short
from models.builtin.schema import Table
from models.builtin.sql import asks_of_a_name, candidates, plausible
from models.builtin.topic import topic_of
from models.builtin.value import ONE_FIGURE
from models.builtin.words import has_cjk

_REFERENCES = re.compile(r'"(?:\$\d+|[\d\s.()%*/+-])+"')
_HOW_MANY_ZH = re.compile(r"多少|几[个天名位]")


@dataclass
class Part:
    """One part of the question, with the steps that find it: `query` is the step with the SQL, `value` the last."""

    text: str
    steps: list[str] = field(default_factory=list[str])
    value: str | None = None
    query: str | None = None
    compound: Compound | None = None
    operands: list[Part] = field(default_factory=list[Any])
    search: str | None = None
    said: str | None = None


class Planner:
    """The same question and tools always give the same plan, so that the joiner knows which step was for what."""

    def __init__(self, question: str, names: frozenset[str], tables: Sequence[Table], before: str = "") -> None:
        self.chinese = has_cjk(question)
        self.lines: list[str] = []
        self._names = names
        self._tables = tables if "query_database" in names else []
        self.parts = [self._part(part, before) for part in split_question(question)] if question else []

    def _part(self, text: str, before: str) -> Part:
        part = Part(text, said=manners(text))
        asked, wanted = in_context(text, before)
        if part.said:
            return part
        if expression := to_expression(asked) or within(asked):
            if "calculator" in self._names:
                part.value = self._step("calculator", expression=expression)
        elif {"calculator", "read"} <= self._names and (compound := read_compound(asked)):
            self._compound(part, compound)
        elif "calculator" in self._names and is_unclear(asked):
            part.said = "unclear_sum"
        else:
            self._look(part, asked, wanted)
        return part

    def _compound(self, part: Part, compound: Compound) -> None:
        part.compound = compound
        for operand in compound.operands:
            if number_in(operand) is None:
                found = Part(operand)
                self._look(found, _asking(operand), _asking(operand), figure=True)
                part.operands.append(found)
        self._sum(part, compound)

    def _sum(self, part: Part, compound: Compound) -> None:
        found = {one.text: one.value for one in part.operands}
        places = [number_in(operand) or f"${found[operand]}" for operand in compound.operands]
        if all(found.values()):
            part.value = self._step("calculator", expression=compound.form.format(*places))

    def again(self, lost: Sequence[str]) -> None:
        """Figures that the database did not give are looked for in the documents."""
        for part in self.parts:
            missing = [one for one in part.operands if one.query and one.value in lost]
            if part.compound is None or not missing or "search" not in self._names:
                continue
            for one in missing:
                one.query = None
                self._find(one, _asking(one.text))
            self._sum(part, part.compound)

    def _look(self, part: Part, asked: str, wanted: str, figure: bool = False) -> None:
        """In the database, if it is a question for one, else in the documents; there a figure is to be read."""
        chosen = candidates(asked, self._tables)
        fits = bool(chosen) and (plausible(asked, chosen) or asks_of_a_name(asked, chosen))
        if chosen and (fits or "search" not in self._names) and {"describe_tables", "read"} <= self._names:
            self._query(part, f"{asked} {ONE_FIGURE[self.chinese]}" if figure else asked, chosen)
        if "search" in self._names and not figure:
            part.search = self._step("search", query=short(topic_of(wanted) or wanted, 500))
        elif "search" in self._names and part.query is None:
            self._find(part, asked)

    def _find(self, part: Part, asked: str) -> None:
        """A figure, in the documents."""
        part.search = self._step("search", query=short(asked, 500))
        part.value = self._step("read", question=asked, text=f"${part.search}")

    def _query(self, part: Part, asked: str, chosen: Sequence[Table]) -> None:
        tables = [table for table in chosen if table.database == chosen[0].database]
        several = len({table.database for table in self._tables}) > 1
        where = {"database": tables[0].database} if several and tables[0].database else {}
        described = self._step("describe_tables", tables=[table.name for table in tables], **where)
        part.query = self._step("read", question=asked, text=f"${described}")
        part.value = self._step("query_database", query=f"${part.query}", **where)

    def _step(self, tool: str, **arguments: Any) -> str:
        """The number of the step, of an equal one if there is one already."""
        call = f"{tool}({', '.join(f'{name}={_written(value)}' for name, value in arguments.items())})"
        for number, line in enumerate(self.lines, 1):
            if line.partition(". ")[2] == call:
                return str(number)
        self.lines.append(f"{len(self.lines) + 1}. {call}")
        return str(len(self.lines))


def _asking(operand: str) -> str:
    if re.match(r"how (?:many|much)\b", operand, re.IGNORECASE):
        return f"{operand[0].upper()}{operand[1:]}?"
    if _HOW_MANY_ZH.search(operand):
        return f"{operand}？"
    return f"{operand}是多少？" if has_cjk(operand) else f"What is {operand}?"


def _written(value: Any) -> str:
    """A question's own dollar signs are no references."""
    text = json.dumps(value, ensure_ascii=False)
    if _REFERENCES.fullmatch(text):
        return text
    return re.sub(r"\$(?=[\d{])", r"\\$", text)
