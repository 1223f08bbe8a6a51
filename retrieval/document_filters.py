"""Which documents pass a search's filters: tags, dates and language in SQL, parts of names by Unicode's rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cairn.core.app_tables import SourceRow, TagRow
from cairn.core.clean_text import clean, normalise
from cairn.core.filters import Filters


def matching(session: Session, filters: Filters, collections: Sequence[str]) -> frozenset[int]:
    """The numbers of the documents in the collections that pass all filters.

    Databases differ in what a capital letter is outside ASCII, so parts of names are compared here.
    """
    parts = {
        name: normalise(clean(value))
        for name, value in (("source", filters.source), ("title", filters.title), ("author", filters.author))
        if value is not None
    }
    columns = [getattr(SourceRow, name) for name in parts]
    query: Any = _narrowed(select(SourceRow.id, *columns).where(SourceRow.collection.in_(collections)), filters)
    return frozenset(
        row.id for row in session.execute(query) if all(part in _name(row, name) for name, part in parts.items())
    )


def _name(row: Any, column: str) -> str:
    return normalise(getattr(row, column) or "")


def _narrowed(query: Any, filters: Filters) -> Any:
    for tag in filters.tags:
        tagged = select(TagRow.source_id).where(TagRow.tag == as_tag(tag))
        query = query.where(SourceRow.id.in_(tagged))
    if filters.language is not None:
        query = query.where(func.lower(SourceRow.language) == filters.language.lower())
    if filters.after is not None:
        query = query.where(SourceRow.date >= filters.after)
    if filters.before is not None:
        query = query.where(SourceRow.date <= filters.before)
    return query


def as_tag(name: str) -> str:
    """A tag as it is kept: without regard to case, width and blanks."""
    return normalise(clean(name))[:200]
