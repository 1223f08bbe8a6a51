"""The page's own words, in English and Chinese: `page_texts.en.toml` and `page_texts.zh.toml` have the same keys.

A text may have `{fields}`. Where its number makes a difference it is a table of `one` and `other`, told by `count`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

LANGUAGES = {"en": "English", "zh": "中文"}
LANGUAGE = "language"
"""Where a session keeps the language that was chosen."""


def text(key: str, /, language: str | None = None, **fields: Any) -> str:
    """One text of the page.

    Args:
        key: `section.name`, as the files have it.
        language: `en` or `zh`; None for the one that the reader has.
        fields: What stands in its `{fields}`.

    Returns:
        The text; what was given stands in it byte for byte.

    Raises:
        KeyError: There is no such text, or a field of it is not given.
    """
    found = texts(language or reader_language())[key]
    if isinstance(found, dict):
        found = found["one" if fields.get("count") == 1 else "other"]
    return found.format_map(fields)


@cache
def texts(language: str) -> dict[str, str | dict[str, str]]:
    """All texts of a language by `section.name`."""
    sections = tomllib.loads(Path(__file__).with_name(f"page_texts.{language}.toml").read_text("utf-8"))
    return {f"{section}.{name}": value for section, named in sections.items() for name, value in named.items()}


def section(name: str, language: str) -> dict[str, str | dict[str, str]]:
    """All texts of a section, by their names in it, for the page's scripts."""
    return {key.partition(".")[2]: value for key, value in texts(language).items() if key.startswith(f"{name}.")}


def reader_language() -> str:
    """The language that was chosen, else the browser's, else English; English where nobody looks."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    return st.session_state.get(LANGUAGE) or language_of(st.context.locale)


def language_of(locale: str | None) -> str:
    """Of what a browser asks for, such as `zh-CN`, the language that there is."""
    wanted = (locale or "").partition("-")[0].lower()
    return wanted if wanted in LANGUAGES else "en"
