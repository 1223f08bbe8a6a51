"""Settings: the model and its key, limits and prices, what is remembered, language and theme."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core import event_loop
from cairn.core.errors import CairnError, UsageError
from cairn.core.key_store import KeyStore
from cairn.core.settings import KEY, load_settings
from cairn.core.settings_file import change_settings
from cairn.models.model_registry import list_models
from cairn.models.providers import PROVIDERS
from cairn.ui.web import deleted_things, memory_section, page_choices, page_messages, safe
from cairn.ui.web.page_hints import said_here
from cairn.ui.web.page_texts import LANGUAGE, LANGUAGES, reader_language, text

_LIMITS = {
    "timeout": "settings.timeout",
    "first_timeout": "settings.first_timeout",
    "retries": "settings.retries",
    "requests_per_minute": "settings.requests_per_minute",
    "tokens_per_minute": "settings.tokens_per_minute",
    "context_window": "settings.context_window",
    "max_question": "settings.max_question",
}
_THEMES = {"": "settings.theme_system", "Light": "settings.theme_light", "Dark": "settings.theme_dark"}
_PATHS = ("/", "/documents", "/databases", "/prompts", "/evaluation", "/settings")
_WHOLE = ("retries", "requests_per_minute", "tokens_per_minute", "context_window", "max_question")


def page(cairn: Cairn) -> None:
    st.html(safe.verbatim(text("pages.settings"), "title"))
    page_messages.undo_bar()
    _looks(cairn)
    _models(cairn)
    _keys(cairn)
    _limits(cairn)
    _prices(cairn)
    _heading("memory.title")
    memory_section.remembered(cairn)
    _heading("settings.deleted")
    deleted_things.view(cairn)


def _heading(key: str) -> None:
    st.html(safe.verbatim(text(key), "section"))


def _looks(cairn: Cairn) -> None:
    left, right = st.columns(2, gap="medium")
    left.selectbox(
        text("settings.language"),
        list(LANGUAGES),
        list(LANGUAGES).index(reader_language()),
        format_func=lambda code: LANGUAGES[code],
        key="language_menu",
        on_change=_choose_language,
        args=(cairn,),
    )
    theme = right.selectbox(
        text("settings.theme"),
        list(_THEMES),
        None,
        placeholder=text("settings.theme_now", theme=text(_THEMES[(st.context.theme.type or "light").capitalize()])),
        format_func=lambda name: text(_THEMES[name]),
    )
    if theme is not None:
        st.html(_theme_script(theme), unsafe_allow_javascript=True)


def _choose_language(cairn: Cairn) -> None:
    with page_messages.telling():
        st.session_state[LANGUAGE] = st.session_state.language_menu
        page_choices.keep(cairn, **{LANGUAGE: st.session_state.language_menu})


def _theme_script(theme: str) -> str:
    """Streamlit keeps the theme in the browser, for each path, as the name alone; it reads it when a page is loaded."""
    lines = [
        f'localStorage.setItem("stActiveTheme-{path}-v2", JSON.stringify("{theme}"));'
        if theme
        else f'localStorage.removeItem("stActiveTheme-{path}-v2");'
        for path in _PATHS
    ]
    return f"<script>{''.join(lines)} location.reload()</script>"


def _models(cairn: Cairn) -> None:
    _heading("settings.models")
    settings = cairn.settings
    with st.form("model_settings", border=False):
        model = st.text_input(text("settings.model"), settings.model, help=text("settings.model_help"))
        base_url = st.text_input(
            text("settings.base_url"), settings.base_url or "", placeholder="http://localhost:8000/v1"
        )
        judge = st.text_input(text("settings.judge"), settings.judge or "", help=text("settings.judge_help"))
        if st.form_submit_button(text("settings.save"), type="primary"):
            _change(cairn, model=model.strip() or None, base_url=base_url.strip() or None, judge=judge.strip() or None)
    with st.container(horizontal=True):
        if st.button(text("settings.test"), icon=":material/network_check:"):
            _test(cairn)
        known = st.button(text("settings.list"), icon=":material/list:")
    if known:
        for one in list_models(cairn.settings):
            st.html(safe.note(f"{'✓' if one.choosable else '–'} `{one.name}` {said_here(one.reason, text)}", "note"))


def _test(cairn: Cairn) -> None:
    """One short question, as an answer would ask it: the time, or what is wrong."""
    began = time.monotonic()
    try:
        name = cairn.model_in_use().name
        with st.spinner(text("settings.testing", model=name)):
            said = event_loop.wait(_asked(cairn, name))
    except CairnError as error:
        page_messages.problem(error)
        return
    st.html(
        safe.note(
            text("settings.works", model=name, seconds=f"{time.monotonic() - began:.1f}", said=said[:200]), "fine"
        )
    )


async def _asked(cairn: Cairn, name: str) -> str:
    return (await cairn.workspace.chat_model(name).ainvoke("Say OK.")).text


def _keys(cairn: Cairn) -> None:
    _heading("settings.keys")
    store = KeyStore(cairn.settings.home)
    st.html(safe.note(text("settings.in_keyring" if store.place == "keyring" else "settings.in_file"), "note"))
    variables = [*(provider.variable for provider in PROVIDERS.values()), KEY]
    kept = store.names()
    for variable in kept:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(safe.verbatim(text("settings.key_there", variable=variable), "caption"))
            told = text("settings.forget_key")
            st.button(told, key=f"forget_key:{variable}", on_click=_forget_key, args=(cairn, store, variable))
    with st.form("key", border=False, clear_on_submit=True), st.container(horizontal=True, vertical_alignment="bottom"):
        variable = st.selectbox(text("settings.key_for"), variables, accept_new_options=True)
        key = st.text_input(text("settings.key"), type="password", autocomplete="off")
        if st.form_submit_button(text("settings.save")):
            _keep_key(cairn, str(variable), key)


def _keep_key(cairn: Cairn, variable: str, key: str) -> None:
    with page_messages.telling():
        cairn.use_key(key, variable)
        page_messages.toast(text("settings.key_there", variable=variable))
        st.rerun()


def _forget_key(cairn: Cairn, store: KeyStore, variable: str) -> None:
    with page_messages.telling():
        store.remove(variable)
        cairn.apply(load_settings(cairn.settings.home))


def _limits(cairn: Cairn) -> None:
    _heading("settings.limits")
    with st.form("limits", border=False):
        given: dict[str, Any] = {}
        columns = st.columns(2, gap="medium")
        for number, (name, key) in enumerate(_LIMITS.items()):
            value = getattr(cairn.settings, name)
            typed = columns[number % 2].text_input(
                text(key), "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
            )
            given[name] = typed.strip()
        if st.form_submit_button(text("settings.save")):
            with page_messages.telling():
                _change(cairn, **{name: _number(typed, name) for name, typed in given.items()})


def _number(typed: str, name: str) -> float | int | None:
    """Empty is the default. Raises UsageError for what is no number."""
    try:
        return None if not typed else int(typed) if name in _WHOLE else float(typed)
    except ValueError:
        raise UsageError(text("settings.no_number", typed=typed)) from None


def _prices(cairn: Cairn) -> None:
    _heading("settings.prices")
    names = {"model": text("settings.model"), "sent": text("settings.price_in"), "written": text("settings.price_out")}
    rows = [
        {"model": model, "sent": sent, "written": written} for model, (sent, written) in cairn.settings.prices.items()
    ]
    edited: list[dict[str, Any]] = st.data_editor(
        rows or [{"model": "", "sent": 0.0, "written": 0.0}],
        num_rows="dynamic",
        column_config=names,
        key=f"prices:{len(rows)}",
    )
    new = {str(row["model"]): (row["sent"] or 0.0, row["written"] or 0.0) for row in edited if row.get("model")}
    if st.button(text("settings.save"), key="save_prices", disabled=new == cairn.settings.prices):
        _change(cairn, prices={model: list(price) for model, price in new.items()} or None)


def _change(cairn: Cairn, **changes: Any) -> None:
    """Only what is another value now is written down."""
    with page_messages.telling():
        new = {name: value for name, value in changes.items() if value != getattr(cairn.settings, name)}
        if new:
            change_settings(cairn.settings.home, **new)
            cairn.apply(load_settings(cairn.settings.home, **new))  # here also over a variable of the environment
        page_messages.toast(text("settings.saved"))
