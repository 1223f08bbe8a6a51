"""Tokens of a run that ends: stored in many small events while they came, kept as one between two other events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from cairn.core.app_tables import EventRow
from cairn.core.events import Event

_EVENTS = cast(Table, EventRow.__table__)
_THIS_RUN = _EVENTS.c.run == bindparam("this_run")
_TOKENS = select(_EVENTS.c.seq, _EVENTS.c.data).where(_THIS_RUN, _EVENTS.c.type == "token").order_by(_EVENTS.c.seq)
_BETWEEN = (_EVENTS.c.seq > bindparam("first"), _EVENTS.c.seq <= bindparam("last"))
_DELETE = delete(_EVENTS).where(_THIS_RUN, *_BETWEEN)
_UPDATE = update(_EVENTS).where(_THIS_RUN, _EVENTS.c.seq == bindparam("first")).values(data=bindparam("joined"))


def join_tokens(session: Session, run: str, last: Sequence[Event]) -> Sequence[Event]:
    """Each row of consecutive tokens becomes its first event; the numbers of the others are left out.

    To be called before the run's `last` events are inserted: SQLite then writes these where the tokens were. Gives
    those of them that are still to be inserted. Whoever follows the run in another process and has some of the tokens
    goes on with what comes after them.
    """
    stored = session.execute(_TOKENS, {"this_run": run}).all()
    leading = list(takewhile(lambda event: event.type == "token", last)) if stored else []
    for group in _consecutive([*stored, *leading]):
        place = {"this_run": run, "first": group[0].seq, "last": group[-1].seq}
        session.execute(_DELETE, place)
        session.execute(_UPDATE, {**place, "joined": {"text": "".join(row.data["text"] for row in group)}})
    return last[len(leading) :] if leading and leading[0].seq == stored[-1].seq + 1 else last


def _consecutive(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    begin = 0
    for n in range(1, len(rows) + 1):
        if n == len(rows) or rows[n].seq != rows[n - 1].seq + 1:
            if n - begin > 1:
                yield rows[begin:n]
            begin = n
