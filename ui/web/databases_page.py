"""Databases: connected with a test, their schema with values, tables hidden, saved pairs, a query under the guard."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.strategy import Example
from cairn.databases.connections.database_engine import Limits
from cairn.databases.database_registry import Opened, Registered
from cairn.databases.linking.schema_text import describe
from cairn.evals.feedback import DATABASE_TASK
from cairn.ui import deletions
from cairn.ui.web import deleted_things, page_messages, safe
from cairn.ui.web.page_texts import text

_EVERYTHING = 1_000_000
_ROWS = 200


def page(cairn: Cairn) -> None:
    st.html(safe.verbatim(text("pages.databases"), "title"))
    page_messages.undo_bar()
    _connect(cairn)
    known = cairn.workspace.databases.list()
    if not known:
        st.html(safe.note(text("databases.none"), "note"))
        return
    chosen = st.selectbox(text("databases.which"), known, format_func=lambda one: one.name, key="database")
    st.html(safe.verbatim(_told(chosen), "caption"))
    if not chosen.sample:
        told = text("databases.remove")
        st.button(told, icon=":material/link_off:", on_click=_remove, args=(cairn, chosen))
    opened = cairn.workspace.databases.open(chosen.name)
    _query(opened)
    _hidden(cairn, chosen, opened)
    _schema(opened)
    _pairs(cairn, chosen)


def _told(chosen: Registered) -> str:
    """What it is, with the name of a file in place of where it lies."""
    address = chosen.redacted
    place = address.rsplit("/", 1)[-1] if chosen.dialect == "sqlite" else address
    state = "databases.sample" if chosen.sample and chosen.used else "databases.unused" if chosen.sample else None
    return " · ".join(part for part in (chosen.dialect, place, text(state) if state else "") if part)


def _connect(cairn: Cairn) -> None:
    with st.expander(text("databases.connect"), icon=":material/add_link:"), st.form("connect", border=False):
        left, right = st.columns([1, 3], gap="medium")
        name = left.text_input(text("databases.name"), placeholder="shop")
        url = right.text_input(
            text("databases.url"), placeholder="postgresql://reader:…@host/shop, sqlite:////data/shop.db"
        )
        if not st.form_submit_button(text("databases.add"), type="primary"):
            return
    with page_messages.telling_here():
        cairn.workspace.databases.add(name.strip(), url.strip())
        schema = cairn.workspace.databases.open(name.strip()).schema()
        for table, why in schema.unread:
            st.html(safe.note(f"{table}: {why}", "notice"))
        told = text("databases.connected", name=name.strip(), count=len(schema.tables))
        st.html(safe.note(told if schema.tables else text("databases.no_tables", name=name.strip()), "fine"))


def _remove(cairn: Cairn, chosen: Registered) -> None:
    with page_messages.telling():
        deleted_things.tell(cairn, deletions.delete_database(cairn, chosen.name))


def _query(opened: Opened) -> None:
    st.html(safe.verbatim(text("databases.query"), "section"))
    sql = st.text_area(
        text("databases.sql"), key=f"sql:{opened.name}", placeholder="SELECT …", help=text("databases.guard")
    )
    if not st.button(text("databases.run"), icon=":material/play_arrow:") or not sql.strip():
        return
    with page_messages.telling_here():
        result = opened.query(sql, Limits(rows=_ROWS))
        columns = [f"{name} " * (1 + result.rows.columns[:n].count(name)) for n, name in enumerate(result.rows.columns)]
        st.dataframe(
            {column: [row[n] for row in result.rows.rows] for n, column in enumerate(columns)}, hide_index=True
        )
        if result.rows.truncated:
            st.html(safe.note(text("databases.first", count=_ROWS), "note"))
        st.code(result.sql, language="sql", wrap_lines=True)


def _hidden(cairn: Cairn, chosen: Registered, opened: Opened) -> None:
    st.html(safe.verbatim(text("databases.hide"), "section"))
    schema = opened.schema()
    names = [
        name for table in schema.tables for name in (table.name, *(f"{table.name}.{c.name}" for c in table.columns))
    ]
    options = sorted({*chosen.hidden, *(name.lower() for name in names)})
    wanted = st.multiselect(
        text("databases.hidden"),
        options,
        list(chosen.hidden),
        key=f"hidden:{chosen.name}",
        placeholder=text("databases.none_hidden"),
    )
    more, less = sorted({*wanted} - {*chosen.hidden}), sorted({*chosen.hidden} - {*wanted})
    if (more or less) and st.button(text("databases.hide_save"), type="primary"):
        with page_messages.telling_here():
            if more:
                cairn.workspace.databases.hide(chosen.name, more)
            if less:
                cairn.workspace.databases.hide(chosen.name, less, undo=True)
            st.rerun()


def _schema(opened: Opened) -> None:
    """As a prompt would show it, with the values that stand in columns."""
    st.html(safe.verbatim(text("databases.schema"), "section"))
    schema = opened.schema()
    for table in schema.tables:
        with st.expander(safe.label(table.name), type="compact"):
            st.html(safe.verbatim(describe(opened.name, schema, [table], _EVERYTHING), "result"))


def _pairs(cairn: Cairn, chosen: Registered) -> None:
    """The questions with their queries that prompts are given as examples, each forgotten with an undo."""
    st.html(safe.verbatim(text("databases.pairs"), "section"))
    known = cairn.prompts.examples(DATABASE_TASK)
    mine = [pair for pair in known if pair.get("database", chosen.name) == chosen.name]
    if not mine:
        st.html(safe.note(text("databases.no_pairs"), "note"))
    for number, pair in enumerate(mine):
        with st.expander(safe.label(pair["input"], 120), type="compact"):
            st.code(pair["output"], language="sql", wrap_lines=True)
            if "by" in pair:
                st.html(safe.verbatim(f"{pair['by']}, {pair.get('at', '')}", "note"))
            told = text("databases.forget")
            st.button(told, key=f"pair:{number}", type="tertiary", on_click=_forget, args=(cairn, known, pair))


def _forget(cairn: Cairn, known: list[Example], pair: Example) -> None:
    with page_messages.telling():
        rest = [one for one in known if one != pair]
        data = {"task": DATABASE_TASK, "example": pair}
        forget = partial(cairn.prompts.set_examples, DATABASE_TASK, rest)
        deleted_things.delete(cairn, "example", pair["input"], data, forget)
