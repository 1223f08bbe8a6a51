"""Settings: the model and its key, limits and prices, what is remembered, language and theme."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import wait
from contextlib import suppress
from functools import partial
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core import event_loop
from cairn.core.clean_text import without_password
from cairn.core.errors import CairnError, UsageError
from cairn.core.key_store import KeyStore
from cairn.core.settings import KEY
from cairn.models.model_registry import key_variable, list_models
from cairn.models.providers import PROVIDERS
from cairn.ui.web import background_jobs, deleted_things, memory_section, page_choices, page_messages, safe, sidebar
from cairn.ui.web.html_pieces import Words
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
_TICK_SECONDS = 0.2
_LABELS = {"auto": "settings.auto", "builtin": "settings.builtin"}
_WHOLE = ("retries", "requests_per_minute", "tokens_per_minute", "context_window", "max_question")


def page(cairn: Cairn) -> None:
    st.html(safe.verbatim(text("pages.settings"), "title"))
    page_messages.undo_bar()
    _looks(cairn)
    _models(cairn)
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
    names = list(dict.fromkeys(["auto", "builtin", *_choices(cairn), settings.model]))
    place = KeyStore(settings.home).place
    with st.form("model_settings", border=False):
        model = st.selectbox(
            text("settings.model"),
            names,
            names.index(settings.model),
            format_func=_model_label,
            accept_new_options=True,
        )
        st.html(safe.note(text("settings.model_help"), "note"))
        left, right = st.columns(2, gap="medium")
        base_url = left.text_input(
            text("settings.base_url"), settings.base_url or "", placeholder="http://localhost:8000/v1"
        )
        key = right.text_input(
            text("settings.key_server" if settings.base_url else "settings.key_model"),
            type="password",
            autocomplete="off",
            key=f"model_key:{st.session_state.get('models_saved', 0)}",
            help=text("settings.in_keyring" if place == "keyring" else "settings.in_file"),
        )
        judge = st.text_input(text("settings.judge"), settings.judge or "", help=text("settings.judge_help"))
        if st.form_submit_button(text("settings.save"), type="primary"):
            said = {"model": str(model or "").strip(), "base_url": base_url.strip(), "judge": judge.strip()}
            _save_models(cairn, {name: value or None for name, value in said.items()}, key)
    _kept_keys(cairn)
    with st.container(horizontal=True):
        st.button(text("settings.test"), icon=":material/network_check:", on_click=_test, args=(cairn,))
        known = st.button(text("settings.list"), icon=":material/list:")
    _tested()
    if known:
        for one in list_models(cairn.settings):
            st.html(safe.note(f"{'✓' if one.choosable else '–'} `{one.name}` {said_here(one.reason, text)}", "note"))


@st.cache_data(ttl=30, show_spinner=False)
def _choices(_cairn: Cairn) -> list[str]:
    """Not asked for at each redraw, since it looks for servers."""
    with suppress(CairnError):  # an address that is none; the list below says so
        return _cairn.choices()
    return []


def _model_label(name: str) -> str:
    return text(_LABELS[name]) if name in _LABELS else page_messages.line(name)


def _save_models(cairn: Cairn, said: dict[str, str | None], key: str) -> None:
    """Model, address and key together; then the model is tested."""
    with page_messages.telling():
        _change(cairn, **said)
        sidebar.forget_models(cairn)
        if key.strip():
            cairn.use_key(key, key_variable(cairn.settings.model, cairn.settings))
        st.cache_data.clear()  # other models may be there now
        st.session_state.models_saved = st.session_state.get("models_saved", 0) + 1
        _test(cairn)
        st.rerun()


def _test(cairn: Cairn) -> None:
    """One short question, as an answer would ask it, in the background: a server may take its time."""
    st.session_state.model_test = name = f"model test {uuid.uuid4().hex}"
    background_jobs.start(name, partial(_ask, cairn, partial(text, language=reader_language())))


def _ask(cairn: Cairn, say: Words, job: background_jobs.Job) -> str:
    began = time.monotonic()
    name = cairn.model_in_use().name
    asked = event_loop.start(cairn.workspace.chat_model(name).ainvoke("Say OK."))
    try:
        while not asked.done():
            job.progress(0, 0, say("settings.testing", model=name))
            wait([asked], _TICK_SECONDS)
        said = asked.result().text[:200]
    finally:
        asked.cancel()
    return say("settings.works", model=name, seconds=f"{time.monotonic() - began:.1f}", said=said)


def _tested() -> None:
    """The time that it took, or what is wrong."""
    tested = background_jobs.follow(st.session_state.get("model_test", ""))
    if tested is not None and tested.result:
        st.html(safe.note(tested.result, "fine"))


def _kept_keys(cairn: Cairn) -> None:
    with page_messages.telling_here():
        for variable in KeyStore(cairn.settings.home).names():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(safe.verbatim(text("settings.key_there", whose=_whose(cairn, variable)), "caption"))
                told = text("settings.forget_key")
                st.button(told, key=f"forget_key:{variable}", on_click=_forget_key, args=(cairn, variable))


def _whose(cairn: Cairn, variable: str) -> str:
    """Whom a key is for: its server, every model, or its provider."""
    if variable == KEY:
        return without_password(cairn.settings.base_url or "") or text("settings.all_models")
    return next((one.name for one in PROVIDERS.values() if one.variable == variable), variable)


def _forget_key(cairn: Cairn, variable: str) -> None:
    with page_messages.telling():
        cairn.forget_key(variable)


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
        with page_messages.telling():
            _change(cairn, prices={model: list(price) for model, price in new.items()} or None)


def _change(cairn: Cairn, **changes: Any) -> None:
    """Only what is another value now is written down. Raises SettingsError, StorageError."""
    new = {name: value for name, value in changes.items() if value != getattr(cairn.settings, name)}
    if new:
        cairn.change(**new)
    page_messages.toast(text("settings.saved"))
